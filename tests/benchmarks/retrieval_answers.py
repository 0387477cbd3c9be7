"""What becomes of passages in answers: citations checked, prompts reused, questions end to end.

Measured on SQuAD 2.0's paragraphs (shared/eval/ir/squad20_answerable): each becomes a document of
its own. Arguments name the parts: citations, reuse, questions; all by default.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.app import Core, build
from core.chat.citations import MIN_CONTENT_WORDS, cite
from core.chat.sources import with_sources
from core.chat.wording import content_words, sentences
from core.config import load_settings
from core.records import (
    Agent,
    AgentDraft,
    AgentType,
    Ask,
    ChunkId,
    Citation,
    CitationState,
    CollectionId,
    ConversationId,
    DocumentId,
    Message,
    Passage,
    Sampling,
    TurnDone,
)
from core.streams import Cancel
from tests.benchmarks.figures import Figure, emit, percentile, progress, times_ms
from tests.benchmarks.retrieval_bench import EVAL

SQUAD = EVAL / "ir" / "squad20_answerable"
SOURCES = 8
"""Passages in the prompt of a checked answer; the others are of the same article."""
ANSWER_WORDS = 200
CONVERSATIONS, TURNS = 5, 6
QUESTIONS = 100
MAX_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Paragraph:
    key: str
    article: str
    text: str

    def passage(self, number: int) -> Passage:
        """Return it as it stands in a prompt."""
        return Passage(
            chunk_id=ChunkId(self.key),
            document_id=DocumentId(self.key),
            document_name=self.article,
            collection_id=CollectionId("squad"),
            text=self.text,
            start=0,
            end=len(self.text),
            first_page=None,
            last_page=None,
            heading="",
            rank=number,
            score=1.0,
            number=number,
        )


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    gold: str
    """The key of the paragraph that answers it."""


def main(parts: Sequence[str]) -> None:
    """Measure the named parts."""
    if not SQUAD.is_dir():
        progress(f"skipped: {SQUAD} is not here")
        return
    paragraphs, questions = load()
    wanted = set(parts) or {"citations", "reuse", "questions"}
    if "citations" in wanted:
        citations(paragraphs)
    if wanted & {"reuse", "questions"}:
        with running(paragraphs) as library:
            if "reuse" in wanted:
                reuse(library, paragraphs, questions)
            if "questions" in wanted:
                end_to_end(library, questions)


def load() -> tuple[list[Paragraph], list[Question]]:
    """Read the paragraphs, and the questions with the paragraph that answers each."""
    rows = [json.loads(line) for line in (SQUAD / "corpus.jsonl").open(encoding="utf-8")]
    gold = dict(
        line.split("\t")[:2] for line in (SQUAD / "qrels.tsv").read_text("utf-8").splitlines()[1:]
    )
    asked = [json.loads(line) for line in (SQUAD / "queries.jsonl").open(encoding="utf-8")]
    return (
        [Paragraph(row["_id"], row["title"], row["text"]) for row in rows],
        [Question(row["text"], gold[row["_id"]]) for row in asked if row["_id"] in gold],
    )


# ---------------------------------------------------------------- citations


def citations(paragraphs: Sequence[Paragraph], n: int = 1500) -> None:
    """Check answers made of the gold paragraph's sentences, and ones made of other articles'."""
    chance = random.Random(1)
    articles: dict[str, list[Paragraph]] = defaultdict(list)
    for each in paragraphs:
        articles[each.article].append(each)
    right, linked, refused = Tally(), Tally(), Tally()
    for _ in range(n):
        gold = chance.choice(paragraphs)
        shown = _shown(gold, articles[gold.article], paragraphs, chance)
        number = next(each.number for each in shown if each.chunk_id == gold.key)
        for said in _claims(gold, chance):
            right.add(cite(f"{said} [{number}]", shown), CitationState.VERIFIED, number)
            linked.add(cite(said, shown), CitationState.LINKED, number)
        other = chance.choice([each for each in paragraphs if each.article != gold.article])
        for said in _claims(other, chance):
            refused.add(cite(f"{said} [{number}]", shown), CitationState.UNSUPPORTED, None)
            refused.add(cite(said, shown), CitationState.UNSUPPORTED, None)
    right.emit("citations_verified_with_the_right_passage", 98)
    linked.emit("citations_linked_to_the_right_passage", 98)
    refused.emit("sentences_of_other_articles_unsupported", 95)
    _emit_cost(paragraphs)


@dataclass(slots=True)
class Tally:
    """How many sentences were judged as they should be."""

    good: int = 0
    n: int = 0

    def add(self, found: Sequence[Citation], state: CitationState, number: int | None) -> None:
        judged = [(each.state, each.number) for each in found]
        self.n += 1
        self.good += bool(judged) and all(
            each is state and number in (None, n) for each, n in judged
        )

    def emit(self, name: str, goal: float) -> None:
        emit(Figure(name, round(100 * self.good / self.n, 2), "%", goal, "higher", self.n))


def _shown(
    gold: Paragraph,
    article: Sequence[Paragraph],
    paragraphs: Sequence[Paragraph],
    chance: random.Random,
) -> list[Passage]:
    """Return the gold paragraph among others, of its own article as far as there are any."""
    others = [each for each in article if each is not gold]
    chance.shuffle(others)
    while len(others) < SOURCES - 1:
        others.append(chance.choice(paragraphs))
    among = [gold, *others[: SOURCES - 1]]
    chance.shuffle(among)
    return [each.passage(at) for at, each in enumerate(among, 1)]


def _claims(paragraph: Paragraph, chance: random.Random, count: int = 2) -> list[str]:
    """Return some of a paragraph's sentences that say something."""
    said = [each.text for each in sentences(paragraph.text)]
    said = [each for each in said if len(content_words(each)) >= MIN_CONTENT_WORDS]
    return chance.sample(said, min(count, len(said)))


