"""The outermost layer: takes a request in whole, makes an answer of whatever goes wrong, and writes it down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.conventions.errors import ContentTooLarge
from mock_server.state import ids
from mock_server.state.clock import stopwatch
from mock_server.wiring import exchange as exchanges
from mock_server.wiring.exchange import Exchange
from mock_server.wiring.failures import reply_to
from mock_server.wiring.records import Recorder

MAX_BODY = 1024 * 1024
"""Bytes."""

MAX_STATE = 256 * MAX_BODY
"""Bytes, where a whole tenant is replaced."""


SLASHES = re.compile("/{2,}")

ODD = re.compile(rb"[^\x21-\x7e]")


class Edge:
    def __init__(self, app: ASGIApp, *, recorder: Recorder) -> None:
        self._app = app
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(reversed(scope["headers"]))
        exchange = Exchange(ids.tracking_id(), scope["method"], _sent_path(scope), stopwatch(), _query(scope), headers)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message = {**message, "headers": [*message["headers"], *exchange.headers]}
            else:
                exchange.answer.append(message.get("body", b""))
            await send(message)

        try:
            exchange.body = await _whole_body(scope, headers, receive)
            await self._app(_prepared(scope, exchange), _replayed(exchange.body, receive), sending)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the one place where each failure becomes an answer
            reply = reply_to(error, exchange)
            if exchange.status is None:
                await exchanges.answer(exchange, reply, sending)
        finally:
            self._recorder.record(exchange)


def _prepared(scope: Scope, exchange: Exchange) -> Scope:
    """`//oauth/token` is what clients ask for whose base URL ends in a slash."""
    path = scope["path"]
    return {**scope, "path": SLASHES.sub("/", path) if "//" in path else path, exchanges.KEY: exchange}


async def _whole_body(scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """connexion 3.3 takes a body without Content-Length (chunked) for a missing one: so nothing behind this reads the network."""
    length = headers.get(b"content-length")
    in_chunks = b"transfer-encoding" in headers
    if not in_chunks and (length == b"0" or (length is None and scope.get("http_version") == "1.1")):
        return b""  # HTTP/1.1 knows no body without one of these
    limit = MAX_STATE if scope["path"] == "/_mock/state" else MAX_BODY
    if length is not None and length.isdigit() and int(length) > limit:
        raise ContentTooLarge(limit)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise ContentTooLarge(limit)
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once, then whatever comes: nothing but the end of the connection."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _query(scope: Scope) -> list[tuple[str, str]]:
    """What is not UTF-8 becomes U+FFFD."""
    query: str = scope["query_string"].decode("latin-1")
    if "%" in query or "+" in query or ";" in query:
        return parse_qsl(query, keep_blank_values=True)
    pairs = (pair.partition("=") for pair in query.split("&") if pair)  # parse_qsl does more, and takes longer
    return [(name, value) for name, _, value in pairs]


def _sent_path(scope: Scope) -> str:
    """As it stood on the request line, so that nothing in it can forge a line of the log."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return ODD.sub(lambda match: b"%%%02X" % match[0][0], raw.split(b"?")[0]).decode()
