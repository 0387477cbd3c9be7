"""The error tree: everything Outpost can refuse or fail at, and what to do about it.

    OutpostError
    ├── InvalidInput            invalid_input          the request itself is wrong
    │   ├── WrongAgentType      wrong_agent_type       chat asked of a RAG agent, or the reverse
    │   ├── ContextExceeded     context_length_exceeded  instructions and question alone do not fit
    │   └── ToolsUnsupported    tools_unsupported      the model's chat template knows no tools
    ├── Unauthenticated         unauthenticated        no token, or one that is not valid
    ├── Forbidden               forbidden              the token's scope is too small
    │   └── WrongPassphrase     wrong_passphrase       does not open the locked window
    ├── NotFound                not_found              no such thing, or it belongs to somebody else
    │   └── NoSuchModel         model_not_found        no deployed agent or embedder of that name
    ├── Conflict                conflict               the thing is not in a state that allows this
    │   ├── NotDeployed         not_deployed
    │   ├── AgentDeployed       agent_deployed         delete of a deployed agent without force
    │   ├── CheckFailed         check_failed           golden questions answered wrongly
    │   └── PoolFull            pool_full              names the deployed agents
    ├── Unreadable              unreadable             a file that cannot be used; `reason` says why
    │   ├── UnusableModel       unusable_model
    │   └── UnreadableDocument  unreadable_document
    ├── Busy                    busy                   try again after `retry_after_s`
    │   └── TooManyAttempts     too_many_attempts      wrong passwords; each makes the next wait
    ├── OutOfMemory             out_of_memory          needed and available bytes are in the message
    ├── EngineFailed            engine_failed          the runtime broke; deploy the agent again
    ├── StorageFailed           storage_failed         locked, damaged, not writable
    │   └── DiskFull            disk_full              goes on by itself when there is room
    ├── AlreadyRunning          already_running        another process owns the data folder
    ├── PortInUse               port_in_use
    └── Cancelled               cancelled              not a fault: somebody pressed stop

`str(error)` is one sentence fit for a person; `error.advice` says what to do about it.
Any other exception is a bug: it is logged with its trace and shown as one.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence


class OutpostError(Exception):
    """Base of every error that Outpost raises on purpose."""

    code = "error"
    advice = ""

    def __init__(self, message: str, *, advice: str | None = None, param: str | None = None):
        super().__init__(message)
        self.param = param
        if advice is not None:
            self.advice = advice


class InvalidInput(OutpostError):
    """The request itself is wrong; `param` names the offending field where there is one."""

    code = "invalid_input"
    advice = "Correct the value and try again."


class WrongAgentType(InvalidInput):
    """The agent's type does not fit the route or action."""

    code = "wrong_agent_type"


class ContextExceeded(InvalidInput):
    """What cannot be left out is longer than the model's context."""

    code = "context_length_exceeded"
    advice = "Shorten the message or the agent's instructions, or raise its context size."

    def __init__(self, needed_tokens: int, available_tokens: int):
        super().__init__(
            f"The message needs {needed_tokens} tokens, but only {available_tokens} fit "
            "into the agent's context."
        )
        self.needed_tokens = needed_tokens
        self.available_tokens = available_tokens


class ToolsUnsupported(InvalidInput):
    """The model cannot ask for tools, or the agent answers from its documents alone."""

    code = "tools_unsupported"
    advice = "Leave the tools out, or use an agent whose model was trained for them."

    def __init__(self, message: str, *, advice: str | None = None):
        super().__init__(message, advice=advice, param="tools")


class Unauthenticated(OutpostError):
    """No token was given, or one that is unknown, expired or revoked."""

    code = "unauthenticated"
    advice = "Send a valid token as 'Authorization: Bearer …'; make one with 'outpost token add'."


class Forbidden(OutpostError):
    """The caller is known but may not do this."""

    code = "forbidden"
    advice = "Use a token with a larger scope."


class WrongPassphrase(Forbidden):
    """What was given is not the passphrase of the window."""

    code = "wrong_passphrase"
    advice = "Try again; 'outpost lock remove' takes a forgotten passphrase away."

    def __init__(self) -> None:
        super().__init__("The passphrase is wrong.", param="passphrase")


class NotFound(OutpostError):
    """No such thing for this user; things of other users answer in the same way."""

    code = "not_found"
    advice = "Check the identifier; it may have been deleted."

    def __init__(self, noun: str, identifier: str):
        super().__init__(f"There is no {noun} '{identifier}'.")


