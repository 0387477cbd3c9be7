"""The guard that refuses every socket that is not loopback, and remembers who tried.

Outpost promises that nothing leaves the machine; a dependency that phones home would break the
promise unseen. Python tells an audit hook before it connects, sends, binds or resolves, so the
refusal comes before any packet. Code that opens sockets without Python's socket module, such as
a Rust or C++ library or asyncio's connect on Windows, is not seen here: a journey under strace
watches for that.

The hook and the one guard behind it belong to the process, as Python cannot remove an audit
hook: this is the only state in the core that is not made by the composition root.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import sysconfig
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from types import FrameType

import psutil

import core
from core.records import now

MAX_ATTEMPTS = 1000
"""Older attempts are forgotten: a library that tries forever must not fill the memory."""

_STDLIB = sysconfig.get_path("stdlib") + os.sep
NOBODYS_ADDRESS = "192.0.2.1"
"""Of documentation (RFC 5737): it belongs to no machine."""
_WITH_ADDRESS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"})
_WITH_HOST = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_WITH_PEER = frozenset({"socket.getnameinfo"})
_WATCHED = _WITH_ADDRESS | _WITH_HOST | _WITH_PEER
_LOCAL_FAMILIES = frozenset(
    getattr(socket, name) for name in ("AF_UNIX", "AF_NETLINK") if hasattr(socket, name)
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One refused call: what was tried, where to, and which code did it."""

    action: str
    """The audited event, such as 'socket.connect'."""
    address: str
    site: str
    """'file:line in function' of the first frame outside the standard library."""
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """An Internet socket of this process or of one of its workers, as the system lists it."""

    process: str
    """'outpost', or the worker's process id."""
    state: str
    """'LISTEN', 'ESTABLISHED' and so on; 'NONE' for UDP."""
    local: str
    remote: str

    @property
    def leaves(self) -> bool:
        """True where it can be reached from, or reaches, another machine."""
        ends = (self.local, self.remote)
        return any(not is_loopback(end.rpartition(":")[0]) for end in ends if end)


@dataclass(frozen=True, slots=True)
class OfflineReport:
    """All that can be said about whether this run of Outpost kept to its machine."""

    version: str
    made_at: datetime
    since: datetime
    """When the guard was switched on."""
    on: bool
    bites: bool
    """Whether it refused an attempt that was made for this report."""
    refused: int
    """How many attempts there were; `attempts` holds the latest of them."""
    attempts: tuple[Attempt, ...]
    sockets: tuple[OpenSocket, ...]

    @property
    def clean(self) -> bool:
        """True where nobody tried anything and no socket leaves the machine."""
        leaving = any(each.leaves for each in self.sockets)
        return self.on and self.bites and not self.refused and not leaving


class NotLoopback(PermissionError):
    """Refused because the address is not on this machine.

    An OSError, so that a library takes it for a network that is down and copes in its own way.
    """

    def __init__(self, attempt: Attempt):
        super().__init__(
            errno.EACCES,
            f"Outpost is offline: {attempt.action} to {attempt.address} was refused "
            f"({attempt.site})",
        )
        self.attempt = attempt


