"""What a collection must know of work items and of task status: fields, and where they stand in the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import attrgetter
from sys import intern
from typing import Any, NamedTuple

from mock_server.conventions import dates, schemas
from mock_server.conventions.filters import fold
from mock_server.conventions.schemas import Schema
from mock_server.state.collection import Bucket

PENDING = "Pending"


class WorkItemFields(NamedTuple):
    """`moment`: milliseconds; when an open item was created, when another was completed."""

    owner: str | None
    is_open: bool
    moment: int


class WorkItemKind:
    """Open and completed items, of everybody and of each owner."""

    @cached_property
    def schema(self) -> Schema:
        return schemas.component("WorkItems")

    def fields(self, document: dict[str, Any]) -> WorkItemFields:
        is_open = document["state"] == PENDING
        moment = document["created"] if is_open else document["completed"]
        return WorkItemFields(_once(document["ownerId"]), is_open, dates.parse(moment))

    def moment(self, fields: WorkItemFields) -> int:
        return fields.moment

    def buckets(self, fields: WorkItemFields) -> Sequence[Bucket]:
        owner, is_open, _ = fields
        return ((is_open,),) if owner is None else ((is_open,), (is_open, owner))

    @staticmethod
    def bucket(*, is_open: bool, owner: str | None) -> Bucket:
        """`owner` None: everybody's."""
        return (is_open,) if owner is None else (is_open, owner)


class TaskFields(NamedTuple):
    """What filters ask for, as comparisons see it. `aged`: the moment from which a task's age counts, in milliseconds."""

    created: int
    aged: int
    completion_status: str | None
    source_id: str | None
    type: str | None
    launcher: str

    @property
    def is_finished(self) -> bool:
        """As clients see it, who ask for `completionStatus`: `completed` is set a moment earlier (the write race)."""
        return self.completion_status is not None


INDEXED = {"completionStatus": "completion_status", "sourceId": "source_id", "type": "type", "launcher": "launcher"}
"""Filter field → field of TaskFields, each with buckets of its own."""


_INDEXED_OF = attrgetter(*INDEXED.values())

ALL: Bucket = ("all",)
COMPLETED: Bucket = ("completed",)
LISTS: dict[str, Bucket] = {"all": ALL, "completed": COMPLETED, "pending": ("completionStatus", None)}
"""`x-isc-holds` → the bucket with all that such a list holds."""


@dataclass(frozen=True)
class TaskKind:
    """All tasks, the completed ones, and those of each value of an indexed field; in order of creation.

    The `type` filter takes constants that pair with the names of task definitions: "Cloud Account Aggregation" is
    CLOUD_ACCOUNT_AGGREGATION. `source` and `age` are values of the assumptions task-source and task-age.
    """

    source: str
    age: str

    @cached_property
    def schema(self) -> Schema:
        return schemas.component("TaskStatus")

    def fields(self, document: dict[str, Any]) -> TaskFields:
        definition = document.get("taskDefinitionSummary") or {}
        created = dates.parse(document["created"])
        completed, status = document["completed"], document["completionStatus"]
        source_id, unique_name = self._source_id(document), definition.get("uniqueName")
        return TaskFields(
            created=created,
            aged=dates.parse(completed) if self.age == "completed" and completed else created,
            completion_status=status and _folded(status),
            source_id=source_id and _folded(source_id),
            type=_folded(unique_name.replace(" ", "_")) if unique_name else None,
            launcher=_folded(document["launcher"]),
        )

    def moment(self, fields: TaskFields) -> int:
        return fields.created

    def buckets(self, fields: TaskFields) -> Sequence[Bucket]:
        of_values = zip(INDEXED, _INDEXED_OF(fields), strict=True)
        return (ALL, *of_values, COMPLETED) if fields.is_finished else (ALL, *of_values)

    def _source_id(self, document: dict[str, Any]) -> str | None:
        if self.source == "attributes":
            app_id = document["attributes"].get("appId")
            return app_id if isinstance(app_id, str) else None
        target = document.get("target") or {}
        return target.get("id") if target.get("type") == "APPLICATION" else None


@lru_cache(maxsize=4096)
def _folded(value: str) -> str:
    """Documents share few statuses, sources, types and launchers."""
    return intern(fold(value))


def _once(value: str | None) -> str | None:
    """The same object for the same text: at a million documents, a text of its own for each field was 70 bytes a field."""
    return None if value is None else intern(value)
