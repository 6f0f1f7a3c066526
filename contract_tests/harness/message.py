"""A request and its answer as they cross the gate, whichever HTTP library sends them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import SplitResult, urlsplit

Headers = tuple[tuple[str, str], ...]

HOST = "isc.invalid"
"""What everything above the gate takes for the target (RFC 6761: no such host ever resolves). Only the gate knows the real address."""

ORIGIN = f"http://{HOST}"


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def path(self) -> str:
        return self.parts.path or "/"

    def header(self, name: str) -> str | None:
        return header(self.headers, name)

    def with_header(self, name: str, value: str) -> Request:
        return replace(self, headers=(*without(self.headers, name), (name, value)))


@dataclass(frozen=True)
class Answer:
    """`body` is decoded: no content encoding. `seconds` is how long the target took."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    seconds: float = 0.0

    def header(self, name: str) -> str | None:
        return header(self.headers, name)

    def json(self) -> Any:
        """Raises ValueError for what is not JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Exchange:
    """`operation`: the operationId of `version`; both None for what the contract does not know."""

    request: Request
    answer: Answer
    version: str | None = None
    operation: str | None = None


def reason(status: int) -> str:
    """By the standard: what a server makes of it is its own text."""
    return http.client.responses.get(status, "")


def header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)


def without(headers: Iterable[tuple[str, str]], *names: str) -> Headers:
    unwanted = {name.lower() for name in names}
    return tuple((key, value) for key, value in headers if key.lower() not in unwanted)
