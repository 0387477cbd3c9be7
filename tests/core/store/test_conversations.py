"""Conversations on disk: turns, branches, search, the trash, and whose they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Conflict, NotFound
from core.records import (
    Agent,
    AgentDraft,
    AgentId,
    AgentType,
    AnswerRecord,
    Ask,
    ChunkId,
    Citation,
    CitationState,
    Conversation,
    ConversationId,
    DocumentId,
    Message,
    MessageId,
    MessageState,
    ModelId,
    Role,
    Sampling,
    UserId,
)
from core.store.agents import AgentStore
from core.store.conversation_rows import MAX_TITLE, title_of
from core.store.conversations import ConversationStore
from core.store.database import Database

RECORD = AnswerRecord(
    model=ModelId("m.gguf"),
    model_sha256="ab" * 32,
    sampling=Sampling(seed=4),
    seed=4,
    context_tokens=512,
    prompt_sha256="cd" * 32,
    finish_reason="stop",
)
CITATION = Citation(
    number=1,
    state=CitationState.VERIFIED,
    document_id=DocumentId("doc_1"),
    document_name="Guide.pdf",
    chunk_id=ChunkId("chk_1"),
    first_page=3,
    last_page=None,
    start=10,
    end=20,
    quote="ten letters",
    answer_start=0,
    answer_end=8,
    score=0.75,
)


@pytest.fixture
def agent(agents: AgentStore, owner_id: UserId) -> Agent:
    """An agent of the owner's."""
    return agents.create(owner_id, AgentDraft("Ada", AgentType.FINE_TUNED, ModelId("m.gguf")))


@pytest.fixture
def ask(agent: Agent, owner_id: UserId) -> Ask:
    """A first question."""
    return Ask(owner_id, agent.id, "What is a whale?")


def turn(
    store: ConversationStore, agent: Agent, ask: Ask, answer: str = "A mammal."
) -> tuple[Conversation, Message]:
    """Ask and answer; return the conversation and the reply as stored."""
    conversation, branch = store.open_turn(ask, agent)
    done = MessageState.DONE
    return conversation, store.close_turn(branch[-1].id, written=answer, state=done, record=RECORD)


def following(ask: Ask, conversation: Conversation, text: str = "And?", **more: object) -> Ask:
    """Return a further question of the conversation."""
    return replace(ask, conversation_id=conversation.id, text=text, **more)  # type: ignore[arg-type]


def texts(messages: list[Message]) -> list[str]:
    """Return what the messages say."""
    return [message.text for message in messages]


# ---------------------------------------------------------------- turns


