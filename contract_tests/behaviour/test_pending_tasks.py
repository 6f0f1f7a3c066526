"""Pending tasks: what is listed and counted, and which versions have withdrawn the list."""

from __future__ import annotations

import httpx
import pytest

from contract_tests.conftest import Connect
from contract_tests.support import envelope, tasks
from contract_tests.support.client import Client
from contract_tests.support.server import Running
from mock_server.conventions import dates

DAY = 24 * 3600 * 1000

every_version = pytest.mark.parametrize("version", tasks.WITH_PENDING)
both_methods = pytest.mark.parametrize("operation", ["getPendingTasks", "getPendingTaskHeaders"])

END = [{"op": "replace", "path": "/completionStatus", "value": "Terminated"}]


@every_version
def test_the_list_holds_the_tasks_without_a_completion_status(connect: Connect, version: str) -> None:
    isc = connect(version)
    unfinished = connect("v2025").get("getTaskStatusList", filters="completionStatus isnull")

    pending = isc.get("getPendingTasks")

    assert pending == unfinished
    assert len(pending) > 1
    assert all(task["completionStatus"] is None for task in pending)


@every_version
def test_the_list_is_newest_first(connect: Connect, version: str) -> None:
    isc = connect(version)

    created = [task["created"] for task in isc.get("getPendingTasks")]

    assert created == sorted(created, reverse=True)
    assert created[0] > created[-1]


@every_version
def test_the_list_comes_in_pages(connect: Connect, version: str) -> None:
    isc = connect(version)

    pages = [isc.get("getPendingTasks", limit=2, offset=offset) for offset in (0, 2, 4, 6)]

    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [task for page in pages for task in page] == isc.get("getPendingTasks")


@every_version
def test_head_has_no_body(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = isc.send("getPendingTaskHeaders")

    assert answer.status_code == 200
    assert answer.content == b""


@every_version
@both_methods
def test_the_total_is_sent_when_count_asks_for_it(connect: Connect, version: str, operation: str) -> None:
    isc = connect(version)
    total = len(isc.get("getPendingTasks"))

    answer = isc.send(operation, count=True, limit=1, offset=1)

    assert answer.headers["X-Total-Count"] == str(total)


@every_version
@both_methods
def test_the_total_is_not_sent_otherwise(connect: Connect, version: str, operation: str) -> None:
    isc = connect(version)

    answers = [isc.send(operation), isc.send(operation, count=False)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("X-Total-Count" not in answer.headers for answer in answers)


@every_version
@both_methods
def test_the_operation_says_that_it_is_deprecated(connect: Connect, version: str, operation: str) -> None:
    isc = connect(version)

    answer = isc.send(operation)

    assert answer.headers["X-Deprecated"] == "true"


@pytest.mark.parametrize("version", tasks.WITH_TASKS)
def test_the_other_operations_on_tasks_are_not_deprecated(connect: Connect, version: str) -> None:
    isc = connect(version)

    answers = [isc.send("getTaskStatusList", limit=1), isc.send("getTaskStatus", id=tasks.pending(isc)[0]["id"])]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("X-Deprecated" not in answer.headers for answer in answers)


@every_version
@both_methods
def test_an_impossible_limit_is_refused(connect: Connect, version: str, operation: str) -> None:
    isc = connect(version)

    answer = isc.send(operation, limit=251)

    assert answer.status_code == 400


@every_version
def test_a_task_that_has_ended_leaves_the_list(connect: Connect, version: str) -> None:
    isc = connect(version)
    first, *others = (task["id"] for task in isc.get("getPendingTasks"))

    isc.send("updateTaskStatus", id=first, json=END)

    assert [task["id"] for task in isc.get("getPendingTasks")] == others


@every_version
def test_an_empty_list_is_200_and_an_empty_array(connect: Connect, version: str) -> None:
    isc = connect(version)
    _end_all(isc)

    answer = isc.send("getPendingTasks", count=True)

    assert answer.status_code == 200
    assert answer.json() == []
    assert answer.headers["X-Total-Count"] == "0"


@every_version
def test_the_headers_of_an_empty_list_are_200(connect: Connect, version: str) -> None:
    isc = connect(version)
    _end_all(isc)

    answer = isc.send("getPendingTaskHeaders", count=True)

    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["X-Total-Count"] == "0"


@every_version
def test_a_pending_task_is_gone_after_90_days(connect: Connect, server: Running, version: str) -> None:
    *younger, oldest = connect(version).get("getPendingTasks")
    server.tenant.clock.freeze(dates.parse(oldest["created"]) + 90 * DAY + 1)

    isc = connect(version)

    assert isc.get("getPendingTasks") == younger
    assert isc.send("getPendingTaskHeaders", count=True).headers["X-Total-Count"] == str(len(younger))


WITHDRAWN = {
    "v3": "/v3/task-status/pending-tasks",
    "v2026": "/v2026/task-status/pending-tasks",
    "v1": "/task-status/v1/pending-tasks",
}


@pytest.mark.parametrize("version", WITHDRAWN)
def test_a_version_without_pending_tasks_does_not_find_them(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = isc.http.get(WITHDRAWN[version])

    assert answer.status_code == 404
    assert envelope.code(answer) == "404"


@pytest.mark.parametrize("version", WITHDRAWN)
def test_a_version_without_pending_tasks_does_not_find_their_headers(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = isc.http.head(WITHDRAWN[version])

    assert answer.status_code == 404
    assert answer.content == b""


def test_the_root_has_no_pending_tasks(http: httpx.Client) -> None:
    assert http.get("/task-status/pending-tasks").status_code == 404


def _end_all(isc: Client) -> None:
    for task in isc.get("getPendingTasks"):
        isc.send("updateTaskStatus", id=task["id"], json=END)
