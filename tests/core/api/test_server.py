"""The server: its socket, its runtime file, its end."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import threading
import time

import httpx
import pytest

from core.api.server import ApiServer, ApiSwitch, free_port
from core.app import Core, build
from core.changes import Change, Topic
from core.config import Settings
from core.errors import PortInUse, Unauthenticated
from tests.core.api.conftest import Api


def test_the_runtime_file_opens_the_door(api: Api) -> None:
    """While the server runs, its file holds address, process and a token that works."""
    path = api.core.settings.runtime_file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = json.loads(path.read_text())
    assert set(content) == {"url", "pid", "owner_token"}
    assert content["pid"] == os.getpid()
    url = f"{content['url']}/api/v1/agent-deployment/status"
    answer = httpx.get(url, headers={"Authorization": f"Bearer {content['owner_token']}"})
    assert answer.json()["user"]["is_owner"]
    api.server.stop()
    assert not path.exists()


def test_each_run_has_a_token_of_its_own(settings: Settings) -> None:
    """The token of a run is worth nothing in the next."""
    core = build(settings)
    first = core.users.run_token()
    core.close()
    again = build(settings)
    again.users.owner()
    with pytest.raises(Unauthenticated):
        again.users.authenticate(first)
    again.close()


def test_a_taken_port_is_a_clear_error(core: Core) -> None:
    """PortInUse names the port, and nothing is left behind."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=str(port)):
            ApiServer(core, port).start()
    assert not core.settings.runtime_file.exists()


def test_it_listens_on_the_loopback_address_alone(api: Api) -> None:
    """No other address of the machine answers."""
    port = int(api.server.url.rpartition(":")[2])
    with socket.socket() as probe:
        probe.settimeout(1)
        assert probe.connect_ex(("127.0.0.2", port)) != 0


def test_a_port_can_be_used_again_at_once(core: Core) -> None:
    """A restart on the same port succeeds although old connections linger."""
    first = ApiServer(core, 0)
    first.start()
    port = int(first.url.rpartition(":")[2])
    token = {"Authorization": f"Bearer {core.users.run_token()}"}
    httpx.get(f"{first.url}/docs", headers=token)
    first.stop()
    second = ApiServer(core, port)
    second.start()
    assert httpx.get(f"{second.url}/docs", headers=token).status_code == 200
    second.stop()
    second.stop()
    assert not second.running


def test_stop_does_not_wait_for_idle_connections(api: Api) -> None:
    """Kept-alive and half-open connections do not delay the end."""
    client = api.owner
    assert client.get("/agents").status_code == 200
    port = int(api.server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as silent:
        silent.sendall(b"POST /x HTTP/1.1\r\nHost: ")
        began = time.monotonic()
        api.server.stop()
    assert time.monotonic() - began < 2.0


@pytest.mark.allow_log(r"uvicorn\.error:ERROR:(Cancel \d+ running task|Exception in ASGI)")
def test_stop_does_not_wait_for_slow_requests(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that takes longer than the grace is given up."""
    entered, release = threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> list[object]:
        entered.set()
        release.wait(10)
        return []

    monkeypatch.setattr(api.core.agents, "list", slow)
    client = api.owner

    def ask() -> None:
        with contextlib.suppress(httpx.TransportError):  # or a 500, whichever comes first
            statuses.append(client.get("/agents").status_code)

    statuses = list[int]()
    asking = threading.Thread(target=ask)
    asking.start()
    assert entered.wait(5)
    began = time.monotonic()
    api.server.stop()
    assert time.monotonic() - began < 2.2
    release.set()
    asking.join()
    assert statuses in ([], [500])


def runtime_url(core: Core) -> str:
    """The address that local programs are told."""
    return str(json.loads(core.settings.runtime_file.read_text())["url"])


def where(switch: ApiSwitch) -> str | None:
    """Where the switch says that the API is."""
    return switch.url


def answers(core: Core, url: str) -> bool:
    """Whether the API answers there."""
    token = {"Authorization": f"Bearer {core.users.run_token()}"}
    try:
        return httpx.get(f"{url}/docs", headers=token).status_code == 200
    except httpx.ConnectError:
        return False


def test_the_switch_turns_the_api_on_and_off(core: Core) -> None:
    """Started twice it is started once; off, nothing answers and no file says otherwise."""
    switch, heard = ApiSwitch(core), list[Change]()
    core.changes.subscribe(heard.append)
    assert where(switch) is None
    url = switch.start(free_port(20_000))
    assert (where(switch), switch.start(), runtime_url(core)) == (url, url, url)
    assert answers(core, url)
    switch.stop()
    switch.stop()
    assert where(switch) is None
    assert not answers(core, url)
    assert not core.settings.runtime_file.exists()
    assert [change.subject for change in heard if change.topic is Topic.API] == [url, ""]


def test_the_switch_moves_the_api_to_another_port(core: Core) -> None:
    """The new port answers, is told to local programs and kept; the old one is closed."""
    switch = ApiSwitch(core)
    first = switch.start()
    wanted = free_port(21_000)
    second = switch.start(wanted)
    assert second.endswith(f":{wanted}")
    assert answers(core, second)
    assert not answers(core, first)
    assert (runtime_url(core), core.settings.port) == (second, wanted)
    switch.stop()


def test_a_taken_port_leaves_the_api_where_it_is(core: Core) -> None:
    """The error names a free port, which can be taken instead; until then the old one answers."""
    switch = ApiSwitch(core)
    first = switch.start()
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(PortInUse, match=str(taken)) as refused:
            switch.start(taken)
        assert (where(switch), runtime_url(core)) == (first, first)
        assert answers(core, first)
        offered = refused.value.free_port
        assert offered is not None
        assert answers(core, switch.start(offered))
    switch.stop()