def test_a_question_is_stored_with_an_empty_reply(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """Opening a turn makes both messages durable, before any text is written."""
    conversation, branch = conversations.open_turn(ask, agent)
    question, reply = branch
    assert (question.role, question.text, question.state) == (Role.USER, ask.text, "done")
    assert (reply.role, reply.text, reply.state) == (Role.ASSISTANT, "", MessageState.STREAMING)
    assert (question.parent_id, reply.parent_id) == (None, question.id)
    assert (question.agent_version_id, reply.agent_version_id) == (None, agent.version_id)
    assert conversation.title == "What is a whale?"
    assert (conversation.agent_id, conversation.agent_name) == (agent.id, "Ada")
    assert conversation.message_count == 2
    assert conversations.messages(owner_id, conversation.id) == branch
    assert conversations.get(owner_id, conversation.id) == conversation


def test_a_streaming_reply_can_be_saved_in_part(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """The text so far is readable while the reply is still being written."""
    conversation, branch = conversations.open_turn(ask, agent)
    conversations.save_partial(branch[-1].id, "A mam")
    reply = conversations.messages(owner_id, conversation.id)[-1]
    assert (reply.text, reply.state) == ("A mam", MessageState.STREAMING)


def test_a_closed_reply_keeps_everything(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """State, record, citations in their order and error come back as they were given."""
    conversation, branch = conversations.open_turn(ask, agent)
    cited = (CITATION, replace(CITATION, number=2, first_page=None, chunk_id=ChunkId("chk_2")))
    closed = conversations.close_turn(
        branch[-1].id,
        written="A mammal.",
        state=MessageState.FAILED,
        record=RECORD,
        citations=cited,
        error="It broke.",
    )
    assert (closed.text, closed.state, closed.error) == ("A mammal.", "failed", "It broke.")
    assert (closed.record, closed.citations) == (RECORD, cited)
    assert conversations.messages(owner_id, conversation.id)[-1] == closed


def test_a_second_turn_continues_the_first(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """Without a parent, a question follows the newest message."""
    conversation, reply = turn(conversations, agent, ask)
    again, branch = conversations.open_turn(following(ask, conversation), agent)
    assert again.id == conversation.id
    assert again.title == conversation.title
    assert again.updated_at > conversation.updated_at
    assert texts(branch) == ["What is a whale?", "A mammal.", "And?", ""]
    assert branch[2].parent_id == reply.id


def test_no_second_reply_while_one_is_written(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """A question into a streaming reply is refused, and nothing of it is stored."""
    conversation, _ = conversations.open_turn(ask, agent)
    with pytest.raises(Conflict):
        conversations.open_turn(following(ask, conversation), agent)
    assert conversations.get(owner_id, conversation.id).message_count == 2


def test_branches_form_a_tree(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """Asking again from an earlier message leaves the later ones out, and both stay stored."""
    conversation, first = turn(conversations, agent, ask, "one")
    turn(conversations, agent, following(ask, conversation, "second"), "two")
    other = following(ask, conversation, "instead", parent_id=first.id)
    turn(conversations, agent, other, "three")
    branch = conversations.messages(owner_id, conversation.id)
    assert texts(branch) == ["What is a whale?", "one", "instead", "three"]
    assert conversations.get(owner_id, conversation.id).message_count == 6


def test_a_parent_must_be_of_the_conversation(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """A message of another conversation, and one that is not there, are not found."""
    conversation, _ = turn(conversations, agent, ask)
    _, foreign = turn(conversations, agent, ask)
    for parent_id in (foreign.id, MessageId("msg_missing")):
        with pytest.raises(NotFound, match=parent_id):
            conversations.open_turn(following(ask, conversation, parent_id=parent_id), agent)
        with pytest.raises(NotFound):
            conversations.open_turn(replace(ask, parent_id=parent_id), agent)
    assert [each.message_count for each in conversations.list(owner_id)] == [2, 2]


def test_unfinished_replies_are_interrupted_at_the_next_start(
    conversations: ConversationStore,
    agent: Agent,
    ask: Ask,
    owner_id: UserId,
    database: Database,
) -> None:
    """What a dead process was writing is kept, marked, findable, and can be followed."""
    turn(conversations, agent, ask)
    conversation, branch = conversations.open_turn(ask, agent)
    conversations.save_partial(branch[-1].id, "A gigantic mam")
    database.close()
    again = Database(database.path)
    store = ConversationStore(again)
    assert store.interrupt_unfinished() == 1
    assert store.interrupt_unfinished() == 0
    reply = store.messages(owner_id, conversation.id)[-1]
    assert (reply.text, reply.state) == ("A gigantic mam", MessageState.INTERRUPTED)
    assert [each.id for each in store.list(owner_id, words="gigantic")] == [conversation.id]
    store.open_turn(following(ask, conversation), agent)
    again.close()


# ---------------------------------------------------------------- whose


def test_a_foreign_conversation_is_not_there(
    conversations: ConversationStore, agent: Agent, ask: Ask, other_id: UserId, owner_id: UserId
) -> None:
    """Every call for another user's conversation answers as for one that does not exist."""
    conversation, _ = turn(conversations, agent, ask)
    missing = ConversationId("cnv_missing")
    for user_id, each_id in ((other_id, conversation.id), (owner_id, missing)):
        with pytest.raises(NotFound):
            conversations.get(user_id, each_id)
        with pytest.raises(NotFound):
            conversations.messages(user_id, each_id)
        with pytest.raises(NotFound):
            conversations.rename(user_id, each_id, "Mine")
        with pytest.raises(NotFound):
            conversations.delete(user_id, each_id)
        foreign = replace(ask, owner_id=user_id, conversation_id=each_id)
        with pytest.raises(NotFound):
            conversations.open_turn(foreign, agent)
    assert conversations.list(other_id) == []
    assert conversations.list(other_id, words="whale") == []
    assert conversations.get(owner_id, conversation.id) == conversation


def test_a_deleted_conversation_is_in_the_trash(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """It is in no list, no search, and no question can be put into it."""
    conversation, _ = turn(conversations, agent, ask)
    kept, _ = turn(conversations, agent, ask)
    conversations.delete(owner_id, conversation.id)
    assert [each.id for each in conversations.list(owner_id)] == [kept.id]
    assert [each.id for each in conversations.list(owner_id, words="whale")] == [kept.id]
    with pytest.raises(NotFound):
        conversations.open_turn(following(ask, conversation), agent)
    with pytest.raises(NotFound):
        conversations.delete(owner_id, conversation.id)


def test_a_conversation_outlives_its_agent(
    conversations: ConversationStore,
    agents: AgentStore,
    agent: Agent,
    ask: Ask,
    owner_id: UserId,
) -> None:
    """It stays readable, and no longer names an agent that could be asked."""
    conversation, _ = turn(conversations, agent, ask)
    agents.delete(owner_id, agent.id)
    after = conversations.get(owner_id, conversation.id)
    assert (after.agent_id, after.agent_name) == (None, "Ada")
    assert len(conversations.messages(owner_id, conversation.id)) == 2


# ---------------------------------------------------------------- lists


def test_the_list_begins_with_the_newest(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """A further question brings a conversation to the top."""
    first, _ = turn(conversations, agent, ask)
    second, _ = turn(conversations, agent, ask)
    assert [each.id for each in conversations.list(owner_id)] == [second.id, first.id]
    turn(conversations, agent, following(ask, first))
    assert [each.id for each in conversations.list(owner_id)] == [first.id, second.id]


def test_the_list_can_be_of_one_agent(
    conversations: ConversationStore,
    agents: AgentStore,
    agent: Agent,
    ask: Ask,
    owner_id: UserId,
) -> None:
    """A conversation belongs to the agent that was asked last."""
    eva = agents.create(owner_id, replace(agent.draft, name="Eva"))
    first, _ = turn(conversations, agent, ask)
    second, _ = turn(conversations, eva, replace(ask, agent_id=eva.id))
    assert [each.id for each in conversations.list(owner_id, agent_id=agent.id)] == [first.id]
    turn(conversations, eva, following(ask, first, agent_id=eva.id))
    by_eva = conversations.list(owner_id, agent_id=eva.id)
    assert [each.id for each in by_eva] == [first.id, second.id]


def test_a_title_is_the_questions_beginning() -> None:
    """Short questions as they are, long ones cut at a word."""
    assert title_of("  What\n is   it? ") == "What is it?"
    long = title_of("word " * 100)
    assert len(long) <= MAX_TITLE
    assert long.endswith("word…")
    assert len(title_of("x" * 500)) <= MAX_TITLE


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("whale", True),
        ("WHALE", True),
        ("wha", True),
        ("amma", False),
        ("hale", True),
        ("whale mammal", False),
        ("mammal", True),
        ("blowhole breathes", True),
        ("breathes blowh", True),
        ("breathes unicorn", False),
        ("uber", True),
        ("über", True),
        ("ÜBER", True),
        ("Straße", True),
        ('"whale"', True),
        ("whale'", True),
        ("whale*", True),
        ("whale AND unicorn", False),
        ("NOT whale", False),
        ("whale OR unicorn", False),
        ("(whale", True),
        ("text:whale", False),
        ("whale -mammal", False),
        ("^whale", True),
        ("100%", True),
        ("100% s", True),
        ("a_b", True),
        ("", True),
        ("   ", True),
        ("!?", False),
        ("鯨", True),
    ],
)
def test_search_finds_words_and_knows_no_operators(
    conversations: ConversationStore,
    agent: Agent,
    ask: Ask,
    owner_id: UserId,
    words: str,
    found: bool,
) -> None:
    """Every word has to occur in one message, the last as a beginning, or all in the title."""
    answer = "A mammal that breathes by its blowhole, über Straße; 100% sure, a_b 鯨 ok"
    turn(conversations, agent, ask, answer)
    assert bool(conversations.list(owner_id, words=words)) is found


def test_a_renamed_conversation_is_found_by_its_title(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """A part of the title is enough, in any case, and wildcards are letters like others."""
    conversation, _ = turn(conversations, agent, ask)
    renamed = conversations.rename(owner_id, conversation.id, "Über 100% Öl_preise")
    assert renamed.title == "Über 100% Öl_preise"
    for words in ("über", "ÖL_P", "100% ö", "preise"):
        assert conversations.list(owner_id, words=words), words
    for words in ("100_ Ö", "Öl%preise", "unter"):
        assert not conversations.list(owner_id, words=words), words


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(codec="utf-8"), max_size=12))
def test_no_text_breaks_the_search(
    conversations: ConversationStore, owner_id: UserId, words: str
) -> None:
    """Whatever a person types, the answer is a list."""
    assert conversations.list(owner_id, words=words) == []


# ---------------------------------------------------------------- branches


def test_an_edit_is_a_branch_beside_the_question(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """The first question of all can be edited too; both versions know of each other."""
    conversation, branch = conversations.open_turn(ask, agent)
    done = MessageState.DONE
    conversations.close_turn(branch[-1].id, written="one", state=done, record=None)
    _, edited = conversations.open_edit(owner_id, branch[0].id, "What is a fish?", agent)
    conversations.close_turn(edited[-1].id, written="two", state=done, record=None)
    assert texts(edited) == ["What is a fish?", ""]
    assert edited[0].parent_id is None
    newest = conversations.messages(owner_id, conversation.id)
    assert texts(newest) == ["What is a fish?", "two"]
    assert newest[0].siblings == (branch[0].id, edited[0].id)
    assert newest[1].siblings == (edited[1].id,)
    older = conversations.messages(owner_id, conversation.id, branch[0].id)
    assert texts(older) == ["What is a whale?", "one"]
    assert older[0].siblings == newest[0].siblings
    with pytest.raises(Conflict):
        conversations.open_edit(owner_id, edited[1].id, "no question", agent)


def test_another_answer_stands_beside_the_first(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """Below the same question; the branch through the first one is still there, to its end."""
    conversation, first = turn(conversations, agent, ask, "one")
    turn(conversations, agent, following(ask, conversation), "more")
    _, again = conversations.open_again(owner_id, first.id, agent)
    assert texts(again) == ["What is a whale?", ""]
    with pytest.raises(Conflict):
        conversations.open_again(owner_id, again[-1].id, agent)
    second = conversations.close_turn(
        again[-1].id, written="two", state=MessageState.DONE, record=None
    )
    assert second.siblings == (first.id, second.id)
    through = conversations.messages(owner_id, conversation.id, first.id)
    assert texts(through) == ["What is a whale?", "one", "And?", "more"]
    assert texts(conversations.messages(owner_id, conversation.id)) == ["What is a whale?", "two"]
    everything = conversations.tree(owner_id, conversation.id)
    assert texts(everything) == ["What is a whale?", "one", "And?", "more", "two"]


def test_a_cut_off_reply_is_written_on(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """It keeps its text, loses its citations until it ends again, and is found by all of it."""
    conversation, branch = conversations.open_turn(ask, agent)
    reply_id = branch[-1].id
    conversations.close_turn(
        reply_id,
        written="A gigantic",
        state=MessageState.STOPPED,
        record=RECORD,
        citations=(CITATION,),
    )
    _, reopened = conversations.reopen(owner_id, reply_id, agent)
    assert (reopened[-1].text, reopened[-1].state) == ("A gigantic", MessageState.STREAMING)
    assert (reopened[-1].citations, reopened[-1].record) == ((), RECORD)
    closed = conversations.close_turn(
        reply_id, written="A gigantic mammal", state=MessageState.DONE, record=RECORD
    )
    assert closed.citations == ()
    for words in ("gigantic", "mammal"):
        (hit,) = conversations.search(owner_id, words)
        assert (hit.conversation.id, hit.message_id) == (conversation.id, reply_id)
    with pytest.raises(Conflict):
        conversations.reopen(owner_id, reply_id, agent)
    cut = replace(RECORD, finish_reason="length")
    other, branch = conversations.open_turn(replace(ask, text="Long?"), agent)
    with pytest.raises(Conflict):
        conversations.reopen(owner_id, branch[-1].id, agent)
    conversations.close_turn(branch[-1].id, written="and", state=MessageState.DONE, record=cut)
    assert conversations.reopen(owner_id, branch[-1].id, agent)[0].id == other.id


def test_a_message_is_deleted_with_what_follows(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """And comes back with it; what was deleted before that stays deleted."""
    conversation, first = turn(conversations, agent, ask, "one")
    _, second = turn(conversations, agent, following(ask, conversation), "walrus")
    conversations.delete_message(owner_id, second.id)
    assert texts(conversations.messages(owner_id, conversation.id)) == [
        *("What is a whale?", "one", "And?"),
    ]
    assert conversations.search(owner_id, "walrus") == []
    changed = conversations.delete_message(owner_id, first.id)
    assert changed.message_count == 1
    with pytest.raises(NotFound):
        conversations.find_message(owner_id, first.id)
    conversations.restore_message(owner_id, first.id)
    assert texts(conversations.messages(owner_id, conversation.id))[-1] == "And?"
    conversations.restore_message(owner_id, second.id)
    assert texts(conversations.messages(owner_id, conversation.id))[-1] == "walrus"
    question_id = first.parent_id
    assert question_id is not None
    conversations.delete_message(owner_id, question_id)
    assert conversations.messages(owner_id, conversation.id) == []
    again, branch = conversations.open_turn(following(ask, conversation, "Anew?"), agent)
    assert (again.message_count, branch[0].parent_id) == (2, None)
    with pytest.raises(Conflict):
        conversations.delete_message(owner_id, branch[0].id)


def test_foreign_messages_are_not_there(
    conversations: ConversationStore, agent: Agent, ask: Ask, other_id: UserId, owner_id: UserId
) -> None:
    """No call that names a message reaches another user's, or one of the trash."""
    conversation, reply = turn(conversations, agent, ask)
    conversations.delete(owner_id, turn(conversations, agent, ask)[0].id)
    trashed_id = conversations.list(owner_id, trashed=True)[0].id
    question_id = reply.parent_id
    assert question_id is not None
    for call in (
        lambda: conversations.find_message(other_id, reply.id),
        lambda: conversations.messages(other_id, conversation.id, reply.id),
        lambda: conversations.messages(owner_id, conversation.id, MessageId("msg_missing")),
        lambda: conversations.tree(other_id, conversation.id),
        lambda: conversations.tree(owner_id, trashed_id),
        lambda: conversations.open_edit(other_id, question_id, "mine", agent),
        lambda: conversations.open_again(other_id, reply.id, agent),
        lambda: conversations.reopen(other_id, reply.id, agent),
        lambda: conversations.delete_message(other_id, reply.id),
        lambda: conversations.restore_message(other_id, reply.id),
        lambda: conversations.pin(other_id, conversation.id, True),
        lambda: conversations.tag(other_id, conversation.id, ["mine"]),
        lambda: conversations.restore(other_id, trashed_id),
        lambda: conversations.restore(owner_id, conversation.id),
        lambda: conversations.purge(other_id, trashed_id),
        lambda: conversations.purge(owner_id, conversation.id),
        lambda: conversations.keep_draft(other_id, conversation.id, "mine"),
    ):
        with pytest.raises(NotFound):
            call()
    assert conversations.messages(owner_id, conversation.id)[-1] == reply


# ---------------------------------------------------------------- sorting, trash, drafts


def test_pinned_conversations_come_first(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """However old they are, until they are unpinned."""
    old, _ = turn(conversations, agent, ask)
    new, _ = turn(conversations, agent, ask)
    assert conversations.pin(owner_id, old.id, True).pinned
    assert [each.id for each in conversations.list(owner_id)] == [old.id, new.id]
    conversations.pin(owner_id, old.id, False)
    assert [each.id for each in conversations.list(owner_id)] == [new.id, old.id]


def test_tags_sort_conversations(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId, other_id: UserId
) -> None:
    """A conversation has exactly the tags given last; those of the trash are not in use."""
    first, _ = turn(conversations, agent, ask)
    second, _ = turn(conversations, agent, ask)
    conversations.tag(owner_id, first.id, ["work", "Öl", "a, b"])
    assert conversations.tag(owner_id, first.id, ["work", "Öl"]).tags == ("work", "Öl")
    conversations.tag(owner_id, second.id, ["work"])
    assert conversations.tags(owner_id) == ["work", "Öl"]
    assert conversations.tags(other_id) == []
    assert [each.id for each in conversations.list(owner_id, tag="Öl")] == [first.id]
    conversations.delete(owner_id, first.id)
    assert conversations.tags(owner_id) == ["work"]
    assert conversations.tag(owner_id, second.id, []).tags == ()


def test_the_trash_gives_back_what_it_has(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """Restored, a conversation is as it was; purged, nothing of it is left to be found."""
    conversation, _ = turn(conversations, agent, ask, "leviathan")
    conversations.pin(owner_id, conversation.id, True)
    before = conversations.get(owner_id, conversation.id)
    conversations.delete(owner_id, conversation.id)
    (trashed,) = conversations.list(owner_id, trashed=True)
    assert trashed.deleted_at is not None
    assert conversations.restore(owner_id, conversation.id) == before
    conversations.delete(owner_id, conversation.id)
    conversations.purge(owner_id, conversation.id)
    assert conversations.list(owner_id, trashed=True) == []
    with pytest.raises(NotFound):
        conversations.restore(owner_id, conversation.id)
    other, _ = turn(conversations, agent, ask, "leviathan again")
    assert [each.conversation.id for each in conversations.search(owner_id, "leviathan")] == [
        *(other.id,),
    ]


def test_what_is_being_written_is_not_purged(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """Its reply would have no place to be stored."""
    conversation, branch = conversations.open_turn(ask, agent)
    conversations.delete(owner_id, conversation.id)
    with pytest.raises(Conflict):
        conversations.purge(owner_id, conversation.id)
    conversations.close_turn(branch[-1].id, written="", state=MessageState.STOPPED, record=None)
    conversations.purge(owner_id, conversation.id)


def test_drafts_are_kept_for_each_place(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId, other_id: UserId
) -> None:
    """One for each conversation and one for the next, each user's own; empty is none."""
    conversation, _ = turn(conversations, agent, ask)
    conversations.keep_draft(owner_id, conversation.id, "half a thou")
    conversations.keep_draft(owner_id, conversation.id, "half a thought")
    conversations.keep_draft(owner_id, None, "new")
    assert conversations.draft(owner_id, conversation.id) == "half a thought"
    assert conversations.draft(owner_id, None) == "new"
    assert conversations.draft(other_id, None) == ""
    conversations.keep_draft(owner_id, None, "")
    assert conversations.draft(owner_id, None) == ""


def test_a_search_shows_where_the_words_stand(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """One hit for each conversation, with the words marked in one line of text around them."""
    answer = "Many\nlines. " * 30 + "The  blue whale\nsings at night. " + "More words. " * 30
    conversation, reply = turn(conversations, agent, ask, answer)
    titled, _ = turn(conversations, agent, replace(ask, text="Nothing"), "here")
    conversations.rename(owner_id, titled.id, "Whale sings, a title")
    hits = conversations.search(owner_id, "whale sings")
    by_id = {hit.conversation.id: hit for hit in hits}
    hit = by_id[conversation.id]
    assert hit.message_id == reply.id
    assert [hit.snippet[start:end] for start, end in hit.marks] == ["whale", "sings"]
    assert "The blue whale sings at night." in hit.snippet
    assert len(hit.snippet) < 250
    assert (by_id[titled.id].message_id, by_id[titled.id].snippet) == (None, "")
    assert len(hits) == 2
    assert conversations.search(owner_id, "whale", agent_id=AgentId("agt_none")) == []


def test_when_an_agent_was_last_talked_to(
    conversations: ConversationStore, agent: Agent, ask: Ask, owner_id: UserId
) -> None:
    """The newest of its conversations tells; one in the trash does not, and nobody else's."""
    assert conversations.last_used(owner_id) == {}
    turn(conversations, agent, ask)
    newest, _ = turn(conversations, agent, ask)
    newest = conversations.get(owner_id, newest.id)
    assert conversations.last_used(owner_id) == {agent.id: newest.updated_at}
    conversations.delete(owner_id, newest.id)
    assert conversations.last_used(owner_id)[agent.id] < newest.updated_at
    assert conversations.last_used(UserId("usr_other")) == {}
