"""The official `openai` client, unchanged, against /v1: it gets what it expects."""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import numpy as np
import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from core.api.server import ApiServer
from core.app import Core
from core.errors import Busy
from core.records import AgentType, RetrievalSettings, Sampling, Scope
from core.streams import Cancel
from tests.core.api.conftest import Api, serving
from tests.tool_template import with_template

pytestmark = pytest.mark.model

QUESTION = "What is the capital of France? Answer in one sentence."
ASKED: Any = [{"role": "user", "content": QUESTION}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}},
            "required": ["city", "unit"],
        },
    },
}
GUIDE = (
    "The harbour of Tarn has three cranes. The blue crane lifts forty tonnes. "
    "Ships wait behind the northern mole until the tide is high enough."
)
"""Nothing that a model knows of itself."""


@pytest.fixture(scope="module")
def deployed(
    tmp_path_factory: pytest.TempPathFactory,
    starter_model_path: Path,
    searching: Callable[[], Core],
) -> Core:
    """One core for the module, with three deployed agents: Plain, Handy (whose template knows
    tools) and Harbour (which answers from a document)."""
    core = searching()
    api, folder = Api(core, ApiServer(core, 0)), tmp_path_factory.mktemp("openai")
    _deploy_agents(api, folder, starter_model_path)
    return core


@pytest.fixture
def house(deployed: Core) -> Iterator[Api]:
    """The core, served on a free port."""
    with serving(deployed) as made:
        yield made


def _deploy_agents(api: Api, folder: Path, starter: Path) -> None:
    core, owner_id = api.core, api.core.users.owner().id
    handy = with_template(starter, folder / "handy.gguf")
    shutil.copy(handy, core.settings.model_storage_path / "handy.gguf")
    core.models.scan()
    core.collections.start()
    harbour = core.collections.create(owner_id, "Harbour")
    (folder / "harbour.txt").write_text(GUIDE, "utf-8")
    core.collections.add_files(owner_id, harbour.id, [folder / "harbour.txt"])
    sampling = Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=40)
    handy_id = next(each.id for each in core.models.list() if each.id.endswith("handy.gguf"))
    for agent in (
        api.agent("Plain", sampling=sampling),
        api.agent("Handy", sampling=sampling, model=handy_id, context_tokens=2048),
        api.agent("Harbour", type=AgentType.RAG, collections=(harbour.id,), sampling=sampling),
    ):
        core.agents.deploy(owner_id, agent.id, wait=True)
    core.collections.warm()
    until(lambda: core.collections.get(owner_id, harbour.id).ready_count == 1, 60)


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something to become true, or fail."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def client_of(api: Api, secret: str | None = None) -> OpenAI:
    """The official client; it tries nothing twice, so that each error is seen at once."""
    made = OpenAI(
        base_url=f"{api.server.url}/v1",
        api_key=secret or api.core.users.run_token(),
        max_retries=0,
        timeout=60,
    )
    api.clients.append(cast(httpx.Client, made))  # closed like the others
    return made


@pytest.fixture
def client(house: Api) -> OpenAI:
    """The official client with the owner's token."""
    return client_of(house)


def extra(answer: Any, name: str) -> Any:
    """A field that OpenAI's own answers do not have."""
    return answer.model_extra[name]


# ---------------------------------------------------------------- list, chat, stream, stop


def test_list(client: OpenAI, house: Api) -> None:
    """Deployed agents are models, by name and by id, beside the embedders; others are not."""
    house.agent("Undeployed")
    models = client.models.list().data
    names = [model.id for model in models]
    assert {"Plain", "Handy", "Harbour", "starter"} <= set(names)
    assert "Undeployed" not in names
    plain = client.models.retrieve("Plain")
    assert plain == client.models.retrieve(extra(plain, "agent_id")) == models[names.index("Plain")]
    assert extra(plain, "capabilities") == ["chat", "completion"]
    assert extra(client.models.retrieve("starter"), "capabilities") == ["embedding"]


