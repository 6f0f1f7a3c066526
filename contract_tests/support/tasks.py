"""Finds tasks by what they are. Without judging the exchange: what is looked for here is tested elsewhere."""

from __future__ import annotations

from typing import Any

from contract_tests.support.client import Client, Json

COMPLETED_ONLY = ("beta", "v2024")
"""The versions whose list holds completed tasks only."""

ALL = ("v2025", "v2026", "v1")
"""The versions whose list holds running tasks, too."""

WITH_TASKS = (*COMPLETED_ONLY, *ALL)
WITH_PENDING = ("beta", "v2024", "v2025")


def pending(isc: Client) -> list[Json]:
    """All that have no completion status, newest first."""
    return _documents(isc, "/v2024/task-status/pending-tasks")


def pending_ids(isc: Client) -> list[str]:
    return [task["id"] for task in pending(isc)]


def stuck(isc: Client) -> Json:
    """A pending one that will not end by itself, found by its name, as clean-up scripts do."""
    return next(task for task in pending(isc) if task["uniqueName"] == "Cloud Account Aggregation - Salesdesk CRM")


def finished(isc: Client) -> Json:
    """The newest one that has ended well."""
    return _documents(isc, "/v2024/task-status", filters='completionStatus eq "SUCCESS"', sorters="-created", limit=1)[0]


def is_completed(isc: Client, task_id: str) -> bool:
    """Whether the list of completed tasks holds it."""
    return bool(_documents(isc, "/v2024/task-status", filters=f'id eq "{task_id}"'))


def _documents(isc: Client, path: str, **parameters: Any) -> list[Json]:
    answer = isc.http.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()
    return found
