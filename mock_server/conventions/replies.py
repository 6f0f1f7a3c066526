"""What an operation answers: a status, bytes and headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, ready to be sent. An empty body is sent without a Content-Type."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(orjson.dumps(value), status)


def page_reply(bodies: Iterable[bytes], total: int | None) -> Reply:
    """A page of documents that are serialised already. `total` is set only when the client asked for `count=true`."""
    headers = {} if total is None else {"X-Total-Count": str(total)}
    return Reply(b"[" + b",".join(bodies) + b"]", headers=headers)