def test_chat(client: OpenAI) -> None:
    """An answer comes in OpenAI's shape, with its usage, and timings as llama.cpp gives them."""
    answer = client.chat.completions.create(model="Plain", messages=ASKED)
    (choice,) = answer.choices
    assert "Paris" in (choice.message.content or "")
    assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
    assert (answer.object, answer.model) == ("chat.completion", "Plain")
    again = client.chat.completions.create(model="Plain", messages=ASKED)
    assert again.choices == answer.choices
    usage = again.usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens == usage.prompt_tokens - 1
    timings = extra(again, "timings")
    assert (timings["prompt_n"], timings["cache_n"]) == (1, usage.prompt_tokens - 1)
    assert timings["predicted_n"] == usage.completion_tokens
    assert timings["predicted_ms"] > 0
    assert timings["predicted_per_second"] == pytest.approx(
        timings["predicted_n"] / timings["predicted_ms"] * 1000, rel=0.01
    )


def test_nothing_is_stored(client: OpenAI, house: Api) -> None:
    """The program keeps its conversation; Outpost keeps none of it."""
    client.chat.completions.create(model="Plain", messages=ASKED, max_tokens=2)
    assert house.core.conversations.list(house.core.users.owner().id) == []


def test_a_history_is_the_programs_own(client: OpenAI) -> None:
    """Every role and form of content reaches the model, after the agent's own instructions."""
    messages: Any = [
        {"role": "developer", "content": "Answer with one word."},
        {"role": "user", "content": [{"type": "text", "text": "My name is Ada."}]},
        {"role": "assistant", "content": "Hello Ada."},
        {"role": "user", "content": "What is my name?"},
    ]
    answer = client.chat.completions.create(model="Plain", messages=messages)
    alone = client.chat.completions.create(model="Plain", messages=messages[-1:])
    assert answer.usage is not None
    assert alone.usage is not None
    assert answer.usage.prompt_tokens > alone.usage.prompt_tokens
    told = client.chat.completions.create(model="Plain", messages=messages[:1] + messages[-1:])
    assert told.usage is not None
    assert answer.usage.prompt_tokens > told.usage.prompt_tokens + 10


def test_stream(client: OpenAI) -> None:
    """The chunks add up to the answer at once; usage comes last, where it is asked for."""
    whole = client.chat.completions.create(model="Plain", messages=ASKED)
    chunks = list(
        client.chat.completions.create(
            model="Plain", messages=ASKED, stream=True, stream_options={"include_usage": True}
        )
    )
    assert text_of(chunks) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]][-1] == "stop"
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert whole.usage is not None
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert extra(chunks[-2], "timings")["predicted_n"] == whole.usage.completion_tokens
    assert len({chunk.id for chunk in chunks}) == 1


def text_of(chunks: list[ChatCompletionChunk], index: int = 0) -> str:
    """The text of one choice of a stream."""
    parts = [choice for chunk in chunks for choice in chunk.choices if choice.index == index]
    return "".join(part.delta.content or "" for part in parts)


def test_a_stream_without_usage_has_a_choice_in_every_chunk(client: OpenAI) -> None:
    """Programs that did not ask for usage look into `choices[0]` without asking."""
    chunks = list(client.chat.completions.create(model="Plain", messages=ASKED, stream=True))
    assert all(len(chunk.choices) == 1 for chunk in chunks)


def test_stop(client: OpenAI) -> None:
    """A text that stops the answer is not part of it, streamed or not."""
    whole = client.chat.completions.create(model="Plain", messages=ASKED)
    text = whole.choices[0].message.content or ""
    stop = text[8:14]
    for streamed in (False, True):
        given: Any = {"model": "Plain", "messages": ASKED, "stop": stop, "stream": streamed}
        answer = client.chat.completions.create(**given)
        said = text_of(list(answer)) if streamed else answer.choices[0].message.content
        assert said == text[: text.index(stop)]
    ended = client.chat.completions.create(model="Plain", messages=ASKED, stop=["zzz", stop])
    assert ended.choices[0].finish_reason == "stop"


