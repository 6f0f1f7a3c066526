"""What is written down about a request: one line of the log, and an entry of its tenant's journal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from mock_server.state.clock import stopwatch
from mock_server.state.journal import Entry
from mock_server.state.tenant import Tenant
from mock_server.state.tenants import Tenants
from mock_server.state.tokens import Tokens
from mock_server.wiring.exchange import Exchange
from mock_server.wiring.near_misses import meant

ACCESS = logging.getLogger("isc_mock.access")

Say = Callable[[str], None]
"""Takes a line of the log."""

CONTROL = "/_mock"

OK = 200
"""With no operation it was Swagger UI, which is nobody's business."""

NOT_FOUND = 404


class Recorder:
    def __init__(self, tenants: Tenants, tokens: Tokens, say: Say | None = None) -> None:
        """Without `say` a line goes to the logger isc_mock.access."""
        self._tenants = tenants
        self._tokens = tokens
        self._say = say

    def record(self, exchange: Exchange) -> None:
        """The bearer tells whose request it was where the login was not reached, or failed."""
        duration = stopwatch() - exchange.started
        if exchange.status == NOT_FOUND and exchange.operation is None:
            exchange.near_miss = meant(exchange.method, exchange.path)
        if self._say is not None:
            self._say(_line(exchange, duration))
        elif ACCESS.isEnabledFor(logging.INFO):
            ACCESS.info("%s", _line(exchange, duration))
        if not exchange.path.startswith(CONTROL) and (exchange.operation is not None or exchange.status != OK):
            tenant = self._tenant(exchange)
            tenant.journal.write(_entry(exchange, tenant.clock.now(), duration))

    def _tenant(self, exchange: Exchange) -> Tenant:
        if exchange.caller is not None:
            return exchange.caller.tenant
        if exchange.operation is not None and exchange.operation.function == "create_token":
            given = exchange.arguments | (exchange.arguments.get("body") or {})
            return self._tenants.of_client(given.get("client_id") or "") or self._tenants.default
        return self._tokens.tenant_of(exchange.bearer) or self._tenants.default


def _line(exchange: Exchange, duration: float) -> str:
    operation = exchange.operation.id if exchange.operation else "-"
    client = exchange.caller.client_id if exchange.caller else "-"
    near_miss = f" (near miss: {exchange.near_miss}?)" if exchange.near_miss else ""
    return f"{exchange.method} {exchange.path} {exchange.status or '-'} {duration:.1f}ms {operation} {client}{near_miss}"


def _entry(exchange: Exchange, now: int, duration: float) -> Entry:
    """The body of a login, or of a request to no operation, is not kept: it may hold a secret in a form that nobody can mask."""
    operation = exchange.operation
    readable = operation is not None and bool(operation.spec.get("security"))
    request = exchange.body if readable else b""
    query = sum(len(name) + len(value) for name, value in exchange.query) if exchange.query else 0
    return Entry(
        id=exchange.tracking_id,
        at=now,
        method=exchange.method,
        path=exchange.path,
        query=tuple(exchange.query),
        status=exchange.status,
        duration_ms=duration,
        operation=operation.id if operation else None,
        version=operation.version if operation else None,
        client=exchange.caller.client_id if exchange.caller else None,
        request=request,
        answer=_pieces(exchange),
        ignored=tuple(exchange.ignored),
        fault=exchange.fault,
        near_miss=exchange.near_miss,
        size=len(request) + sum(map(len, exchange.answer)) + len(exchange.path) + query,
    )


def _pieces(exchange: Exchange) -> Sequence[bytes]:
    """Of the answer as it was sent: those of the reply, unless a fault has spoilt it on the way."""
    sent, reply = exchange.answer, exchange.reply
    if reply is not None and reply.pieces and len(sent) == 1 and sent[0] is reply.body:
        return reply.pieces
    return (b"".join(sent),)
