"""One request on its way through the layers, and the answer that it gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Scope, Send

from mock_server.contract import Operation
from mock_server.conventions.replies import Reply
from mock_server.state.tokens import Caller

KEY = "isc_mock.exchange"


class Name(bytes):
    """The name of a header, which keeps its case on the wire.

    The vendor's Python SDK hands headers over in a dict, where `X-Total-Count` is not `x-total-count`. ASGI lowers names, and
    uvicorn 0.54 does once more, by calling `lower`.
    """

    def lower(self) -> Name:
        return self


@dataclass(slots=True)
class Exchange:
    """`started` and durations are in milliseconds of the stopwatch. `path` is as it was sent, without the query."""

    tracking_id: str
    method: str
    path: str
    started: float
    body: bytes = b""
    operation: Operation | None = None
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    caller: Caller | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    status: int | None = None

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What every answer carries (observed on live tenants)."""
        return [
            (Name(b"SLPT-Request-ID"), self.tracking_id.encode()),
            (Name(b"Cache-Control"), b"no-cache, no-store, must-revalidate"),
            (Name(b"Access-Control-Expose-Headers"), b"Retry-After, SLPT-Request-ID, X-Deprecated, X-Total-Count"),
        ]


def of(scope: Scope) -> Exchange:
    exchange: Exchange = scope[KEY]
    return exchange


async def answer(exchange: Exchange, reply: Reply, send: Send) -> None:
    headers: list[tuple[bytes, bytes]] = [(Name(name.encode("latin-1")), value.encode("latin-1")) for name, value in reply.headers.items()]
    if reply.body:
        headers.append((Name(b"Content-Type"), b"application/json"))
    if reply.status != 204:  # noqa: PLR2004 - No Content has no length either
        headers.append((b"content-length", str(len(reply.body)).encode()))
    if exchange.operation is not None and exchange.operation.spec.get("deprecated"):
        headers.append((Name(b"X-Deprecated"), b"true"))
    body = b"" if exchange.method == "HEAD" else reply.body
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