def test_an_answer_ends_at_its_limit(client: OpenAI) -> None:
    """Both names of the limit hold, and more than fits is as much as fits."""
    for limit in ({"max_tokens": 3}, {"max_completion_tokens": 3}):
        answer = client.chat.completions.create(model="Plain", messages=ASKED, **cast(Any, limit))
        assert answer.choices[0].finish_reason == "length"
        assert answer.usage is not None
        assert answer.usage.completion_tokens == 3
    whole = client.chat.completions.create(model="Plain", messages=ASKED, max_tokens=100_000)
    assert whole.choices[0].finish_reason == "stop"


# ---------------------------------------------------------------- choices, seeds, scores


def test_choices_and_seed(client: OpenAI) -> None:
    """A seed repeats all choices, which differ from one another; the prompt is read once."""

    def asked(seed: int) -> ChatCompletion:
        return client.chat.completions.create(
            model="Plain", messages=ASKED, n=3, seed=seed, temperature=1.8, max_tokens=8
        )

    first, again, other = asked(-7), asked(-7), asked(8)
    texts = [choice.message.content for choice in first.choices]
    assert [choice.index for choice in first.choices] == [0, 1, 2]
    assert [choice.message.content for choice in again.choices] == texts
    assert [choice.message.content for choice in other.choices] != texts
    assert len(set(texts)) > 1
    assert first.usage is not None
    assert first.usage.completion_tokens <= 24
    one = client.chat.completions.create(model="Plain", messages=ASKED, max_tokens=1)
    assert one.usage is not None
    assert first.usage.prompt_tokens == one.usage.prompt_tokens


def test_streamed_choices_are_numbered(client: OpenAI) -> None:
    """Chunks of several choices come in one stream and each is whole."""
    chunks = list(client.chat.completions.create(model="Plain", messages=ASKED, n=2, stream=True))
    whole = client.chat.completions.create(model="Plain", messages=ASKED)
    assert text_of(chunks, 0) == text_of(chunks, 1) == whole.choices[0].message.content
    ends = [choice for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert sorted(choice.index for choice in ends) == [0, 1]


def test_logprobs(client: OpenAI) -> None:
    """Each token comes with its probability and the likeliest ones, streamed or not."""
    answer = client.chat.completions.create(
        model="Plain", messages=ASKED, logprobs=True, top_logprobs=2
    )
    (choice,) = answer.choices
    assert choice.logprobs is not None
    scores = choice.logprobs.content or []
    written = b"".join(bytes(score.bytes or []) for score in scores)
    assert written.decode() == choice.message.content
    assert all(len(score.top_logprobs) == 2 for score in scores)
    assert all(score.logprob == score.top_logprobs[0].logprob <= 0 for score in scores)
    chunks = client.chat.completions.create(
        model="Plain", messages=ASKED, logprobs=True, top_logprobs=2, stream=True
    )
    streamed = [
        score
        for chunk in chunks
        if chunk.choices[0].logprobs is not None
        for score in chunk.choices[0].logprobs.content or []
    ]
    assert [score.token for score in streamed] == [score.token for score in scores]


# ---------------------------------------------------------------- formats and tools


def test_json_schema(client: OpenAI) -> None:
    """The answer follows the schema, whatever the model would have said."""
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "sure": {"type": "boolean"}},
        "required": ["city", "sure"],
        "additionalProperties": False,
    }
    answer = client.chat.completions.create(
        model="Plain",
        messages=ASKED,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "place", "schema": schema, "strict": True},
        },
    )
    said = json.loads(answer.choices[0].message.content or "")
    assert set(said) == {"city", "sure"}
    assert isinstance(said["sure"], bool)
    loose = client.chat.completions.create(
        model="Plain", messages=ASKED, response_format={"type": "json_object"}, max_tokens=200
    )
    if loose.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(loose.choices[0].message.content or ""), dict)