class NoSuchModel(NotFound):
    """A program asked for a model by a name that no deployed agent and no embedder has."""

    code = "model_not_found"
    advice = "GET /v1/models lists the models; deploy the agent if it is not among them."

    def __init__(self, name: str):
        super().__init__("model", name)
        self.param = "model"


class Conflict(OutpostError):
    """The thing is not in a state that allows what was asked."""

    code = "conflict"


class NotDeployed(Conflict):
    """The agent has to be deployed before it can answer."""

    code = "not_deployed"
    advice = "Deploy the agent first."

    def __init__(self, name: str, state: str):
        super().__init__(f"The agent '{name}' is not deployed; it is {state}.")


class AgentDeployed(Conflict):
    """The agent is deployed and would be stopped by what was asked."""

    code = "agent_deployed"
    advice = "Stop the agent first, or repeat with force."

    def __init__(self, name: str):
        super().__init__(f"The agent '{name}' is deployed.")


class PoolFull(Conflict):
    """As many agents are deployed as the limit allows."""

    code = "pool_full"
    advice = "Stop one of them, or raise MAX_DEPLOYED_AGENTS."

    def __init__(self, limit: int, deployed: Sequence[str]):
        names = ", ".join(f"'{name}'" for name in deployed)
        super().__init__(f"All {limit} places for deployed agents are taken, by {names}.")
        self.deployed = tuple(deployed)


class CheckFailed(Conflict):
    """An agent that is to be checked before it is deployed answered golden questions wrongly."""

    code = "check_failed"
    advice = "Look at its last check; correct the agent, its documents or the questions."

    def __init__(self, wrong: int, total: int, question: str, why: str):
        super().__init__(
            f"{wrong} of {total} golden questions failed, the first of them '{question}': {why}"
        )


class Unreadable(OutpostError):
    """A file that Outpost cannot use; `reason` is a stable code such as 'encrypted'."""

    code = "unreadable"

    def __init__(self, message: str, *, reason: str, advice: str | None = None):
        super().__init__(message, advice=advice)
        self.reason = reason


class UnusableModel(Unreadable):
    """A model file that is damaged, of an unknown kind, or missing."""

    code = "unusable_model"
    advice = "Choose another model, or copy the file again from its source."


class UnreadableDocument(Unreadable):
    """A document whose text could not be read."""

    code = "unreadable_document"


class Busy(OutpostError):
    """Too much is waiting already."""

    code = "busy"
    advice = "Wait a moment and try again."

    def __init__(self, message: str, *, retry_after_s: float = 1.0):
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooManyAttempts(Busy):
    """Wrong passwords were given too often; the next one has to wait."""

    code = "too_many_attempts"
    advice = "Wait as long as the message says, then try again."

    def __init__(self, wait_s: float):
        super().__init__(
            f"After the wrong passwords before, wait {max(1, round(wait_s))} seconds.",
            retry_after_s=wait_s,
        )


class OutOfMemory(OutpostError):
    """Loading would need more memory than there is."""

    code = "out_of_memory"
    advice = "Stop another agent, choose a smaller model, or lower the context size."


class EngineFailed(OutpostError):
    """The model runtime broke in a way that it cannot recover from."""

    code = "engine_failed"
    advice = "Deploy the agent again; if it happens again, the log has the details."


class StorageFailed(OutpostError):
    """The data folder cannot be read or written."""

    code = "storage_failed"
    advice = "Check that the disk has free space and that the data folder is writable."


class DiskFull(StorageFailed):
    """Nothing more can be written until somebody makes room."""

    code = "disk_full"
    advice = (
        "Make room on the disk: reading, deleting and exporting still work, and Outpost goes on "
        "by itself."
    )

    def __init__(self, message: str = "The disk is full."):
        super().__init__(message)


class AlreadyRunning(OutpostError):
    """Another process owns the data folder."""

    code = "already_running"
    advice = "Use the window or server that is already running, or another data folder."


class PortInUse(OutpostError):
    """Another program listens on the port."""

    code = "port_in_use"
    advice = "Choose another port with OUTPOST_PORT, --port or in Settings."

    def __init__(self, port: int, free_port: int | None = None):
        super().__init__(f"Port {port} on this machine is already taken by another program.")
        self.port = port
        self.free_port = free_port
        """One that was free a moment ago, to be offered instead."""


class Cancelled(OutpostError):
    """The work was stopped on request."""

    code = "cancelled"

    def __init__(self, message: str = "Stopped on request."):
        super().__init__(message)


def storage_failure(error: OSError, what: str) -> StorageFailed:
    """Return what an error of the file system means to a person; `what` begins the sentence."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"{what}: the disk is full.")
    return StorageFailed(f"{what}: {error.strerror or error}.")
