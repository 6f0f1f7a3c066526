"""Who may open sockets while a gate is closed: whatever acts on the gate's behalf, and nobody else (PEP 578)."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from contract_tests.harness.errors import Refused


@dataclass
class _Seal:
    """`here`: whether this thread is acting for the gate."""

    closed: bool = False
    hooked: bool = False
    here: threading.local = field(default_factory=threading.local)


_SEAL = _Seal()


@contextmanager
def closed() -> Iterator[None]:
    """Until the block ends, no socket opens in this process but in a block of `sending`."""
    if _SEAL.closed:
        raise RuntimeError("one gate at a time")
    if not _SEAL.hooked:
        sys.addaudithook(_audit)  # it cannot be taken away again: it looks whether a gate is closed
        _SEAL.hooked = True
    _SEAL.closed = True
    try:
        yield
    finally:
        _SEAL.closed = False


@contextmanager
def sending() -> Iterator[None]:
    before = getattr(_SEAL.here, "sending", False)
    _SEAL.here.sending = True
    try:
        yield
    finally:
        _SEAL.here.sending = before


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _SEAL.closed or not event.startswith("socket.") or getattr(_SEAL.here, "sending", False):
        return
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"):
        raise Refused(f"{event} outside the gate")
    if event == "socket.connect" and arguments[0].family != getattr(socket, "AF_UNIX", None):
        raise Refused("socket.connect outside the gate")
