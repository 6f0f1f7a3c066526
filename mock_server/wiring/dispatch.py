"""What stands behind connexion's layers: calls the operation with what they found, and sends the bytes that it answers."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from mock_server.contract import Operation
from mock_server.conventions.errors import IllegalValue
from mock_server.conventions.replies import Reply
from mock_server.operations.calls import Call, OpenCall
from mock_server.state.tenant import Tenant
from mock_server.state.tenants import Tenants
from mock_server.state.tokens import Tokens
from mock_server.wiring import exchange as exchanges
from mock_server.wiring.exchange import Exchange
from mock_server.wiring.resolver import function_for


class Dispatch:
    """Nothing awaits between the call of an operation and its reply: each request is atomic."""

    def __init__(self, tenants: Tenants, tokens: Tokens) -> None:
        self._tenants = tenants
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        exchange = exchanges.of(scope)
        operation = exchange.operation
        assert operation is not None  # noqa: S101 - Documentation answers all other paths
        call = self._call(exchange, operation, scope)
        reply = function_for(operation.id)(call, **exchange.arguments)
        await exchanges.answer(exchange, _shaped(reply, operation), send)

    def _call(self, exchange: Exchange, operation: Operation, scope: Scope) -> Call | OpenCall:
        if exchange.caller is not None:
            return Call(exchange.caller.tenant, exchange.caller, operation)
        return OpenCall(self._tenants, self._tenant(exchange), self._tokens, operation, _base_url(exchange, scope))

    def _tenant(self, exchange: Exchange) -> Tenant:
        """The one that `tenant` names, a parameter that no operation needs to see."""
        name = exchange.arguments.pop("tenant", None)
        if name is None:
            return self._tenants.default
        tenant = self._tenants.find(name)
        if tenant is None:
            raise IllegalValue("tenant", f"There is no tenant of the name {name[:100]}.")
        return tenant


def _shaped(reply: Reply, operation: Operation) -> Reply:
    """Where a version describes an array for what is one object elsewhere (beta's count), it gets an array of one."""
    if operation.answers_array and reply.body.startswith(b"{"):
        return reply._replace(body=b"[" + reply.body + b"]")
    return reply


def _base_url(exchange: Exchange, scope: Scope) -> str:
    """As the client sees it: behind a mapped port only the Host header knows."""
    host = exchange.header(b"host") or "localhost"
    return f"{scope.get('scheme', 'http')}://{host}"


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
