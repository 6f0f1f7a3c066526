"""When answers go out: at once while few are asked for, else together at the end of the event loop's turn; never after the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from mock_server.protocol import MANY, AtOnce, Protocol

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Transport:
    """Writes down what it is told to send."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.written.append(b"".join(parts))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, _name: str) -> None:
        return None


@pytest.mark.parametrize(("asked", "when"), [(1, "at once"), (MANY - 1, "at once"), (MANY, "together"), (3 * MANY, "together")])
def test_answers_wait_for_one_another_only_when_many_are_asked_for(asked: int, when: str) -> None:
    transports = [Transport() for _ in range(asked)]
    written_meanwhile: list[int] = []

    async def application(_scope: object, _receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        written_meanwhile.append(sum(len(transport.written) for transport in transports))

    async def all_in_one_turn() -> None:
        config, state = uvicorn.Config(cast("Any", application), lifespan="off", log_config=None), ServerState()
        config.load()
        for transport in transports:
            protocol = Protocol(config, state, {})
            protocol.connection_made(cast("asyncio.Transport", transport))
            protocol.data_received(REQUEST)
        for _ in range(3):
            await asyncio.sleep(0)

    asyncio.run(all_in_one_turn())

    expected = range(1, asked + 1) if when == "at once" else [0] * asked
    assert written_meanwhile == list(expected)
    assert all(len(transport.written) == 1 for transport in transports)  # head and body
    assert all(transport.written[0].endswith(b"\r\n\r\nok") for transport in transports)


def test_what_waits_is_sent_before_the_connection_closes() -> None:
    transport = Transport()

    async def closed_in_the_same_turn() -> None:
        kept = _at_once(transport)
        kept.write(b"the end")
        kept.close()
        await asyncio.sleep(0)

    asyncio.run(closed_in_the_same_turn())

    assert transport.written == [b"the end"]
    assert transport.closed


def test_nothing_is_sent_to_a_client_that_has_gone_in_the_same_turn() -> None:
    transport = Transport()

    async def gone_in_the_same_turn() -> None:
        _at_once(transport).write(b"too late")
        transport.close()
        await asyncio.sleep(0)

    asyncio.run(gone_in_the_same_turn())

    assert transport.written == []


def _at_once(transport: Transport) -> AtOnce:
    return AtOnce(cast("asyncio.Transport", transport), asyncio.get_running_loop())