def test_tools(client: OpenAI) -> None:
    """A required call names a tool, its arguments follow the schema, and its result is taken."""
    asked: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
    answer = client.chat.completions.create(
        model="Handy",
        messages=asked,
        tools=[WEATHER],
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
        max_tokens=80,
    )
    (choice,) = answer.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    (call,) = choice.message.tool_calls or []
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert set(json.loads(call.function.arguments)) == {"city", "unit"}
    told: Any = [
        *asked,
        choice.message,
        {"role": "tool", "tool_call_id": call.id, "content": "It is raining frogs in Paris."},
    ]
    after = client.chat.completions.create(model="Handy", messages=told, tools=[WEATHER])
    assert "rain" in (after.choices[0].message.content or "").lower()


def test_tools_streamed(client: OpenAI) -> None:
    """Name and arguments of each call come as numbered deltas that add up."""
    asked: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
    chunks = list(
        client.chat.completions.create(
            model="Handy",
            messages=asked,
            tools=[WEATHER],
            tool_choice="required",
            parallel_tool_calls=False,
            stream=True,
            max_tokens=80,
        )
    )
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert {delta.index for delta in deltas} == {0}
    assert deltas[0].id
    functions = [delta.function for delta in deltas if delta.function]
    assert [function.name for function in functions if function.name] == ["get_weather"]
    arguments = json.loads("".join(function.arguments or "" for function in functions))
    assert arguments["unit"] in ("C", "F")
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    assert text_of(chunks) == ""


def test_tools_need_not_be_used(client: OpenAI) -> None:
    """With tools to choose from, or none to be chosen, a plain answer stays one."""
    for choice in ("auto", "none"):
        answer = client.chat.completions.create(
            model="Handy", messages=ASKED, tools=[WEATHER], tool_choice=cast(Any, choice)
        )
        message = answer.choices[0].message
        assert message.content or message.tool_calls
        assert choice == "auto" or not message.tool_calls


def test_a_model_without_tools_says_so(client: OpenAI) -> None:
    """The starter's template knows no tools: a coded refusal, not tools left out unsaid."""
    with pytest.raises(openai.BadRequestError) as refusal:
        client.chat.completions.create(model="Plain", messages=ASKED, tools=[WEATHER])
    assert (refusal.value.code, refusal.value.param) == ("tools_unsupported", "tools")
    with pytest.raises(openai.BadRequestError, match="from its documents") as of_documents:
        client.chat.completions.create(model="Harbour", messages=ASKED, tools=[WEATHER])
    assert of_documents.value.code == "tools_unsupported"


def test_a_whole_number_may_be_written_with_a_point(client: OpenAI) -> None:
    """JSON knows one kind of number: 1.0 is 1, and 1.5 is no count of tokens."""
    for tokens in (1.0, 1.5):
        asked: Any = {"model": "Plain", "messages": ASKED, "max_tokens": tokens}
        if tokens == 1.0:
            assert client.chat.completions.create(**asked).choices[0].finish_reason == "length"
        else:
            with pytest.raises(openai.BadRequestError):
                client.chat.completions.create(**asked)


# ---------------------------------------------------------------- documents, text, embeddings


def test_citations(client: OpenAI) -> None:
    """A RAG agent's answer carries its citations as an extra field, streamed or not."""
    asked: Any = [{"role": "user", "content": "How much does the blue crane lift?"}]
    answer = client.chat.completions.create(model="Harbour", messages=asked)
    chunks = list(client.chat.completions.create(model="Harbour", messages=asked, stream=True))
    # What is in the KV memory already changes the last digits, and with them a small model's words.
    for text, citations in (
        (answer.choices[0].message.content or "", extra(answer.choices[0].message, "citations")),
        (text_of(chunks), extra(chunks[-1].choices[0].delta, "citations")),
    ):
        assert "crane" in text
        assert citations[0]["document_name"] == "harbour.txt"
        assert citations[0]["quote"] in GUIDE


