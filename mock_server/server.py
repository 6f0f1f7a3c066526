"""Runs the application on a socket until somebody stops it."""

from __future__ import annotations

import errno
import ipaddress
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from mock_server.app import App
from mock_server.conventions.errors import SetupError
from mock_server.protocol import Protocol
from mock_server.state.garbage import keep_what_was_loaded

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on; port 0 chooses a free one. Raises SetupError, which says what to do instead."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _no_address(host, error.strerror) from None
    except UnicodeError:
        raise _no_address(host, "is no name of a host") from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise _no_address(host, error.strerror) from None
        raise SetupError(f"--port {port}: {error.strerror}; choose another one, or any free one with --port 0") from None
    return listening


def _no_address(host: str, why: str | None) -> SetupError:
    return SetupError(f"--host {host[:100]}: {why}; name an address of this machine, such as 127.0.0.1")


def url_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(listening: socket.socket) -> bool:
    return ipaddress.ip_address(listening.getsockname()[0]).is_loopback


def server(app: App) -> uvicorn.Server:
    """uvicorn with what this application needs: lifespan, no log of its own, an end within two seconds."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=Protocol,
            lifespan="on",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )


def run(app: App, listening: socket.socket) -> None:
    """Serves until somebody interrupts it: uvicorn then ends in peace, and raises the signal once more."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    keep_what_was_loaded()
    server(app).run(sockets=[listening])


@contextmanager
def until_interrupted() -> Iterator[None]:
    """A block that SIGINT and SIGTERM end without an error."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
