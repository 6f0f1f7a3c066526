"""What clients do with work items and task status, ten recipes: copy one, put your client in the place of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sailpoint.configuration import Configuration
from sailpoint.task_management import ApiClient as TaskClient
from sailpoint.task_management import TaskManagementApi
from sailpoint.task_management.models.json_patch_operation import JsonPatchOperation
from sailpoint.work_items import ApiClient as WorkClient
from sailpoint.work_items import WorkItemsApi
from sailpoint.work_items.models.work_item_forward import WorkItemForward

from mock_server.handle import Isc

Json = Any

TASKS = "/v2025/task-status"
WORK_ITEMS = "/v2025/work-items"

POLLS = 20
"""Times that our clients ask before they give up."""


# 1. Launch and wait


def wait(client: httpx.Client, task_id: str, pause: Callable[[], object]) -> Json:
    """Polls until the task has an outcome. A script pauses with time.sleep, a test lets the tenant's time pass."""
    for _ in range(POLLS):
        task = client.get(f"{TASKS}/{task_id}").raise_for_status().json()
        if task["completionStatus"] is not None:
            return task
        pause()
    raise TimeoutError(task_id)


def wait_naively(client: httpx.Client, task_id: str, pause: Callable[[], object]) -> Json:
    """WRONG: `completed` is written first, so a poll in between finds an end without an outcome."""
    for _ in range(POLLS):
        task = client.get(f"{TASKS}/{task_id}").raise_for_status().json()
        if task["completed"] is not None:
            return task
        pause()
    raise TimeoutError(task_id)


def test_launch_an_aggregation_and_wait_for_its_outcome(isc: Isc, isc_client: httpx.Client) -> None:
    """It takes half a minute of the tenant's time, and none of ours."""
    launched = isc.launch(source="Active Directory", outcome="WARNING", progress={"model": "time", "after": 30}, race=1)

    task = wait(isc_client, launched["id"], pause=lambda: isc.clock.advance(seconds=5))

    assert task["completionStatus"] == "WARNING"
    assert datetime.fromisoformat(task["completed"]) - datetime.fromisoformat(task["launched"]) == timedelta(seconds=30)


def test_who_waits_for_completed_takes_a_failure_for_an_end_without_outcome(isc: Isc, isc_client: httpx.Client) -> None:
    """The write race: one read shows `completed` set and `completionStatus` null. The next one would have told the failure."""
    launched = isc.launch(source="Active Directory", outcome="ERROR", progress={"model": "time", "after": 30}, race=1)

    task = wait_naively(isc_client, launched["id"], pause=lambda: isc.clock.advance(seconds=5))

    assert task["completed"] is not None
    assert task["completionStatus"] is None
    assert isc_client.get(f"{TASKS}/{launched['id']}").json()["completionStatus"] == "ERROR"


# 2. Pre-check


def running(client: httpx.Client, source_id: str) -> list[Json]:
    """The tasks of a source that have no outcome yet: while there is one, the service refuses another aggregation."""
    unfinished = f'sourceId eq "{source_id}" and completionStatus isnull'
    tasks: list[Json] = client.get(TASKS, params={"filters": unfinished}).raise_for_status().json()
    return tasks


def wait_until_free(client: httpx.Client, source_id: str) -> None:
    for _ in range(POLLS):
        if not running(client, source_id):
            return
    raise TimeoutError(source_id)


def wait_until_free_naively(client: httpx.Client, source_id: str) -> None:
    """WRONG: takes tasks that have `completed` for finished."""
    for _ in range(POLLS):
        if all(task["completed"] is not None for task in running(client, source_id)):
            return
    raise TimeoutError(source_id)


def test_launch_only_when_nothing_runs_on_the_source(isc: Isc, isc_client: httpx.Client) -> None:
    """The earlier run ends after two reads, and shows the write race for two more."""
    earlier = isc.launch(source="Mainframe RACF", progress={"model": "reads", "after": 2}, race=2)
    source_id = earlier["target"]["id"]

    wait_until_free(isc_client, source_id)
    own = isc.launch(source="Mainframe RACF", progress={"model": "reads", "after": 2})

    assert [task["id"] for task in running(isc_client, source_id)] == [own["id"]]


def test_who_looks_at_completed_launches_into_a_run_that_is_not_over(isc: Isc, isc_client: httpx.Client) -> None:
    """`completed` is set, `completionStatus` null: the source is still taken, and two tasks run on it."""
    earlier = isc.launch(source="Mainframe RACF", progress={"model": "reads", "after": 2}, race=2)
    source_id = earlier["target"]["id"]

    wait_until_free_naively(isc_client, source_id)
    own = isc.launch(source="Mainframe RACF", progress={"model": "reads", "after": 2})

    assert {task["id"] for task in running(isc_client, source_id)} == {earlier["id"], own["id"]}