def test_a_strict_agent_refuses_in_its_own_words(house: Api, client: OpenAI) -> None:
    """Where nothing is evidence, the answer is the agent's own sentence; else it is an answer."""
    agents, owner_id = house.core.agents, house.core.users.owner().id
    harbour = next(each for each in agents.list(owner_id) if each.name == "Harbour")
    own = RetrievalSettings(strict=True, refusal="The harbour's papers say nothing of it.")
    agents.edit(owner_id, harbour.id, replace(harbour.draft, retrieval=own))
    try:
        cake: Any = [{"role": "user", "content": "Which cake does my grandmother bake?"}]
        answer = client.chat.completions.create(model="Harbour", messages=cake)
        assert answer.choices[0].message.content == own.refusal
        cranes: Any = [
            {"role": "user", "content": "Is there a blue crane?"},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": "How much does it lift?"},
        ]
        answer = client.chat.completions.create(model="Harbour", messages=cranes)
        assert extra(answer.choices[0].message, "citations")[0]["quote"] in GUIDE
    finally:
        agents.edit(owner_id, harbour.id, harbour.draft)


def test_text(client: OpenAI) -> None:
    """A text is written on as it is; several prompts and choices are numbered through."""
    prompt = "The capital of France is"
    answer = client.completions.create(
        model="Plain", prompt=prompt, max_tokens=3, echo=True, logprobs=2
    )
    (choice,) = answer.choices
    assert choice.text.startswith(prompt + " Paris")
    assert choice.logprobs is not None
    assert (choice.logprobs.text_offset or [])[0] == len(prompt)
    assert "".join(choice.logprobs.tokens or []) == choice.text[len(prompt) :]
    chunks = client.completions.create(model="Plain", prompt=prompt, max_tokens=3, stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks) == choice.text[len(prompt) :]
    several = client.completions.create(
        model="Plain", prompt=[prompt, "One, two, three,"], n=2, max_tokens=3
    )
    assert [each.index for each in several.choices] == [0, 1, 2, 3]
    assert several.choices[0].text == several.choices[1].text == choice.text[len(prompt) :]
    assert several.choices[2].text == several.choices[3].text != several.choices[0].text


def test_text_from_tokens(client: OpenAI, house: Api) -> None:
    """A prompt of the model's own tokens is the text that they stand for."""
    prompt = "The capital of France is"
    owner_id = house.core.users.owner().id
    agent = next(each for each in house.core.agents.list(owner_id) if each.name == "Plain")
    with house.core.pool.lease(agent.id, agent.name, Cancel()) as session:
        tokens = session.text_tokens(prompt)
    texts = [
        client.completions.create(model="Plain", prompt=each, max_tokens=4, echo=True)
        for each in (prompt, tokens)
    ]
    assert texts[0].choices[0].text == texts[1].choices[0].text
    with pytest.raises(openai.BadRequestError):
        client.completions.create(model="Plain", prompt=[2**30], max_tokens=4)


def test_embeddings(client: OpenAI) -> None:
    """Vectors of length 1 that know what is alike, as numbers or, as the client asks, in base64."""
    texts = ["A cat sleeps on the sofa.", "A kitten naps on a couch.", "Taxes are due in April."]
    answer = client.embeddings.create(model="starter", input=texts)
    cat, kitten, taxes = (np.array(each.embedding) for each in answer.data)
    assert [each.index for each in answer.data] == [0, 1, 2]
    assert np.linalg.norm(cat) == pytest.approx(1, abs=1e-3)
    assert cat @ kitten > cat @ taxes + 0.3
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 12
    numbers = client.embeddings.create(model="starter", input=texts[0], encoding_format="float")
    assert numbers.data[0].embedding == pytest.approx(cat.tolist(), abs=1e-5)
    raw = client.embeddings.with_raw_response.create(
        model="starter", input=texts[0], encoding_format="base64"
    )
    coded = json.loads(raw.text)["data"][0]["embedding"]
    assert len(base64.b64decode(coded)) == 4 * len(cat)
    for wrong in ({"input": [1, 2]}, {"input": ""}, {"input": "a", "dimensions": 7}):
        with pytest.raises(openai.BadRequestError):
            client.embeddings.create(model="starter", **cast(Any, wrong))
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="Plain", input="a")


# ---------------------------------------------------------------- errors