class OfflineGuard:
    """Refuses while it is on, and keeps what it refused for the report."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempts: deque[Attempt] = deque(maxlen=MAX_ATTEMPTS)
        self._refused = 0
        self._since = now()
        self.on = True

    def full_report(self) -> OfflineReport:
        """Return the report of this process and its workers."""
        bites = self.bites()
        with self._lock:
            refused, attempts = self._refused, tuple(self._attempts)
        return OfflineReport(
            version=core.__version__,
            made_at=now(),
            since=self._since,
            on=self.on,
            bites=bites,
            refused=refused,
            attempts=attempts,
            sockets=open_sockets(),
        )

    def bites(self) -> bool:
        """Try to reach another machine, and tell whether that was refused.

        Connecting a UDP socket sends nothing, so nothing would leave even if it were not.
        """
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.connect((NOBODYS_ADDRESS, 9))
        except NotLoopback as refusal:
            self._take_back(refusal.attempt)
            return True
        except OSError:  # no route: this machine has no network, and the guard is off
            return False
        return False

    def note(self, attempt: Attempt) -> None:
        """Add what was refused here, or in a worker."""
        with self._lock:
            self._attempts.append(attempt)
            self._refused += 1

    def _take_back(self, attempt: Attempt) -> None:
        with self._lock:
            self._attempts.remove(attempt)
            self._refused -= 1

    def report(self) -> tuple[Attempt, ...]:
        """Return what was refused so far, oldest first."""
        with self._lock:
            return tuple(self._attempts)

    def forget(self) -> None:
        """Empty the report."""
        with self._lock:
            self._attempts.clear()
            self._refused = 0

    def taken(self) -> tuple[Attempt, ...]:
        """Return what was refused and empty the report, as a worker does that hands it on."""
        with self._lock:
            attempts = tuple(self._attempts)
            self._attempts.clear()
        return attempts

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Let every socket through for a while, in all threads."""
        self.on = False
        try:
            yield
        finally:
            self.on = True

    def watch(self, event: str, arguments: tuple[object, ...]) -> None:
        """Raise NotLoopback where an audited event reaches beyond this machine."""
        if event not in _WATCHED or not self.on:
            return
        target = _target(event, arguments)
        if target is None or is_loopback(target):
            return
        attempt = Attempt(event, target or "every interface", _site(), now())
        self.note(attempt)
        raise NotLoopback(attempt)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine, without asking a resolver.

    Only literal loopback addresses and 'localhost' do: '' and '0.0.0.0' are every interface,
    and any other name would have to be looked up, which is itself a packet.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host.rstrip(".").lower() == "localhost"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def open_sockets() -> tuple[OpenSocket, ...]:
    """Return the Internet sockets of this process and its workers, listening ones first."""
    here = psutil.Process()
    found: list[OpenSocket] = []
    for process in (here, *here.children(recursive=True)):
        name = "outpost" if process == here else f"worker {process.pid}"
        try:
            connections = process.net_connections(kind="inet")
        except psutil.Error:  # it ended just now, or the system does not tell
            continue
        found += [
            OpenSocket(name, each.status, _written(each.laddr), _written(each.raddr))
            for each in connections
        ]
    return tuple(sorted(found, key=lambda each: (each.state != psutil.CONN_LISTEN, each.local)))


def _written(address: object) -> str:
    """Write an address as 'host:port', '' for none."""
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) and address else ""


_installing = threading.Lock()
_guard: OfflineGuard | None = None


def guard() -> OfflineGuard:
    """Return the process's guard, switched on; the first call installs the hook."""
    global _guard
    with _installing:
        if _guard is None:
            _guard = OfflineGuard()
            sys.addaudithook(_guard.watch)
    _guard.on = True
    return _guard


def _target(event: str, arguments: tuple[object, ...]) -> str | None:
    """Return the host that an event reaches for, or None where it stays on the machine."""
    if event in _WITH_HOST:
        host = arguments[0]
        return None if host is None else _text(host)
    if event in _WITH_PEER:
        return _host_of(arguments[0])
    family = getattr(arguments[0], "family", None)
    address = arguments[1]
    if family in _LOCAL_FAMILIES or address is None:  # None: already connected, thus checked
        return None
    if family not in (socket.AF_INET, socket.AF_INET6):
        return f"address family {family}"
    return _host_of(address)


def _host_of(address: object) -> str:
    return _text(address[0]) if isinstance(address, tuple) and address else _text(address)


def _text(host: object) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)


def _site() -> str:
    """Name the code that tried: the innermost frame outside the standard library and this file."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file != __file__ and not _is_stdlib(file):
            return f"{file}:{frame.f_lineno} in {frame.f_code.co_name}"
        frame = frame.f_back
    return "the standard library"


def _is_stdlib(file: str) -> bool:
    if file.startswith("<frozen"):
        return True
    return file.startswith(_STDLIB) and "-packages" + os.sep not in file
