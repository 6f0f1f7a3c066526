"""Bytes on a socket: requests that no HTTP library would send, and answers as they really come."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

TIMEOUT = 5
"""Seconds: no test waits that long unless the server hangs."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def exchange(url: str, request: bytes) -> bytes:
    """All that comes back until the server closes; the request should ask it to, with `Connection: close`."""
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), address.port), timeout=TIMEOUT) as connection:
        connection.sendall(request)
        received = bytearray()
        while part := _part(connection):
            received += part
    return bytes(received)


def ask(url: str, request_line: str, *headers: str, host: str = "localhost", body: bytes = b"") -> Answer:
    """One request as it is spelt here, byte by byte (latin-1), on a connection of its own."""
    lines = [f"{request_line} HTTP/1.1", f"Host: {host}", "Connection: close", *headers, "", ""]
    return parsed(exchange(url, "\r\n".join(lines).encode("latin-1") + body))


def hang_up(url: str, request: bytes) -> None:
    """Sends as much as the server takes, and closes at once, without reading."""
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), address.port), timeout=TIMEOUT) as connection, suppress(ConnectionError):
        connection.sendall(request)


def parsed(received: bytes) -> Answer:
    head, _, body = received.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Answer(int(status_line.split(" ")[1]), {name.lower(): value for name, value in headers.items()}, body)


def _part(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:  # the server closed before it had read all
        return b""
