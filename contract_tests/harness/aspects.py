"""What of an answer a sequence of changes looks at: the same for comparing it, for a test that is written of it, and for a replay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract_tests.harness.model import Item

Json = Any


def ids(page: Json) -> list[str]:
    return sorted(one["id"] for one in page if isinstance(one, dict) and "id" in one) if isinstance(page, list) else []


def _count(body: Json) -> Json:
    body = body[0] if isinstance(body, list) and body else body  # beta answers with an array of one
    return _of(body, "count")


def _of(body: Json, key: str) -> Json:
    return body.get(key) if isinstance(body, dict) else None


_KINDS: dict[str, Callable[[Json, str], Json]] = {
    "field": _of,
    "is set": lambda body, key: _of(body, key) is not None,
    "is listed": lambda body, key: key in ids(body),
    "ids": lambda body, _key: ids(body),
    "count": lambda body, _key: _count(body),
    "counts": lambda body, _key: {name: _of(body, name) for name in ("open", "completed")},
    "decisions": lambda body, _key: Item.of({"id": "", **body}).decisions if isinstance(body, dict) else None,
}


@dataclass(frozen=True)
class Aspect:
    """`kind`: one of _KINDS; `key`: the property or the id that it is about."""

    kind: str
    key: str = ""

    def of(self, body: Json) -> Json:
        return _KINDS[self.kind](body, self.key)

    @property
    def is_of_the_whole(self) -> bool:
        """Whether it depends on everything that the target holds."""
        return self.kind in ("ids", "count", "counts")


@dataclass(frozen=True)
class Expected:
    """`values`: what is right; several where an assumption says which. As JSON: {kind, key, values}."""

    aspect: Aspect
    values: tuple[Json, ...]

    def holds(self, body: Json) -> bool:
        return self.aspect.of(body) in self.values

    def as_json(self) -> Json:
        return {"kind": self.aspect.kind, "key": self.aspect.key, "values": list(self.values)}

    def source(self) -> str:
        """A line of a test about `answer`, an httpx.Response."""
        return f"assert Aspect({self.aspect.kind!r}, {self.aspect.key!r}).of(answer.json()) in {list(self.values)!r}"


def expected(told: Json) -> Expected | None:
    """Of `as_json`; None for anything else."""
    if not isinstance(told, dict) or told.get("kind") not in _KINDS or not isinstance(told.get("values"), list):
        return None
    return Expected(Aspect(told["kind"], str(told.get("key", ""))), tuple(told["values"]))
