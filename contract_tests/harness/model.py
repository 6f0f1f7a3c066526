"""A small model of work items and tasks: what each action does, wherever that is known. It owes nothing to the fake."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Json = Any

PENDING, FINISHED, REJECTED = "Pending", "Finished", "Rejected"


@dataclass
class Item:
    """`decisions`: approval item → Finished, Rejected, or None while nobody has decided."""

    id: str
    type: str
    owner: str | None
    state: str
    decisions: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Json) -> Item:
        parts = document.get("approvalItems") or ()
        decisions = {part["id"]: _decided(part.get("state")) for part in parts if "id" in part}
        return cls(document["id"], document.get("type", ""), document.get("ownerId"), document.get("state", PENDING), decisions)

    @property
    def is_open(self) -> bool:
        return self.state == PENDING

    @property
    def undecided(self) -> list[str]:
        return [id_ for id_, decision in self.decisions.items() if decision is None]

    def after_decisions(self) -> tuple[str, ...]:
        """The states that the item may have when something was decided: which it is, is an assumption (work-item-after-decisions)."""
        if self.undecided:
            return (PENDING,)
        chosen = set(self.decisions.values())
        return (FINISHED if FINISHED in chosen else REJECTED, REJECTED if REJECTED in chosen else FINISHED, PENDING)


@dataclass
class Task:
    """`created`: a date at which it may have ended, too: neither before it began nor so long ago that it would be forgotten."""

    id: str
    status: str | None
    created: str

    @classmethod
    def of(cls, document: Json) -> Task:
        return cls(document["id"], document.get("completionStatus"), str(document.get("created")))


@dataclass
class World:
    items: dict[str, Item]
    tasks: dict[str, Task]

    @classmethod
    def of(cls, work_items: Iterable[Json], tasks: Iterable[Json]) -> World:
        items = {document["id"]: Item.of(document) for document in work_items if "id" in document}
        return cls(items, {document["id"]: Task.of(document) for document in tasks if "id" in document})

    def ids(self, *, is_open: bool, owner: str | None = None) -> list[str]:
        return sorted(item.id for item in self.items.values() if item.is_open == is_open and owner in (None, item.owner))

    def owners(self) -> list[str]:
        return sorted({item.owner for item in self.items.values() if item.owner})

    def pending(self) -> list[str]:
        return sorted(task.id for task in self.tasks.values() if task.status is None)


def _decided(state: str | None) -> str | None:
    """An assumption says whether an undecided one carries null or Pending (approval-item-state)."""
    return None if state in (None, PENDING) else state
