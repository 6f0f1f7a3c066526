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


TRACKING_ID = Name(b"SLPT-Request-ID")
ALWAYS = (
    (Name(b"Cache-Control"), b"no-cache, no-store, must-revalidate"),
    (Name(b"Access-Control-Expose-Headers"), b"Retry-After, SLPT-Request-ID, X-Deprecated, X-Total-Count"),
)
JSON = (Name(b"Content-Type"), b"application/json")
DEPRECATED = (Name(b"X-Deprecated"), b"true")


@dataclass(slots=True)
class Exchange:
    """`started` is in milliseconds of the stopwatch. `path` is as it was sent, without the query.

    `asked_with`: the headers of the request, their names in lower case; of those with the same name the first.

    The layers fill in what they find: the operation, the caller, its arguments, what of the request nothing reads (`ignored`), the rule
    that spoils the answer (`fault`), what was to be sent (`reply`), and what was sent in the end (`status`, and `answer`: the parts of
    the body).
    """

    tracking_id: str
    method: str
    path: str
    started: float
    query: list[tuple[str, str]]
    asked_with: Mapping[bytes, bytes]
    body: bytes = b""
    operation: Operation | None = None
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    caller: Caller | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    fault: dict[str, Any] | None = None
    near_miss: str | None = None
    reply: Reply | None = None
    status: int | None = None
    answer: list[bytes] = field(default_factory=list)

    def header(self, name: bytes) -> str:
        """Of the request; an empty string if it is not there."""
        return str(self.asked_with.get(name, b""), "latin-1")

    @property
    def bearer(self) -> str:
        """The token of the Authorization header; an empty string if there is none."""
        kind, _, token = self.header(b"authorization").partition(" ")
        return token.strip() if kind.casefold() == "bearer" else ""

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What every answer carries (observed on live tenants)."""
        return [(TRACKING_ID, self.tracking_id.encode()), *ALWAYS]


def of(scope: Scope) -> Exchange:
    exchange: Exchange = scope[KEY]
    return exchange


async def answer(exchange: Exchange, reply: Reply, send: Send) -> None:
    exchange.reply = reply
    headers: list[tuple[bytes, bytes]] = [(Name(name.encode("latin-1")), value.encode("latin-1")) for name, value in reply.headers.items()]
    if reply.body:
        headers.append(JSON)
    if reply.status != 204:  # noqa: PLR2004 - No Content has no length either
        headers.append((b"content-length", b"%d" % len(reply.body)))
    if exchange.operation is not None and exchange.operation.spec.get("deprecated"):
        headers.append(DEPRECATED)
    body = b"" if exchange.method == "HEAD" else reply.body
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
