"""Nothing leaves the machine: the guard refuses, names who tried, and lets loopback be."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import offline
from core.offline import MAX_ATTEMPTS, NotLoopback, OfflineGuard, OpenSocket, is_loopback

ELSEWHERE = "192.0.2.1"
"""An address of documentation (RFC 5737) that belongs to nobody."""


@pytest.fixture
def guard() -> Iterator[OfflineGuard]:
    """The process's guard with an empty report, left empty so that tests/guards.py is content."""
    made = offline.guard()
    made.forget()
    yield made
    made.forget()


def udp() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def tcp_connect_ex() -> None:
    with socket.socket() as probe:
        probe.connect_ex((ELSEWHERE, 80))


def bind(host: str, family: socket.AddressFamily = socket.AF_INET) -> None:
    with socket.socket(family) as server:
        server.bind((host, 0))


def send(address: tuple[str, int]) -> None:
    with udp() as probe:
        probe.sendto(b"x", address)


def send_message(address: tuple[str, int]) -> None:
    with udp() as probe:
        probe.sendmsg([b"x"], [], 0, address)


def find_own_address() -> None:
    """The trick that sends nothing and still asks for a route to somewhere else."""
    with udp() as probe:
        probe.connect((ELSEWHERE, 80))


def pair() -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"x")


async def connect_on_a_loop() -> None:
    await asyncio.open_connection(ELSEWHERE, 80)


REACHING_OUT: dict[str, Callable[[], object]] = {
    "connect": lambda: socket.create_connection((ELSEWHERE, 80), timeout=1),
    "connect_ex": tcp_connect_ex,
    "asyncio": lambda: asyncio.run(connect_on_a_loop()),
    "own address": find_own_address,
    "sendto": lambda: send((ELSEWHERE, 53)),
    "sendmsg": lambda: send_message((ELSEWHERE, 53)),
    "resolve": lambda: socket.getaddrinfo("example.com", 80),
    "resolve bytes": lambda: socket.getaddrinfo(b"example.com", 80),
    "old resolve": lambda: socket.gethostbyname("example.com"),
    "reverse": lambda: socket.gethostbyaddr(ELSEWHERE),
    "name of peer": lambda: socket.getnameinfo((ELSEWHERE, 80), 0),
    "listen everywhere": lambda: bind(""),
    "listen on 0.0.0.0": lambda: bind("0.0.0.0"),
    "listen on ::": lambda: bind("::", socket.AF_INET6),
}

STAYING: dict[str, Callable[[], object]] = {
    "bind": lambda: bind("127.0.0.1"),
    "bind v6": lambda: bind("::1", socket.AF_INET6),
    "resolve": lambda: socket.getaddrinfo("localhost", 80),
    "resolve nothing": lambda: socket.getaddrinfo(None, 80),
    "socketpair": pair,
    "loop": lambda: asyncio.run(asyncio.sleep(0)),
    "send": lambda: send(("127.0.0.1", 9)),
}


@pytest.mark.parametrize("name", REACHING_OUT)
def test_refuses_what_leaves_the_machine(name: str, guard: OfflineGuard) -> None:
    """Every way to reach another machine raises and stands in the report with this file as site."""
    with pytest.raises(NotLoopback) as caught:
        REACHING_OUT[name]()
    (attempt,) = guard.report()
    assert caught.value.attempt == attempt
    assert attempt.site.startswith(__file__)


@pytest.mark.parametrize("name", STAYING)
def test_lets_loopback_be(name: str, guard: OfflineGuard) -> None:
    """What stays on the machine works and is not reported."""
    STAYING[name]()
    assert guard.report() == ()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no unix sockets on this platform")
def test_unix_sockets_stay_on_the_machine(guard: OfflineGuard, tmp_path: Path) -> None:
    """A unix socket connects; a missing one fails as usual, not by the guard."""
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        client.connect(str(tmp_path / "socket"))
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(FileNotFoundError):
        client.connect(str(tmp_path / "missing"))
    assert guard.report() == ()


