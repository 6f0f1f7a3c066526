"""What goes over connections: answers whole and in order, whoever else is being answered, and whoever leaves in the middle."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from contract_tests.conftest import Connect
from contract_tests.support import wire
from contract_tests.support.server import Running

MANY = 24
"""Connections, whose requests the event loop finds together."""

PAGE = "/v2024/work-items?limit=250"


@pytest.fixture
def token(connect: Connect) -> str:
    return str(connect("v2024").http.headers["Authorization"])


@contextmanager
def connections(server: Running, number: int) -> Iterator[list[HTTPConnection]]:
    address = urlsplit(server.url).netloc
    with ExitStack() as stack:
        opened = [HTTPConnection(address, timeout=wire.TIMEOUT) for _ in range(number)]
        for connection in opened:
            stack.callback(connection.close)
        yield opened


@pytest.mark.parametrize("number", [1, 2, 3, MANY])
def test_each_of_many_clients_gets_its_own_answers(server: Running, connect: Connect, token: str, number: int) -> None:
    isc = connect("v2024")
    ids = isc.open_ids(limit=250)[:number]
    page = isc.http.get(PAGE).content

    with connections(server, number) as opened:
        for _ in range(3):  # each is kept for the next
            for connection, id_ in zip(opened, ids, strict=False):
                connection.request("GET", f"/v2024/work-items/{id_}", headers={"Authorization": token})
            single = [connection.getresponse().read() for connection in opened]
            for connection in opened:
                connection.request("GET", PAGE, headers={"Authorization": token})
            pages = [connection.getresponse().read() for connection in opened]

            assert [isc.http.get(f"/v2024/work-items/{id_}").content for id_ in ids] == single[: len(ids)]
            assert set(pages) == {page}


def test_requests_sent_together_on_one_connection_are_answered_in_order(server: Running, connect: Connect, token: str) -> None:
    isc = connect("v2024")
    ids = isc.open_ids(limit=5)
    asked = [_request(f"/v2024/work-items/{id_}", token) for id_ in ids] + [_request(PAGE, token, "Connection: close")]

    answers = wire.exchange(server.url, b"".join(asked)).split(b"HTTP/1.1 200 OK\r\n")[1:]

    bodies = [answer.partition(b"\r\n\r\n")[2] for answer in answers]
    assert bodies == [isc.http.get(f"/v2024/work-items/{id_}").content for id_ in ids] + [isc.http.get(PAGE).content]


def test_a_client_that_waits_for_100_continue_gets_it_before_it_sends_the_body(server: Running, connect: Connect, token: str) -> None:
    (id_,) = connect("v2024").open_ids(limit=1)
    headers = ("Expect: 100-continue", "Content-Type: application/json", "Content-Length: 2", "Connection: close")
    head = _request(f"/v2024/work-items/{id_}", token, *headers, method="POST")
    address = urlsplit(server.url)

    with socket.create_connection((str(address.hostname), address.port), timeout=wire.TIMEOUT) as connection:
        connection.sendall(head)
        first = connection.recv(1024)
        connection.sendall(b"{}")
        rest = b"".join(iter(lambda: connection.recv(65536), b""))

    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert wire.parsed(rest).status == 200


def test_clients_that_leave_disturb_nobody(server: Running, connect: Connect, token: str, caplog: pytest.LogCaptureFixture) -> None:
    isc = connect("v2024")
    page = isc.http.get(PAGE).content
    caplog.set_level(logging.WARNING)

    with connections(server, MANY) as opened:
        for connection in opened:
            connection.request("GET", PAGE, headers={"Authorization": token})
        for connection in opened[::2]:
            connection.close()
        pages = {connection.getresponse().read() for connection in opened[1::2]}

    assert pages == {page}
    assert isc.http.get(PAGE).content == page
    assert caplog.records == []


def _request(path: str, token: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: {token}", *headers, "", "")).encode()
