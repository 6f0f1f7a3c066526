"""What an operation answers: a status, bytes and headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson


class Reply(NamedTuple):
    """An answer, ready to be sent. An empty body is sent without a Content-Type.

    `pieces` is for a page: its body once more, cut at the commas between the documents.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    pieces: Sequence[bytes] = ()


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(orjson.dumps(value), status)


def page_reply(bodies: Sequence[bytes], total: int | None) -> Reply:
    """A page of documents that are serialised already. `total` is set only when the client asked for `count=true`.

    It is joined in one piece, brackets and all: putting them around a page of 250 moved 130 KiB twice more, into fresh memory,
    and took 100 µs where this takes 4.
    """
    headers = {} if total is None else {"X-Total-Count": str(total)}
    if not bodies:
        return Reply(b"[]", headers=headers)
    parts = list(bodies)
    parts[0] = b"[" + parts[0]
    parts[-1] += b"]"
    return Reply(b",".join(parts), headers=headers, pieces=parts)
