"""Spoils the answers that a tenant's faults choose, between login and everything that an operation does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server import contract
from mock_server.conventions import errors
from mock_server.conventions.replies import Reply, json_reply
from mock_server.wiring import exchange as exchanges
from mock_server.wiring.failures import reply_to

CLOSE = "isc_mock.close"
"""Extension of the ASGI scope: closes the connection once what was sent has gone. mock_server.server provides it."""

ERRORS: dict[int, Callable[[], errors.ApiError]] = {
    400: errors.UnreadableRequest,
    401: lambda: errors.Unauthorized("JWT is expired"),
    403: errors.Forbidden,
    404: errors.NotFound,
    429: lambda: errors.TooManyRequests(retry_after=1),
    500: errors.InternalFault,
    502: lambda: errors.Unavailable(502),
    503: lambda: errors.Unavailable(503),
    504: lambda: errors.Unavailable(504),
}


class Spoiling:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = self._rule(scope) if scope["type"] == "http" else None
        if rule is None:
            await self._app(scope, receive, send)
        elif "latencyMs" in rule:
            await asyncio.sleep(rule["latencyMs"] / 1000)
            await self._app(scope, receive, send)
        elif "status" in rule or "token" in rule:
            await exchanges.answer(exchanges.of(scope), _failure(rule, exchanges.of(scope).tracking_id), send)
        elif "connection" in rule:
            await _close(scope, receive)
        else:
            spoilt = _spoilt(rule, send)
            try:
                await self._app(scope, receive, spoilt)
            except errors.ApiError as error:
                await exchanges.answer(exchanges.of(scope), reply_to(error, exchanges.of(scope)), spoilt)
            if rule.get("body") == "truncated":
                await _close(scope, receive)

    def _rule(self, scope: Scope) -> dict[str, Any] | None:
        exchange = exchanges.of(scope)
        if exchange.caller is None or exchange.operation is None or not exchange.caller.tenant.faults:
            return None
        exchange.fault = exchange.caller.tenant.faults.next(contract.canonical_ids()[exchange.operation.id])
        return exchange.fault


def _failure(rule: dict[str, Any], tracking_id: str) -> Reply:
    error = ERRORS[rule.get("status", 401)]()
    headers = error.headers | ({"Retry-After": str(rule["retryAfter"])} if "retryAfter" in rule else {})
    return Reply(json_reply(error.body(tracking_id)).body, error.status, headers)


def _spoilt(rule: dict[str, Any], send: Send) -> Send:
    """Changes an answer on its way: the start and the one part that the dispatcher sends."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            if "contentType" in rule:
                headers = [(name, value) for name, value in message["headers"] if name.upper() != b"CONTENT-TYPE"]
                message = {**message, "headers": [*headers, (exchanges.Name(b"Content-Type"), rule["contentType"].encode())]}
        elif rule.get("body") == "malformed":
            message = {**message, "body": b"<" + message["body"][1:]}
        elif rule.get("body") == "truncated":
            message = {**message, "body": message["body"][: len(message["body"]) // 2], "more_body": True}
        await send(message)

    return sending


async def _close(scope: Scope, receive: Receive) -> None:
    close = scope.get("extensions", {}).get(CLOSE)
    if close is None:
        raise ConnectionAbortedError("a fault closes the connection, which this ASGI server cannot do")
    close()
    while (await receive())["type"] != "http.disconnect":
        pass
