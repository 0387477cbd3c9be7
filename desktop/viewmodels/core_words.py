"""What the core says, in the window's language, with the names and numbers that it says it with.

The core speaks English to programs, logs and people alike and knows no window. Here are those of
its sentences that reach the window; one that is missing is shown as the core said it. A test
holds them against the core's source, so a sentence that is changed there is found here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from PySide6.QtCore import QCoreApplication

from desktop.viewmodels.agent_form import draft_field
from desktop.viewmodels.base import CONTEXT


def said(sentence: str) -> str:
    """Mark a sentence of the core for `dev.py translate`; each {name} stands for some words."""
    return sentence


SENTENCES = (
    # agents
    said("The agent '{name}' is just being stopped."),
    said("The agent '{name}' is not deployed; it is {state}."),
    said("The agent '{name}' is deployed."),
    said("There is already an agent named '{name}'."),
    said("Stopped to make room for '{name}'."),
    said("Stopped after {seconds} seconds without a question."),
    said("Its model or context was changed; deploy it again."),
    said("'{name}' is an adapter, not a model."),
    said("'{name}' is not a LoRA adapter."),
    said("'{name}' was trained for a context of {most} tokens; {count} is too much."),
    said("The model '{name}' cannot be used: {why}"),
    said("{wrong} of {total} golden questions failed, the first of them '{question}': {why}"),
    said("The agent '{name}' has no golden questions."),
    # an agent's fields
    said("{field} is {value}; it must be from {least} to {most}."),
    said("{field} holds a character that is no text."),
    said("max_tokens is {count}, but the context holds only {most} tokens."),
    said("stop may hold up to {most} texts of 1 to {length} characters."),
    said("The name must have 1 to {most} characters."),
    said("The description may have up to {most} characters."),
    said("The instructions may have up to {most} characters."),
    said("A RAG agent needs at least one collection."),
    said("Choose a collection, or make the agent a fine-tuned one."),
    said("A fine-tuned agent has no collections."),
    said("Make the agent a RAG agent, or leave the collections out."),
    said("There may be up to {most} tags of up to {length} characters."),
    said("A tag holds a character that is no text."),
    # agents that come as a file
    said("This is no agent that can be imported: {why}."),
    said("Export the agent again and bring the new file."),
    said("The model '{name}' (SHA-256 {digits}…) is not on this machine."),
    said("Import that model first, or choose another one for this agent."),
    said("There is no collection named {names}."),
    said("Make it first, or choose other collections for this agent."),
    # models
    said("'{name}' cannot be used as a model: {why}."),
    said("it does not begin like a GGUF file"),
    said("its end is missing"),
    said("it ends too early"),
    said("it holds no weights"),
    said("it has no vocabulary"),
    said("it is not a language model: it names no layers"),
    said("it holds a '{kind}', not a language model or adapter"),
    said("its format ({what}) is not supported"),
    said("'{name}' cannot be used: {why}."),
    said("'{name}' cannot be read: {why}."),
    said("'{name}' is one part of a model that was split into several files."),
    said("Merge the parts with 'llama-gguf-split --merge' and use the merged file."),
    said("'{name}' is not the file that was used before: its SHA-256 has changed."),
    said(
        "If it was replaced on purpose, accept it with 'outpost models accept'; if not, copy it "
        "again from its source."
    ),
    said("There is already a model file '{name}'."),
    said("Rename the file, or delete the other one from the models folder first."),
    said("The starter model is a part of Outpost and cannot be deleted."),
    said("Leave it; it takes no memory while no agent on it is deployed."),
    said("'{name}' could not be copied: {why}."),
    said("'{name}' could not be deleted: {why}."),
    said("The model '{name}' could not be loaded; llama.cpp refuses it."),
    said("The adapter '{name}' does not fit the model '{model}'."),
    said("Choose an adapter that was trained on this very model."),
    said("Choose another model, or copy the file again from its source."),
    said("Deploying needs about {size} GB of memory; {free} GB are free."),
    said("Stop another agent, choose a smaller model, or lower the context size."),
    said("There is not enough memory for a context of {count} tokens with '{name}'."),
    said("The model runtime broke: {why}."),
    said("The model could not be started: {why}."),
    said("Deploy the agent again; if it happens again, the log has the details."),
    # conversations
    said("The message is empty."),
    said("The message has {count} characters; up to {most} are possible."),
    said("The title must have 1 to {most} characters."),
    said("The reply failed unexpectedly: {why}."),
    said("A reply is still being written in this conversation."),
    said("Wait for it to end, or stop it."),
    said("This message is complete."),
    said("Ask for another answer."),
    # collections and documents
    said("A collection needs a name."),
    said("A collection's name may have {most} characters; this one has {count}."),
    said("There is already a collection named '{name}'."),
    said("Choose another name, or add the files to that collection."),
    said("The folder '{name}' is watched already, and one lies inside the other."),
    said("Stop watching that folder first, or choose one beside it."),
    said("'{name}' cannot be restored: '{other}' has taken its place."),
    said("Delete that document first if you want the older one."),
    said("New vectors are being made for this collection already."),
    said("Wait until that job has ended, or cancel it."),
    said("The embedder '{name}' is not on this machine."),
    said("The reranker '{name}' is not on this machine."),
    said("Copy it back into the models folder, or choose another for the collection."),
    # users, tokens and settings
    said("A name has 1 to {most} printable characters."),
    said("A password has {least} to {most} characters."),
    said("There is already a user '{name}'."),
    said("A token is valid for 1 to {most} days."),
    said("{field} is '{value}'; it must be a whole number from {least} to {most} ({unit})."),
    said("Port {number} may not be used by this user."),
    # backups and the database
    said("'{name}' is damaged: {why}."),
    said("'{name}' is not what was written: its SHA-256 differs."),
    said("Choose another backup."),
    said("'{name}' was written by a newer Outpost (schema {version})."),
    said("Install that version or a later one, or choose another backup."),
    said("The backup '{name}' was not restored: {why}"),
    said("Everything is as it was before. Choose another backup."),
    said("The database is damaged: {why}."),
    said("The data folder was written by a newer Outpost (schema {version})."),
    said("Install that version or a later one, or choose another data folder."),
)
FIELD = "field"
"""The placeholder for what a program calls a field; people are told the form's own word."""


def told(sentence: str) -> str:
    """Return what the core said in the window's language, or as it is where that is not known."""
    return known(sentence) or sentence


def known(text: str) -> str:
    """Return the translation of one sentence of the core or of several; '' for an unknown one."""
    for end in (match.end() for match in re.finditer(r"\.(?= )", text)):
        head, rest = known(text[:end]), known(text[end + 1 :])
        if head and rest:
            return f"{head} {rest}"
    for sentence in SENTENCES:
        found = _pattern(sentence).fullmatch(text)
        if found is not None:
            return _filled(sentence, found.groupdict())
    return ""


def _filled(sentence: str, values: dict[str, str]) -> str:
    """Return a sentence's translation with its values put in; '' where there is none."""
    translated = QCoreApplication.translate(CONTEXT, sentence)
    if translated == sentence:
        return ""
    return translated.format(**{name: _value(name, text) for name, text in values.items()})


def _value(name: str, text: str) -> str:
    return draft_field(text) if name == FIELD else told(text)


@lru_cache(maxsize=len(SENTENCES))
def _pattern(sentence: str) -> re.Pattern[str]:
    """Return what finds the words that stand for each {name}."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(sentence)), re.DOTALL)