def test_a_dependency_that_phones_home_is_named(guard: OfflineGuard, tmp_path: Path) -> None:
    """A connect planted in a library is refused before any packet, even if the library hides it."""
    file = tmp_path / "phones_home.py"
    file.write_text(
        "import urllib.request\n"
        "def track():\n"
        "    try:\n"
        f"        urllib.request.urlopen('http://{ELSEWHERE}/seen', timeout=30)\n"
        "    except Exception:\n"
        "        pass\n",
        "utf-8",
    )
    spec = importlib.util.spec_from_file_location("phones_home", file)
    assert spec is not None
    assert spec.loader is not None
    library = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(library)
    library.track()
    (attempt,) = guard.report()
    assert attempt.address == ELSEWHERE
    assert attempt.site == f"{file}:4 in track"


def test_the_report_names_who_tried_and_what_is_open(guard: OfflineGuard) -> None:
    """One attempt and one listening socket stand in it, and it is not clean any more."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        before = guard.full_report()
        assert before.clean
        with pytest.raises(NotLoopback):
            tcp_connect_ex()
        after = guard.full_report()
        here = f"127.0.0.1:{server.getsockname()[1]}"
        assert [each.state for each in after.sockets if each.local == here] == ["LISTEN"]
    assert (after.refused, len(after.attempts), after.clean) == (1, 1, False)
    assert after.attempts[0].site.startswith(__file__)


def test_the_report_shows_a_guard_that_does_not_bite(guard: OfflineGuard) -> None:
    """A guard that lets things through is found out by the report's own attempt."""
    assert guard.full_report().bites
    with guard.lifted():
        report = guard.full_report()
    assert (report.on, report.bites, report.clean) == (False, False, False)
    assert guard.report() == ()


@pytest.mark.parametrize(
    ("local", "remote", "leaves"),
    [
        ("127.0.0.1:8004", "", False),
        ("::1:8004", "::1:50000", False),
        ("0.0.0.0:8004", "", True),
        (":::8004", "", True),
        ("10.0.0.2:50000", "192.0.2.1:443", True),
    ],
)
def test_sockets_that_leave_are_told_from_those_that_stay(
    local: str, remote: str, leaves: bool
) -> None:
    """An address of another machine, or every interface, leaves."""
    assert OpenSocket("outpost", "LISTEN", local, remote).leaves is leaves


def test_refusal_looks_like_a_network_that_is_down(guard: OfflineGuard) -> None:
    """Libraries handle OSError; anything else would break those that merely look for updates."""
    with pytest.raises(OSError, match=r"Outpost is offline: socket\.bind to every interface"):
        bind("")


def test_lifted_only_for_a_while(guard: OfflineGuard) -> None:
    """Inside `lifted` a socket passes, after it the next one is refused again."""
    with guard.lifted():
        bind("")
    with pytest.raises(NotLoopback):
        bind("")


def test_one_guard_for_the_process(guard: OfflineGuard) -> None:
    """Asking again gives the same guard, switched on, and no second hook."""
    guard.on = False
    assert offline.guard() is guard
    assert guard.on
    with pytest.raises(NotLoopback):
        bind("")
    assert len(guard.report()) == 1


def test_report_is_bounded() -> None:
    """A library that tries forever does not fill the memory."""
    alone = OfflineGuard()
    for number in range(MAX_ATTEMPTS + 5):
        with pytest.raises(NotLoopback):
            alone.watch("socket.gethostbyname", (f"host{number}",))
    assert len(alone.report()) == MAX_ATTEMPTS
    assert alone.report()[-1].address == f"host{MAX_ATTEMPTS + 4}"


def test_unknown_address_families_are_refused() -> None:
    """A kind of socket that nobody thought of is taken for one that leaves the machine."""
    alone = OfflineGuard()
    packet = type("Packet", (), {"family": 17})()
    with pytest.raises(NotLoopback, match="address family 17"):
        alone.watch("socket.bind", (packet, ("eth0", 0)))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "localhost", "LOCALHOST."]
)
def test_loopback_hosts(host: str) -> None:
    """The addresses of this machine itself, also in IPv6 dress."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "10.0.0.1", "169.254.169.254", "::ffff:8.8.8.8", "localhost.example.com"],
)
def test_other_hosts(host: str) -> None:
    """Every interface, private networks, cloud metadata and look-alikes are not loopback."""
    assert not is_loopback(host)


@given(st.ip_addresses())
def test_only_loopback_networks_are_loopback(address: object) -> None:
    """No address outside 127/8, its mapped form and ::1 is ever taken for loopback."""
    text = str(address)
    expected = text.startswith("127.") or text == "::1" or text.startswith("::ffff:7f")
    assert is_loopback(text) == expected
