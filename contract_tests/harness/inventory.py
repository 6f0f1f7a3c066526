"""What the target has, learnt from its own lists: so that requests reach existing objects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from contract_tests.harness.caller import Caller
from contract_tests.harness.errors import NoAnswer, Refused
from contract_tests.harness.vocabulary import definition

Json = Any

PAGE = 250
FORBIDDEN = 403

PAGES = 4
"""A tenant can have any number of documents; this many pages are looked at."""


@dataclass
class Inventory:
    """Documents as the lists of one version have them, in the lists' order. `whole`: the list came to an end within the pages looked at."""

    open: list[Json] = field(default_factory=list)
    completed: list[Json] = field(default_factory=list)
    tasks: list[Json] = field(default_factory=list)
    pending: list[Json] = field(default_factory=list)
    whole: dict[str, bool] = field(default_factory=dict)

    @property
    def work_items(self) -> list[Json]:
        return self.open + self.completed

    def ids(self, documents: Iterable[Json]) -> list[str]:
        return [document["id"] for document in documents if isinstance(document.get("id"), str)]

    def steady(self) -> list[Json]:
        """What does not change by itself: all of a work item, and of a task that it is there and whether it has ended."""
        tasks = [{key: task.get(key) for key in _STEADY} for task in self.tasks + self.pending]
        return [self.open, self.completed, tasks]

    def approvals(self) -> list[tuple[str, str]]:
        """Work item and approval item, of open work items."""
        items = [item for item in self.open if isinstance(item.get("id"), str) and isinstance(item.get("approvalItems"), list)]
        return [(item["id"], part["id"]) for item in items for part in item["approvalItems"] if isinstance(part, dict) and "id" in part]

    def owners(self) -> list[str]:
        return _different(item.get("ownerId") for item in self.work_items)

    def values(self, name: str) -> list[str]:
        """What the tasks have in a field that they can be filtered by."""
        return _different(field_of(task, name) for task in self.tasks + self.pending)


_STEADY = ("id", "type", "uniqueName", "created", "launcher", "target", "taskDefinitionSummary", "completed", "completionStatus")

_DEPENDING = {
    "listWorkItems": ("getCountWorkItems", "getWorkItemsSummary", "getWorkItem"),
    "getCompletedWorkItems": ("getCountCompletedWorkItems",),
    "getTaskStatusList": ("getTaskStatus",),
    "getPendingTasks": ("getPendingTaskHeaders",),
}

LISTS = {"open": "listWorkItems", "completed": "getCompletedWorkItems", "tasks": "getTaskStatusList", "pending": "getPendingTasks"}


def learn(caller: Caller) -> Inventory:
    """A list that the client may not read is empty, and its operation is `denied` from then on, with all that depends on it."""
    inventory = Inventory(whole=dict.fromkeys(LISTS, False))
    for name, operation in LISTS.items():
        if caller.has(operation) and not _is_denied(caller, operation):
            documents, inventory.whole[name] = _all(caller, operation)
            setattr(inventory, name, documents)
    return inventory


def field_of(task: Json, name: str) -> str | None:
    """What a filter on that field looks at. `sourceId` is the id of the target, where that is an application."""
    if name == "sourceId":
        target = _object(task.get("target"))
        value = target.get("id") if target.get("type") == "APPLICATION" else None
    elif name == "type":
        kind = _object(task.get("taskDefinitionSummary")).get("uniqueName")
        value = None if kind is None else str(kind).upper().replace(" ", "_")
        value = value if value is None or definition(value) == kind else None
    else:
        value = task.get(name)
    return value if isinstance(value, str) else None


def _is_denied(caller: Caller, operation: str) -> bool:
    """Whether a list is a 403 to the client that has just logged in: then it lacks something, and the target is not to blame."""
    caller.begin()
    try:
        is_denied = caller.call(operation, limit=0).answer.status == FORBIDDEN
    except (NoAnswer, Refused):
        return False
    if is_denied:
        caller.denied.update((operation, *_DEPENDING[operation]))
    return is_denied


def _all(caller: Caller, operation: str) -> tuple[list[Json], bool]:
    documents: list[Json] = []
    for number in range(PAGES):
        caller.begin()
        try:
            page = caller.get(operation, limit=PAGE, offset=number * PAGE)
        except (NoAnswer, Refused):
            return documents, False
        if not isinstance(page, list):
            return documents, False
        documents += [document for document in page if isinstance(document, dict)]
        if len(page) < PAGE:
            return documents, True
    return documents, False


def _object(value: Json) -> Json:
    return value if isinstance(value, dict) else {}


def _different(values: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(value for value in values if isinstance(value, str) and value))
