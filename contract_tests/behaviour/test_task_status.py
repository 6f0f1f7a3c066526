"""Task status: what the list holds, in which order, and how long it is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.conftest import Connect
from contract_tests.support import envelope, tasks
from contract_tests.support.client import Client, operations
from contract_tests.support.server import Running
from contract_tests.support.well_formed import NOWHERE
from mock_server.conventions import dates

DAY = 24 * 3600 * 1000

every_version = pytest.mark.parametrize("version", tasks.WITH_TASKS)


@pytest.mark.parametrize("version", tasks.COMPLETED_ONLY)
def test_the_list_holds_completed_tasks_only(connect: Connect, version: str) -> None:
    isc = connect(version)

    listed = isc.get("getTaskStatusList")

    assert listed
    assert all(task["completionStatus"] is not None for task in listed)


@pytest.mark.parametrize("version", tasks.ALL)
def test_the_list_holds_running_tasks_as_well(connect: Connect, version: str) -> None:
    isc = connect(version)
    running = set(tasks.pending_ids(isc))

    listed = isc.get("getTaskStatusList")

    assert running
    assert {task["id"] for task in listed if task["completionStatus"] is None} == running
    assert len(listed) > len(running)


@every_version
def test_the_list_is_newest_first(connect: Connect, version: str) -> None:
    isc = connect(version)

    created = [task["created"] for task in isc.get("getTaskStatusList", limit=15)]

    assert created == sorted(created, reverse=True)
    assert created[0] > created[-1]


@every_version
@pytest.mark.parametrize(("sorters", "descending"), [("created", False), ("-created", True)])
def test_the_list_is_sorted_by_creation_on_demand(connect: Connect, version: str, sorters: str, descending: bool) -> None:
    isc = connect(version)

    created = [task["created"] for task in isc.get("getTaskStatusList", sorters=sorters, limit=15)]

    assert created == sorted(created, reverse=descending)
    assert len(set(created)) > 1


@every_version
def test_the_two_sorters_are_each_others_reverse(connect: Connect, version: str) -> None:
    isc = connect(version)

    oldest_first = _ids(isc, sorters="created")
    newest_first = _ids(isc, sorters="-created")

    assert oldest_first == newest_first[::-1]


@every_version
def test_an_empty_sorter_is_as_good_as_none(connect: Connect, version: str) -> None:
    isc = connect(version)

    assert _ids(isc, sorters="", limit=5) == _ids(isc, limit=5)


@every_version
def test_another_sorter_is_refused_with_its_name_and_what_is_supported(connect: Connect, version: str) -> None:
    isc = connect(version)
    fields = ("completed", "-modified", "id", "CREATED", "--created", "+created")

    answers = {field: isc.send("getTaskStatusList", sorters=field) for field in fields}

    assert {field: answer.status_code for field, answer in answers.items()} == dict.fromkeys(fields, 400)
    assert all(f'"{field.removeprefix("-")}"' in envelope.text(answer) for field, answer in answers.items())
    assert all("supported: created." in envelope.text(answer) for answer in answers.values())


@every_version
def test_one_unsupported_sorter_among_others_is_refused(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = isc.send("getTaskStatusList", sorters="-created,name")

    assert answer.status_code == 400
    assert '"name"' in envelope.text(answer)


@every_version
def test_a_running_task_is_found_by_its_id(connect: Connect, version: str) -> None:
    isc = connect(version)
    running = tasks.pending(isc)[0]

    found = isc.get("getTaskStatus", id=running["id"])

    assert found == running


@every_version
def test_a_finished_task_is_found_by_its_id(connect: Connect, version: str) -> None:
    isc = connect(version)
    finished = tasks.finished(isc)

    found = isc.get("getTaskStatus", id=finished["id"])

    assert found == finished


@every_version
def test_an_unknown_id_is_not_found(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = isc.send("getTaskStatus", id=NOWHERE)

    assert answer.status_code == 404


@every_version
def test_no_listed_task_is_older_than_90_days(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)

    oldest = isc.get("getTaskStatusList", sorters="created", limit=1)[0]

    assert dates.parse(oldest["created"]) >= server.tenant.clock.now() - 90 * DAY


@every_version
def test_the_default_tenant_has_a_task_older_than_90_days_that_nobody_sees(connect: Connect, server: Running, version: str) -> None:
    old = _older_than_90_days(connect, server, version)
    isc = connect(version)

    listed = _ids(isc, sorters="created")

    assert old not in listed
    assert not _is_listed(isc, old)
    assert isc.send("getTaskStatus", id=old).status_code == 404


@every_version
def test_a_task_is_kept_for_90_days_to_the_millisecond(connect: Connect, server: Running, version: str) -> None:
    oldest = connect(version).get("getTaskStatusList", sorters="created", limit=1)[0]
    server.tenant.clock.freeze(dates.parse(oldest["created"]) + 90 * DAY)

    isc = connect(version)

    assert _ids(isc, sorters="created", limit=1) == [oldest["id"]]
    assert _is_listed(isc, oldest["id"])
    assert isc.get("getTaskStatus", id=oldest["id"]) == oldest


@every_version
def test_a_task_is_gone_after_90_days_from_the_list(connect: Connect, server: Running, version: str) -> None:
    oldest, next_one = _ids(connect(version), sorters="created", limit=2)
    _age_beyond_90_days(connect, server, version, oldest)

    isc = connect(version)

    assert _ids(isc, sorters="created", limit=1) == [next_one]
    assert not _is_listed(isc, oldest)


@every_version
def test_a_task_is_gone_after_90_days_by_its_id(connect: Connect, server: Running, version: str) -> None:
    oldest = _ids(connect(version), sorters="created", limit=1)[0]
    _age_beyond_90_days(connect, server, version, oldest)

    answer = connect(version).send("getTaskStatus", id=oldest)

    assert answer.status_code == 404


@every_version
def test_the_count_forgets_tasks_after_90_days(connect: Connect, server: Running, version: str) -> None:
    before = int(connect(version).send("getTaskStatusList", count=True, limit=0).headers["X-Total-Count"])
    _age_beyond_90_days(connect, server, version, _ids(connect(version), sorters="created", limit=1)[0])

    after = int(connect(version).send("getTaskStatusList", count=True, limit=0).headers["X-Total-Count"])

    assert after == before - 1


def _ids(isc: Client, **parameters: Any) -> list[str]:
    """What the list holds; unjudged, because the tests above have it judged."""
    answer = isc.http.get(isc.base_path + operations(isc.version)["getTaskStatusList"].path, params=parameters)
    assert answer.status_code == 200, answer.text
    return [task["id"] for task in answer.json()]


def _is_listed(isc: Client, task_id: str) -> bool:
    return _ids(isc, filters=f'id eq "{task_id}"') == [task_id]


def _older_than_90_days(connect: Connect, server: Running, version: str) -> str:
    """Of the task that the default tenant hides: ten days earlier it was still there."""
    server.tenant.clock.freeze(server.tenant.clock.now() - 10 * DAY)
    oldest = _ids(connect(version), sorters="created", limit=1)[0]
    server.tenant.clock.run()
    return oldest


def _age_beyond_90_days(connect: Connect, server: Running, version: str, task_id: str) -> None:
    """Moves the clock; who has logged in before must do so again."""
    created = dates.parse(connect(version).get("getTaskStatus", id=task_id)["created"])
    server.tenant.clock.freeze(created + 90 * DAY + 1)
