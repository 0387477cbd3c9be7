"""A small client of our own REST API, for the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from core.errors import OutpostError, StorageFailed

PREFIX = "/api/v1/agent-deployment"
CONNECT_S = 5.0

Json = dict[str, Any]


class Refused(OutpostError):
    """The instance refused a request; message, advice and code are the envelope's."""

    def __init__(self, envelope: Json):
        super().__init__(envelope["message"], advice=envelope.get("advice") or "")
        self.code = envelope["code"]


class Unreachable(OutpostError):
    """The instance does not answer."""

    code = "unreachable"
    advice = "See whether Outpost is still running with 'outpost status'."


class Client:
    """Talks to one instance. The environment's proxies are ignored: they are not this machine."""

    def __init__(self, url: str, token: str):
        self._http = httpx.Client(
            base_url=url + PREFIX,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=httpx.Timeout(None, connect=CONNECT_S),
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, **params: Any) -> Json:
        """Read something; raises Refused or Unreachable, as all methods do."""
        return self._send("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Json:
        """Make or do something."""
        return self._send("POST", path, json=body, params=params)

    def patch(self, path: str, body: Mapping[str, Any]) -> Json:
        """Change something."""
        return self._send("PATCH", path, json=body)

    def delete(self, path: str) -> None:
        """Delete something."""
        self._send("DELETE", path)

    def download(self, path: str, body: Mapping[str, Any], file: Path) -> int:
        """Write an answer to a new file, readable by its owner alone; returns its bytes."""
        unfinished = file.with_name(f".{file.name}.part")
        try:
            with self._http.stream("POST", path, json=body) as response:
                if not response.is_success:
                    response.read()
                    _checked(response)
                handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(handle, "wb") as target:
                    for block in response.iter_bytes():
                        target.write(block)
            unfinished.replace(file)
        except httpx.TransportError as error:
            raise Unreachable("The connection to Outpost was lost.") from error
        except OSError as error:
            raise StorageFailed(f"'{file}' could not be written: {error.strerror}.") from error
        finally:
            unfinished.unlink(missing_ok=True)
        return file.stat().st_size

    def all(self, path: str, **params: Any) -> Iterator[Json]:
        """Read a whole list, page by page."""
        after: Json = {}
        while True:
            page = self.get(path, limit=100, **params, **after)
            yield from page["data"]
            if not page["has_more"]:
                return
            after = {"after": page["last_id"]}

    def events(self, path: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
        """Send a request and yield the events of its answer; leaving early ends the reply."""
        try:
            with self._http.stream("POST", path, json=body) as response:
                if not response.is_success:
                    response.read()
                    _checked(response)
                yield from _parsed(response.iter_lines())
        except httpx.TransportError as error:
            raise Unreachable("The connection to Outpost was lost.") from error

    def _send(self, method: str, path: str, **parts: Any) -> Json:
        try:
            response = self._http.request(method, path, **parts)
        except httpx.TransportError as error:
            raise Unreachable("Outpost does not answer.") from error
        return _checked(response)


def _checked(response: httpx.Response) -> Json:
    content: Json = response.json() if response.content else {}
    if response.is_success:
        return content
    raise Refused(content["error"])


def _parsed(lines: Iterator[str]) -> Iterator[tuple[str, Json]]:
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            content = json.loads(value)
            if name == "error":
                raise Refused(content["error"])
            yield name, content
