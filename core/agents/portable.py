"""An agent as one file, to be kept or given to somebody else.

A zip with `agent.json` and a manifest that names its SHA-256. Models and documents are not in it:
the model is named by its SHA-256, collections by their names. A file from elsewhere is foreign:
its size is bounded and its values are checked like a draft that was typed.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from dataclasses import dataclass, field, replace

from core.errors import InvalidInput
from core.records import AgentDraft, ModelId
from core.store.codec import conforms, from_json, to_json

SUFFIX = ".outpost-agent"
FORMAT = "outpost.agent"
FORMAT_VERSION = 1
MANIFEST, CONTENT = "manifest.json", "agent.json"
MAX_FILE_BYTES = 4 << 20
MAX_PART_BYTES = 4 << 20
_DAMAGE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, RuntimeError),
    *(LookupError, TypeError, ValueError, AttributeError, NotImplementedError, RecursionError),
)
"""What reading a damaged zip, or JSON of another shape, raises."""
SAME_DATE = (2026, 1, 1, 0, 0, 0)
"""The same agent makes the same file."""


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model file as it can be found on another machine."""

    id: ModelId
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PortableAgent:
    """What the file holds; the draft's collections are in `collections`, by their names."""

    draft: AgentDraft
    model: NamedModel
    adapters: tuple[NamedModel, ...] = ()
    collections: tuple[str, ...] = field(default=())


def packed(agent: PortableAgent) -> bytes:
    """Return the file's bytes."""
    content = to_json(replace(agent, draft=replace(agent.draft, collections=()))).encode()
    manifest = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "sha256": {CONTENT: hashlib.sha256(content).hexdigest()},
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in ((MANIFEST, json.dumps(manifest, indent=1).encode()), (CONTENT, content)):
            archive.writestr(zipfile.ZipInfo(name, SAME_DATE), part)
    return made.getvalue()


def unpacked(file: bytes) -> PortableAgent:
    """Read a file; raises InvalidInput for anything that `packed` did not make."""
    if len(file) > MAX_FILE_BYTES:
        raise _refused(f"it is larger than {MAX_FILE_BYTES >> 20} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            manifest = json.loads(_part(archive, MANIFEST))
            content = _part(archive, CONTENT)
        if (manifest["format"], manifest["version"]) != (FORMAT, FORMAT_VERSION):
            raise _refused("it was made by a newer Outpost or by another program")
        if hashlib.sha256(content).hexdigest() != manifest["sha256"][CONTENT]:
            raise _refused("it does not have the SHA-256 that it names")
        agent = from_json(PortableAgent, content.decode())
    except _DAMAGE as error:
        raise _refused("it is damaged") from error
    if not conforms(agent) or len(agent.adapters) != len(agent.draft.adapters):
        raise _refused("it holds values of the wrong kind")
    return agent


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read one part, no further than allowed whatever its header says."""
    with archive.open(name) as part:
        content = part.read(MAX_PART_BYTES + 1)
    if len(content) > MAX_PART_BYTES:
        raise _refused("what it unpacks to is too large")
    return content


def _refused(why: str) -> InvalidInput:
    return InvalidInput(
        f"This is no agent that can be imported: {why}.",
        advice="Export the agent again and bring the new file.",
        param="file",
    )