# 3. Stuck-task clean-up


@pytest.fixture
def tasks(isc_env: dict[str, str]) -> Iterator[TaskManagementApi]:
    """The vendor's SDK, which configures itself by the three variables of isc_env."""
    with TaskClient(Configuration()) as client:
        yield TaskManagementApi(client)
        client.rest_client.pool_manager.clear()


@pytest.mark.isc_scenario("stuck-tasks")
def test_clear_the_aggregations_that_hang(isc: Isc, tasks: TaskManagementApi) -> None:
    """List what is pending, choose by name, patch the two fields, list again. Whatever else runs stays untouched."""
    pending = tasks.get_task_status_list_v1(filters="completionStatus isnull")
    stuck = [task for task in pending if task.unique_name == "Cloud Account Aggregation - Mainframe RACF"]
    patch = [
        {"op": "replace", "path": "/completionStatus", "value": "Error"},
        {"op": "replace", "path": "/completed", "value": isc.clock.now()},
    ]

    for task in stuck:
        tasks.update_task_status_v1(task.id, [JsonPatchOperation.from_dict(operation) for operation in patch])

    left = tasks.get_task_status_list_v1(filters="completionStatus isnull")
    assert len(stuck) == 2
    assert {task.id for task in left} == {task.id for task in pending} - {task.id for task in stuck}


# 4. Failure dashboard


def test_count_the_failures_and_show_the_newest(isc: Isc, isc_client: httpx.Client) -> None:
    """`count=true` answers how many there are in X-Total-Count, however few of them are asked for."""
    query: dict[str, Any] = {"filters": 'completionStatus eq "ERROR"', "sorters": "-created", "count": "true", "limit": 1}
    before = isc_client.get(TASKS, params=query)
    isc.launch(source="Team Chat", outcome="ERROR", messages=["The connector does not answer."])

    after = isc_client.get(TASKS, params=query)

    (newest,) = after.json()
    assert int(after.headers["X-Total-Count"]) == int(before.headers["X-Total-Count"]) + 1
    assert newest["target"]["name"] == "Team Chat [source]"
    assert newest["messages"][0]["key"] == "The connector does not answer."


# 5. Run history of a source


@pytest.mark.isc_scenario("empty")
def test_average_how_long_a_source_takes(isc: Isc, isc_client: httpx.Client) -> None:
    """Three aggregations of one, two and three minutes; group aggregations and other sources do not count."""
    for minutes in (1, 2, 3):
        launched = isc.launch(source="HR Central", progress={"model": "time", "after": 60 * minutes})
        isc.clock.advance(seconds=60 * minutes)
    isc.launch("Cloud Group Aggregation", source="HR Central")
    isc.launch(source="Team Chat")
    own = f'sourceId eq "{launched["target"]["id"]}" and type in ("CLOUD_ACCOUNT_AGGREGATION")'

    history = isc_client.get(TASKS, params={"filters": own, "sorters": "-created", "limit": 10}).json()

    took = [datetime.fromisoformat(task["completed"]) - datetime.fromisoformat(task["launched"]) for task in history]
    assert took == [timedelta(minutes=3), timedelta(minutes=2), timedelta(minutes=1)]
    assert sum(took, timedelta()) / len(took) == timedelta(minutes=2)


# 6. 24-hour audit


def pages(client: httpx.Client, path: str, size: int, **query: str) -> Iterator[list[Json]]:
    """Page by page, to the first one that is not full."""
    page, offset = None, 0
    while page is None or len(page) == size:
        page = client.get(path, params={"limit": size, "offset": offset, **query}).raise_for_status().json()
        yield page
        offset += size


def test_audit_a_day_while_new_tasks_shift_the_pages(isc: Isc, isc_client: httpx.Client) -> None:
    """A task that starts between two pages pushes the last one of a page onto the next: it comes twice, so count ids."""
    isc.clock.freeze()
    refresh = {"definition": "Identity Refresh", "uniqueName": "Identity Refresh", "completionStatus": "SUCCESS"}
    every_three_minutes = range(3, 1800, 3)
    started = [{"id": f"{minute:032x}", "created": f"-{minute}m", **refresh} for minute in every_three_minutes]
    isc.replace_state({"task-status": started})
    yesterday = datetime.fromisoformat(isc.clock.now()) - timedelta(days=1)
    read = []

    for page in pages(isc_client, TASKS, 250, sorters="-created"):
        read += [task["id"] for task in page if datetime.fromisoformat(task["created"]) >= yesterday]
        isc.launch("Identity Refresh")
        if datetime.fromisoformat(page[-1]["created"]) < yesterday:
            break

    assert len(read) == 480 + 1
    assert len(set(read)) == 480