def _emit_cost(paragraphs: Sequence[Paragraph]) -> None:
    """Time the check of a long answer from all its passages."""
    shown = [each.passage(at) for at, each in enumerate(paragraphs[:SOURCES], 1)]
    words: list[str] = []
    for each in shown:
        first = each.text.split()[: ANSWER_WORDS // SOURCES]
        words += [*first[:-1], f"{first[-1].rstrip('.')} [{each.number}]."]
    answer = " ".join(words)
    times = times_ms(lambda: cite(answer, shown), 200)
    emit(Figure("citation_check_p95", round(percentile(times, 0.95), 2), "ms", 30, "lower", 200))


# ---------------------------------------------------------------- with the model


@dataclass(frozen=True, slots=True)
class Library:
    """A core with the paragraphs as documents, and an agent that answers from them."""

    core: Core
    agent: Agent
    names: dict[str, str]
    """Document names by paragraph."""

    def ask(self, question: str, conversation_id: ConversationId | None = None) -> Message:
        """Return the reply to a question."""
        ask = Ask(self.agent.owner_id, self.agent.id, question, conversation_id)
        *_, last = self.core.chat.reply(ask, Cancel())
        assert isinstance(last, TurnDone)
        return last.reply


@contextmanager
def running(paragraphs: Sequence[Paragraph]) -> Iterator[Library]:
    """Open a core, ingest the paragraphs and deploy a RAG agent with the default settings."""
    with tempfile.TemporaryDirectory(prefix="outpost-bench-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        core = build(load_settings({"OUTPOST_DATA_DIR": str(folder / "data"), "OUTPOST_PORT": "0"}))
        try:
            yield _library(core, folder / "documents", paragraphs)
        finally:
            core.close()


def _library(core: Core, folder: Path, paragraphs: Sequence[Paragraph]) -> Library:
    folder.mkdir()
    names = {each.key: f"{at}.md" for at, each in enumerate(paragraphs)}
    for each in paragraphs:
        (folder / names[each.key]).write_text(each.text, "utf-8")
    core.collections.start()
    core.collections.warm()
    owner_id = core.users.owner().id
    shelf = core.collections.create(owner_id, "SQuAD")
    job = core.collections.add_files(owner_id, shelf.id, [folder])
    began = time.monotonic()
    _wait(lambda: core.collections.job(owner_id, job.id).finished)
    if (ready := core.collections.get(owner_id, shelf.id).ready_count) != len(paragraphs):
        raise RuntimeError(f"only {ready} of {len(paragraphs)} documents are ready")
    progress(f"{len(paragraphs)} documents ready after {time.monotonic() - began:.0f} s")
    model = core.models.starter()
    assert model is not None
    draft = AgentDraft(
        "Reader",
        AgentType.RAG,
        model.id,
        system_prompt="You answer questions from an encyclopedia.",
        sampling=Sampling(temperature=0.0, max_tokens=MAX_TOKENS),
        collections=(shelf.id,),
    )
    agent = core.agents.create(owner_id, draft)
    core.agents.deploy(owner_id, agent.id, wait=True)
    return Library(core, agent, names)


def _wait(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.25)


def reuse(library: Library, paragraphs: Sequence[Paragraph], questions: Sequence[Question]) -> None:
    """Ask several questions about one article in each conversation, and count cached tokens."""
    article = {each.key: each.article for each in paragraphs}
    by_article: dict[str, list[Question]] = defaultdict(list)
    for each in questions:
        by_article[article[each.gold]].append(each)
    chance = random.Random(2)
    read = cached = turns = 0
    for name in chance.sample(sorted(by_article), CONVERSATIONS):
        conversation_id = None
        for question in chance.sample(by_article[name], TURNS):
            reply = library.ask(question.text, conversation_id)
            conversation_id = reply.conversation_id
            assert reply.record is not None
            usage = reply.record.usage
            progress(f"{name}: {usage.cached_tokens} of {usage.prompt_tokens} tokens cached")
            read, cached, turns = (
                read + usage.prompt_tokens,
                cached + usage.cached_tokens,
                turns + 1,
            )
    emit(
        Figure("prompt_tokens_from_cache", round(100 * cached / read, 1), "%", 60, "higher", turns)
    )


def end_to_end(library: Library, questions: Sequence[Question]) -> None:
    """Ask questions in conversations of their own, and look where the citations point."""
    count = int(os.environ.get("OUTPOST_BENCH_QUESTIONS", QUESTIONS))
    chosen = random.Random(3).sample(list(questions), count)
    errors = strays = shown = cited = gold_found = gold_cited = 0
    for at, question in enumerate(chosen):
        try:
            reply = library.ask(question.text)
        except Exception as error:
            progress(f"{question.text}: {error!r}")
            errors += 1
            continue
        assert reply.record is not None
        prompt = {each.number: each for each in reply.record.passages}
        shown += len(reply.citations)
        strays += sum(not _in_prompt(each, prompt) for each in reply.citations)
        name = library.names[question.gold]
        gold_found += any(each.document_name == name for each in prompt.values())
        supported = [c for c in reply.citations if c.state is not CitationState.UNSUPPORTED]
        cited += bool(supported)
        gold_cited += any(each.document_name == name for each in supported)
        if at % 20 == 0:
            progress(f"{at} of {count}: {reply.text[:80]!r} {[c.state.value for c in supported]}")
    emit(Figure("rag_errors", errors, "", 0, "lower", count))
    emit(Figure("rag_citations_outside_the_prompt", strays, "", 0, "lower", shown))
    for key, value in (
        ("rag_gold_paragraph_in_prompt", gold_found),
        ("rag_answers_with_a_supported_citation", cited),
        ("rag_answers_citing_the_gold_paragraph", gold_cited),
    ):
        emit(Figure(key, round(100 * value / count, 1), "%", 0, "higher", count))


def _in_prompt(citation: Citation, prompt: dict[int, Passage]) -> bool:
    """True if a citation is to a passage of the prompt, and its words are that passage's."""
    source = prompt.get(citation.number)
    return (
        source is not None
        and source.chunk_id == citation.chunk_id
        and citation.quote in source.text
        and source.text.strip() in with_sources("?", [source])
    )


if __name__ == "__main__":
    main(sys.argv[1:])
