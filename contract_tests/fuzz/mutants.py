"""Faults to plant into the fake, one at a time, between it and its clients: each is something that a service could do wrong."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from contract_tests.harness.message import without
from contract_tests.harness.paths import canonical
from mock_server.app import App
from mock_server.state.people import Client

Json = Any
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Asked:
    """`operation`: as v2024 has it, or None."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Headers
    body: bytes
    operation: str | None
    raw: bytes | None = None
    """The query as it came, while nothing has changed it."""

    def get(self, name: str) -> str | None:
        return dict(self.query).get(name)

    def with_query(self, **changed: str | None) -> Asked:
        """None takes a parameter away."""
        kept = tuple((name, value) for name, value in self.query if name not in changed)
        return replace(self, query=(*kept, *((name, value) for name, value in changed.items() if value is not None)), raw=None)

    def with_token(self, token: str) -> Asked:
        return replace(self, headers=(*without(self.headers, "authorization"), ("authorization", f"Bearer {token}")))


@dataclass(frozen=True)
class Answered:
    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Json:
        return json.loads(self.body)

    def with_json(self, value: Json) -> Answered:
        return replace(self, body=json.dumps(value).encode())

    def with_header(self, name: str, value: str | None) -> Answered:
        """None takes it away."""
        kept = without(self.headers, name)
        return replace(self, headers=kept if value is None else (*kept, (name, value)))


Call = Callable[[Asked], Awaitable[Answered]]


@dataclass
class Memory:
    """What a fault may remember of a run. `admin`: a token that may do everything."""

    admin: str = ""
    kept: dict[str, Any] = field(default_factory=dict)


Fault = Callable[[Asked, Call, Memory], Awaitable[Answered]]


class Mutated:
    """An ASGI application: the fake, with one fault."""

    def __init__(self, app: App, fault: Fault) -> None:
        self.app, self.fault, self.memory = app, fault, Memory()
        self.client: Client = next(client for client in app.tenant.state.clients.values() if client.name == "org-admin")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/_mock", "/oauth")):
            if scope.get("path", "").startswith("/_mock"):
                self.memory.kept.clear()  # a reset forgets, also what is wrong with it
            await self.app(scope, receive, send)
            return
        if not self.memory.admin:
            self.memory.admin = await self._login(scope)
        asked = await _read(scope, receive)
        answered = await self.fault(asked, lambda changed: self._call(scope, changed), self.memory)
        headers = [(b"content-length", str(len(answered.body)).encode())] if asked.method != "HEAD" else []
        headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in without(answered.headers, "content-length")]
        await send({"type": "http.response.start", "status": answered.status, "headers": headers})
        await send({"type": "http.response.body", "body": answered.body})

    async def _call(self, scope: Any, asked: Asked) -> Answered:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in without(asked.headers, "content-length")]
        inner = {
            **scope,
            "method": asked.method,
            "path": asked.path,
            "raw_path": scope.get("raw_path") if asked.path == scope["path"] else quote(asked.path).encode(),
            "query_string": urlencode(asked.query, quote_via=quote).encode() if asked.raw is None else asked.raw,
            "headers": [*headers, *([(b"content-length", str(len(asked.body)).encode())] if asked.body else [])],
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": asked.body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(inner, receive, send)
        answer = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in sent[0]["headers"])
        return Answered(sent[0]["status"], answer, b"".join(message.get("body", b"") for message in sent[1:]))

    async def _login(self, scope: Any) -> str:
        form = urlencode({"grant_type": "client_credentials", "client_id": self.client.id, "client_secret": self.client.secret}).encode()
        headers = (("content-type", "application/x-www-form-urlencoded"),)
        answered = await self._call(scope, Asked("POST", "/oauth/token", (), headers, form, None))
        token: str = answered.json["access_token"]
        return token


async def _read(scope: Any, receive: Any) -> Asked:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    query = tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    raw = scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or scope["path"]
    return Asked(scope["method"], scope["path"], query, headers, body, canonical(scope["method"], raw), scope["query_string"])