def test_errors_of_the_caller(house: Api) -> None:
    """No token, a small one and an unknown model are the client's own exception types."""
    with pytest.raises(openai.AuthenticationError) as refused:
        client_of(house, "nonsense").models.list()
    assert refused.value.code == "unauthenticated"
    _, secret = house.core.users.add_token(house.core.users.owner().id, "reader", Scope.READ)
    reader = client_of(house, secret)
    assert reader.models.list().data
    with pytest.raises(openai.PermissionDeniedError):
        reader.chat.completions.create(model="Plain", messages=ASKED)
    owner = client_of(house)
    with pytest.raises(openai.NotFoundError) as unknown:
        owner.chat.completions.create(model="nobody", messages=ASKED)
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    asleep = house.agent("Asleep")
    with pytest.raises(openai.NotFoundError) as stopped:
        owner.chat.completions.create(model=asleep.id, messages=ASKED)
    assert stopped.value.code == "not_deployed"


@pytest.mark.parametrize(
    ("param", "wrong"),
    [
        ("temperature", {"temperature": 9}),
        ("temperature", {"temperature": "warm"}),
        ("n", {"n": 0}),
        ("messages", {"messages": []}),
        ("messages", {"messages": [{"role": "system", "content": "Only this."}]}),
        ("messages", {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}),
        ("stop", {"stop": ["a"] * 9}),
        ("top_logprobs", {"top_logprobs": 3}),
        ("tool_choice", {"tool_choice": "required"}),
        ("response_format", {"response_format": {"type": "json_schema"}}),
        ("json_schema", {"extra_body": {"response_format": {
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": {"type": "nonsense"}},
        }}}),
        (None, {"messages": [{"role": "user", "content": "word " * 3000}]}),
    ],
)  # fmt: skip
def test_errors_of_the_request(client: OpenAI, param: str | None, wrong: dict[str, Any]) -> None:
    """What cannot be done is a BadRequestError that names the field, streamed or not."""
    given: Any = {"model": "Plain", "messages": ASKED, **wrong}
    for streamed in (False, True):
        with pytest.raises(openai.BadRequestError) as refusal:
            client.chat.completions.create(**given, stream=streamed)
        assert param is None or (refusal.value.param or "").startswith(param)
        assert refusal.value.code
    assert param or refusal.value.code == "context_length_exceeded"


def test_unknown_fields_are_ignored(client: OpenAI) -> None:
    """Programs send what other servers know; it does no harm."""
    answer = client.chat.completions.create(
        model="Plain",
        messages=ASKED,
        user="me",
        store=False,
        max_tokens=2,
        extra_body={"keep_alive": "5m", "min_p": 0.1, "top_k": 20},
    )
    assert answer.choices[0].message.content


def test_too_many_requests_are_a_rate_limit(
    client: OpenAI, house: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full queue is a RateLimitError with Retry-After, so that the client tries again itself."""

    def full(*_: Any, **__: Any) -> Any:
        raise Busy("64 requests are waiting for this model already.", retry_after_s=2)

    replies = house.server._replies
    assert replies is not None
    monkeypatch.setattr(replies, "start", full)
    with pytest.raises(openai.RateLimitError) as refusal:
        client.chat.completions.create(model="Plain", messages=ASKED)
    assert refusal.value.response.headers["retry-after"] == "2"
    assert refusal.value.code == "busy"


# ---------------------------------------------------------------- leaving


def test_a_client_that_leaves_ends_its_answer(house: Api, client: OpenAI) -> None:
    """The slot of a stream that was closed is free at once, and so is that of a request that was
    given up."""
    endless: Any = {
        "model": "Plain",
        "messages": ASKED,
        "max_tokens": 900,
        "extra_body": {"logit_bias": {"2": -1000}},
    }
    stream = client.chat.completions.create(**endless, stream=True)
    assert next(iter(stream)).choices
    assert running(house) == 1
    stream.close()
    until(lambda: running(house) == 0)
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.5).chat.completions.create(**endless)
    until(lambda: running(house) == 0)


def running(api: Api) -> int:
    """How many answers are being written."""
    replies = api.server._replies
    assert replies is not None
    return len(replies._running)
