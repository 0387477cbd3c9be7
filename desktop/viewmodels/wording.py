"""How values read to a person: states, sizes, times and counts in words."""

from __future__ import annotations

from datetime import datetime

from core.records import (
    PARTIAL,
    AgentType,
    CitationState,
    DeploymentState,
    Document,
    DocumentState,
    IngestJob,
    JobKind,
    JobState,
    LedgerKind,
    MemoryForecast,
    Message,
    MessageState,
    ReindexEstimate,
    Scope,
)
from desktop.viewmodels.base import tr
from desktop.viewmodels.core_words import told
from desktop.viewmodels.figures import clock, count, day, decimal, number, percent, weekday

__all__ = ["count"]  # also looked for here


def file_size(size_bytes: int) -> str:
    """Return a size in the unit that keeps it short: 0 B, 12 kB, 3.4 MB (powers of ten)."""
    size, unit = float(size_bytes), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 999.5 or unit == "TB":
            break
        size /= 1000
    return f"{decimal(size, 0 if size >= 100 or unit in ('B', 'kB') else 1)} {unit}"


def file_name(title: str) -> str:
    """Return a title as a name that every file system takes."""
    kept = "".join(c if c.isalnum() or c in " -_" else " " for c in title)
    return " ".join(kept.split())[:60] or "unnamed"


def parameter_count(parameters: int) -> str:
    """Return a model's number of weights as people call it: 135M, 7.2B."""
    if parameters <= 0:
        return ""
    if parameters < 1_000_000:
        return f"{number(round(parameters / 1e3))}k"
    if parameters < 1_000_000_000:
        return f"{number(round(parameters / 1e6))}M"
    billions = round(parameters / 1e9, 1)
    return f"{decimal(billions, 0 if billions.is_integer() else 1)}B"


def when(moment: datetime, today: datetime) -> str:
    """Return a past moment as short as it stays clear: 14:05, Mon 14:05, 3 Mar, 3 Mar 2024."""
    local, present = moment.astimezone(), today.astimezone()
    days = (present.date() - local.date()).days
    if days <= 0:
        return clock(moment)
    if days < 7:
        return f"{weekday(moment)} {clock(moment)}"
    return day(moment, year=local.year != present.year)


def agent_type(kind: AgentType) -> str:
    return tr("Fine-tuned") if kind is AgentType.FINE_TUNED else tr("RAG")


def deployment_state(state: DeploymentState) -> str:
    return {
        DeploymentState.STOPPED: tr("Stopped"),
        DeploymentState.DEPLOYING: tr("Deploying…"),
        DeploymentState.DEPLOYED: tr("Deployed"),
        DeploymentState.STOPPING: tr("Stopping…"),
        DeploymentState.FAILED: tr("Failed"),
    }[state]


def deployment_tone(state: DeploymentState) -> str:
    """Return the colour token that stands for a state; the word always goes with it."""
    return {
        DeploymentState.STOPPED: "outline",
        DeploymentState.DEPLOYING: "warning",
        DeploymentState.DEPLOYED: "success",
        DeploymentState.STOPPING: "warning",
        DeploymentState.FAILED: "danger",
    }[state]


def memory_need(forecast: MemoryForecast) -> str:
    """Return what memory deploying takes, in few words."""
    needed = file_size(forecast.needed_bytes)
    if forecast.shares_weights:
        return tr("{size} of memory, weights shared").format(size=needed)
    return tr("{size} of memory").format(size=needed)


def memory_forecast(forecast: MemoryForecast) -> str:
    """Return what deploying would take and whether it fits, as a sentence or two."""
    needed, free = file_size(forecast.needed_bytes), file_size(forecast.available_bytes)
    words = tr("Deploying takes about {needed} of memory; {free} are free.")
    told = words.format(needed=needed, free=free)
    if not forecast.fits:
        return tr("{told} That is too little: choose a smaller model or context.").format(told=told)
    if forecast.shares_weights:
        return tr("{told} Its model is loaded already.").format(told=told)
    return told


def document_state(document: Document) -> str:
    if document.state is DocumentState.INDEXING and document.chunk_count:
        share = document.embedded_count / document.chunk_count
        return tr("Indexing {share}").format(share=percent(share))
    if document.state is DocumentState.READY and document.reason == PARTIAL:
        return tr("Partly read")
    return {
        DocumentState.QUEUED: tr("Waiting"),
        DocumentState.PARSING: tr("Reading"),
        DocumentState.INDEXING: tr("Indexing"),
        DocumentState.READY: tr("Ready"),
        DocumentState.FAILED: tr("Not readable"),
        DocumentState.OFFLINE: tr("Offline"),
        DocumentState.TRASHED: tr("In the trash"),
    }[document.state]


def document_advice(document: Document) -> str:
    """Return what a document's state means for whoever looks at it; '' where that is plain."""
    return {
        DocumentState.OFFLINE: tr(
            "Its drive or folder is not there. What was read of it is still found; it is looked "
            "for again when the drive is back."
        ),
        DocumentState.TRASHED: tr("Agents do not find it. Restore it, or empty the trash."),
    }.get(document.state, "")


def job_title(job: IngestJob) -> str:
    """Return what a job does and how far it is, such as 'Reading 3 of 12 · about 40 s left'."""
    ended = job.done + job.failed
    if job.kind is JobKind.REINDEX:
        words = tr("New vectors: {done} of {total} documents")
    else:
        words = tr("Reading: {done} of {total} documents")
    parts = [words.format(done=ended, total=job.total)]
    if job.failed:
        parts.append(count(job.failed, "could not be read", "could not be read"))
    if job.state is JobState.PAUSED:
        parts.append(tr("paused"))
    elif job.seconds_left is not None:
        parts.append(time_left(job.seconds_left))
    return " · ".join(parts)


