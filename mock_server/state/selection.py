"""The tasks that a filter selects: by the index where it can decide, by looking at candidates for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import attrgetter

from mock_server.conventions.filters import All, Comparison, Expression, condition, fold
from mock_server.state.collection import Collection, Entry, Record
from mock_server.state.kinds import INDEXED, LISTS, TaskFields
from mock_server.state.ordered import Ordered

Condition = Callable[[Record[TaskFields]], bool]
Part = Ordered[Entry[TaskFields]]


@dataclass(frozen=True)
class Selection:
    """Tasks in order of creation from `since` (milliseconds): the entries of `parts`, which share none, that meet all conditions."""

    collection: Collection[TaskFields]
    parts: tuple[Part, ...]
    conditions: tuple[Condition, ...] = ()
    since: int = 0

    def total(self) -> int:
        if not self.conditions:
            return sum(len(part) - part.before(self.since) for part in self.parts)
        return sum(1 for _ in self._records(newest_first=False))

    def page(self, offset: int, limit: int, *, newest_first: bool) -> list[Record[TaskFields]]:
        if self.conditions or len(self.parts) != 1:
            return list(islice(self._records(newest_first=newest_first), offset, offset + limit))
        (part,) = self.parts
        hidden = part.before(self.since)
        if newest_first:
            stop = max(len(part) - offset, hidden)
            entries = part.slice(max(stop - limit, hidden), stop)[::-1]
        else:
            entries = part.slice(hidden + offset, hidden + offset + limit)
        return self.collection.records(entries)

    def _records(self, *, newest_first: bool) -> Iterator[Record[TaskFields]]:
        entries = merge(*map(reversed, self.parts), reverse=True) if newest_first else merge(*self.parts)
        for entry in entries:
            record = self.collection.latest(entry)
            if entry[0] >= self.since and all(condition(record) for condition in self.conditions):
                yield record


def select(
    collection: Collection[TaskFields], expression: Expression | None, *, holds: str, since: int = 0, also: tuple[Condition, ...] = ()
) -> Selection:
    """`holds` is what the list is made of: all, completed or pending. `also`: conditions beside the expression."""
    if expression is None:
        return Selection(collection, (collection.bucket(LISTS[holds]),), also, since)
    parts = _candidates(collection, expression)
    if parts is None:
        return Selection(collection, (collection.bucket(LISTS[holds]),), (condition(expression, _field), *also), since)
    conditions: tuple[Condition, ...] = () if isinstance(expression, Comparison) else (condition(expression, _field),)
    if holds != "all" and not _implies(expression, holds):
        conditions = (*conditions, lambda record: record.fields.is_finished == (holds == "completed"))
    return Selection(collection, parts, (*conditions, *also), since)


def _implies(expression: Expression, holds: str) -> bool:
    """Whether all that the expression finds is in the list anyway: then nobody has to look at it, and counting it is for nothing."""
    match expression:
        case Comparison("completionStatus", "eq" | "in"):
            return holds == "completed"
        case Comparison("completionStatus", "isnull"):
            return holds == "pending"
        case _:
            return False


def _candidates(collection: Collection[TaskFields], expression: Expression) -> tuple[Part, ...] | None:
    """Buckets that hold all that the expression can match, the fewest tasks where there is a choice; None: the index cannot tell.

    For a comparison they hold nothing else.
    """
    match expression:
        case Comparison("id", "eq" | "in", values):
            known = [collection.get(id_) for id_ in {fold(value) for value in values} if id_ in collection]
            return (Ordered((record.fields.created, record.id, record) for record in known),)
        case Comparison(field, "isnull") if field in INDEXED:
            return (collection.bucket((field, None)),)
        case Comparison(field, "eq" | "in", values) if field in INDEXED:
            return tuple(collection.bucket((field, value)) for value in {fold(value) for value in values})
        case All(parts):
            choices = [found for part in parts if (found := _candidates(collection, part)) is not None]
            return min(choices, key=lambda found: sum(map(len, found)), default=None)
        case _:
            return None


def _field(name: str) -> Callable[[Record[TaskFields]], str | None]:
    if name == "id":
        return attrgetter("id")
    return attrgetter(f"fields.{INDEXED[name]}")