# 7. Leaver hand-over


@pytest.fixture
def work_items(isc_env: dict[str, str]) -> Iterator[WorkItemsApi]:
    """The vendor's SDK, as above."""
    with WorkClient(Configuration()) as client:
        yield WorkItemsApi(client)
        client.rest_client.pool_manager.clear()


@pytest.mark.isc_scenario("leaver")
def test_hand_a_leavers_work_over_to_his_manager(isc: Isc, work_items: WorkItemsApi) -> None:
    """Dario Penn has left; Victor Amsel, his manager, takes over what is open."""
    people = {person["name"]: person["id"] for person in isc.state()["identities"]}
    leaver, manager = people["dario.penn"], people["victor.amsel"]
    left_behind = work_items.list_work_items_v1(owner_id=leaver)

    for item in left_behind:
        work_items.forward_work_item_v1(item.id, WorkItemForward(targetOwnerId=manager, comment="Dario has left."))

    taken_over = {item.id for item in work_items.list_work_items_v1(owner_id=manager)}
    assert len(left_behind) == 7
    assert work_items.list_work_items_v1(owner_id=leaver) == []
    assert {item.id for item in left_behind} <= taken_over


# 8. Administrator's report


def test_report_all_work_items_page_by_page(isc_client: httpx.Client) -> None:
    """An administrator who names no owner sees everybody's; summary, header and pages agree."""
    summary = isc_client.get(f"{WORK_ITEMS}/summary").json()

    total = isc_client.get(WORK_ITEMS, params={"count": "true", "limit": 1}).headers["X-Total-Count"]
    still_open = [item["id"] for page in pages(isc_client, WORK_ITEMS, 15) for item in page]
    completed = [item["id"] for page in pages(isc_client, f"{WORK_ITEMS}/completed", 15) for item in page]

    assert summary["open"] == int(total) == len(set(still_open))
    assert summary["completed"] == len(set(completed))
    assert not set(still_open) & set(completed)


# 9. My Tasks


@pytest.mark.isc_level("NONE")
def test_complete_one_of_my_tasks(isc_client: httpx.Client) -> None:
    """A user without any level sees his own. What he completes leaves one list and turns up in the other."""
    mine = isc_client.get(WORK_ITEMS).json()
    chosen = next(item["id"] for item in mine if item["type"] == "ManualAction")
    shown = isc_client.get(f"{WORK_ITEMS}/{chosen}").json()

    answer = isc_client.post(f"{WORK_ITEMS}/{chosen}", json={})

    assert (shown["state"], answer.json()["state"]) == ("Pending", "Finished")
    assert chosen not in [item["id"] for item in isc_client.get(WORK_ITEMS).json()]
    assert chosen in [item["id"] for item in isc_client.get(f"{WORK_ITEMS}/completed").json()]


# 10. An operation tracked by its task


def track(client: httpx.Client, task_id: str) -> str:
    """The outcome of an operation; `GONE` if the service has forgotten its record, which it may do early."""
    for _ in range(POLLS):
        answer = client.get(f"{TASKS}/{task_id}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return "GONE"
        outcome: str | None = answer.raise_for_status().json()["completionStatus"]
        if outcome is not None:
            return outcome
    raise TimeoutError(task_id)


def test_track_the_deletion_of_accounts(isc: Isc, isc_client: httpx.Client) -> None:
    """Three reads long, then one that shows the write race, then the outcome."""
    launched = isc.launch("Account Deletion", source="Team Chat", progress={"model": "reads", "after": 3}, race=1)

    outcome = track(isc_client, launched["id"])

    assert outcome == "SUCCESS"
    assert len(isc.journal(operation="getTaskStatus")) == 5


def test_a_tracked_operation_whose_record_is_gone(isc: Isc, isc_client: httpx.Client) -> None:
    """The third time we ask the answer is 404. That is the end of the track, not a failure of the operation."""
    launched = isc.launch("Account Deletion", source="Team Chat", progress={"model": "reads", "after": 3})
    isc.faults({"operationId": "getTaskStatus", "skip": 2, "status": 404})

    outcome = track(isc_client, launched["id"])

    assert outcome == "GONE"
    assert isc.faults_left() == []