def reindex_cost(estimate: ReindexEstimate) -> str:
    """Return what new vectors cost, as a sentence or two."""
    chunks = count(estimate.chunks, "passage", "passages")
    room = file_size(estimate.bytes)
    if estimate.seconds is None:
        words = tr("{chunks} get new vectors, which take {room}. How long that takes is not known.")
        return words.format(chunks=chunks, room=room)
    words = tr("{chunks} get new vectors in about {time}; they take {room}.")
    return words.format(chunks=chunks, room=room, time=duration(estimate.seconds))


def duration(seconds: float) -> str:
    """Return a rough length of time as one would say it."""
    if seconds < 90:
        return tr("{seconds} s").format(seconds=max(1, round(seconds)))
    if seconds < 90 * 60:
        return tr("{minutes} min").format(minutes=round(seconds / 60))
    return tr("{hours} h").format(hours=round(seconds / 3600))


def citation_state(state: CitationState) -> str:
    return {
        CitationState.VERIFIED: tr("Verified"),
        CitationState.LINKED: tr("Linked by Outpost"),
        CitationState.UNSUPPORTED: tr("Not supported"),
    }[state]


def citation_meaning(state: CitationState) -> str:
    """Return what a citation's state says about the answer."""
    return {
        CitationState.VERIFIED: tr("The answer names this source, and its words are found there."),
        CitationState.LINKED: tr(
            "The answer names no source; Outpost found the passage that its words come from."
        ),
        CitationState.UNSUPPORTED: tr(
            "The words of this source do not support what the answer says."
        ),
    }[state]


def citation_tone(state: CitationState) -> str:
    return {
        CitationState.VERIFIED: "success",
        CitationState.LINKED: "note",
        CitationState.UNSUPPORTED: "warning",
    }[state]


def pages(first: int | None, last: int | None) -> str:
    """Return 'page 3', 'pages 3–4', or '' for formats without pages."""
    if first is None:
        return ""
    if last is None or last == first:
        return tr("page {page}").format(page=first)
    return tr("pages {first}–{last}").format(first=first, last=last)


def ledger_kind(kind: LedgerKind) -> str:
    """Return what a part of the prompt is."""
    return {
        LedgerKind.SYSTEM: tr("Instructions"),
        LedgerKind.HISTORY: tr("Earlier"),
        LedgerKind.PASSAGE: tr("Passage"),
        LedgerKind.QUESTION: tr("Question"),
        LedgerKind.TEMPLATE: tr("Chat template"),
        LedgerKind.ANSWER: tr("Answer so far"),
    }[kind]


def finish_reason(reason: str) -> str:
    """Return why an answer ended where it did."""
    return {
        "stop": tr("it was complete"),
        "length": tr("it reached its longest length"),
        "cancelled": tr("it was stopped"),
        "deadline": tr("its time was up"),
        "no_evidence": tr("the documents hold nothing about it"),
        "error": tr("something failed"),
    }.get(reason, reason)


def scope(kind: Scope) -> str:
    return {
        Scope.READ: tr("Read only"),
        Scope.CHAT: tr("Read and chat"),
        Scope.MANAGE: tr("Everything"),
    }[kind]


def ending(message: Message) -> str:
    """Return why a reply is not complete, or '' where it is."""
    if message.state is MessageState.FAILED:
        return told(message.error or "") or tr("The reply failed.")
    reason = message.record.finish_reason if message.record is not None else ""
    if reason == "length":
        return tr("The answer reached its longest length.")
    if reason == "no_evidence":
        return tr("No passage of its documents speaks about this, so the agent did not answer.")
    return {
        MessageState.STOPPED: tr("You stopped this reply."),
        MessageState.INTERRUPTED: tr("Outpost closed while this reply was being written."),
    }.get(message.state, "")


def can_continue(message: Message) -> bool:
    """Return whether a reply was cut off and could be written on."""
    cut_off = (MessageState.STOPPED, MessageState.INTERRUPTED, MessageState.FAILED)
    too_long = message.record is not None and message.record.finish_reason == "length"
    return message.state in cut_off or too_long


def time_left(seconds: float) -> str:
    """Return a rough time as one would say it."""
    if seconds < 90:
        return tr("about {seconds} s left").format(seconds=max(1, round(seconds)))
    return tr("about {minutes} min left").format(minutes=round(seconds / 60))


def speed(tokens_per_s: float) -> str:
    """Return how fast an answer was written."""
    return tr("{speed} tokens/s").format(speed=decimal(tokens_per_s))


def performance(message: Message) -> str:
    """Return one small line on how a reply went: speed, wait, context; '' without a record."""
    record = message.record
    if record is None:
        return ""
    parts = []
    if record.timings.tokens_per_s > 0:
        parts.append(speed(record.timings.tokens_per_s))
    if record.timings.first_token_ms > 0:
        seconds = record.timings.first_token_ms / 1000
        parts.append(tr("first word after {wait} s").format(wait=decimal(seconds)))
    used = record.usage.prompt_tokens + record.usage.completion_tokens
    if used and record.context_tokens:
        text = tr("{used} of {total} tokens of context used")
        parts.append(text.format(used=number(used), total=number(record.context_tokens)))
    if record.ledger is not None and record.ledger.truncated:
        parts.append(tr("older parts left out"))
    return " · ".join(parts)
