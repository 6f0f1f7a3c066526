"""The vendor's newest Python SDK, unmodified, finds the fake by its three variables; all 13 + 3 operations of its version work."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sailpoint.configuration import Configuration
from sailpoint.paginator import Paginator
from sailpoint.task_management import ApiClient as TaskClient
from sailpoint.task_management.api.task_management_api import TaskManagementApi
from sailpoint.task_management.exceptions import ApiException as TaskError
from sailpoint.task_management.models.json_patch_operation import JsonPatchOperation
from sailpoint.work_items import ApiClient as WorkClient
from sailpoint.work_items.api.work_items_api import WorkItemsApi
from sailpoint.work_items.exceptions import ApiException as WorkError
from sailpoint.work_items.models.work_item_forward import WorkItemForward
from sailpoint.work_items.models.work_items import WorkItems

from contract_tests.conftest import credentials
from contract_tests.support.server import Running


@pytest.fixture
def configuration(server: Running, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    administrator = credentials(server, "org-admin")
    monkeypatch.setenv("SAIL_BASE_URL", server.url)
    monkeypatch.setenv("SAIL_CLIENT_ID", administrator.id)
    monkeypatch.setenv("SAIL_CLIENT_SECRET", administrator.secret)
    return Configuration()


@pytest.fixture
def work_items(configuration: Configuration) -> Iterator[WorkItemsApi]:
    with WorkClient(configuration) as client:
        yield WorkItemsApi(client)
        client.rest_client.pool_manager.clear()


@pytest.fixture
def tasks(configuration: Configuration) -> Iterator[TaskManagementApi]:
    with TaskClient(configuration) as client:
        yield TaskManagementApi(client)
        client.rest_client.pool_manager.clear()


def first_of_type(work_items: WorkItemsApi, type_: str) -> WorkItems:
    return next(item for item in work_items.list_work_items_v1() if item.type == type_)


def test_it_lists_and_pages_through_all_open_work_items(work_items: WorkItemsApi) -> None:
    listed = work_items.list_work_items_v1()

    paged = Paginator.paginate(work_items.list_work_items_v1, 1000, limit=7)

    assert len(listed) == 40
    assert [item.id for item in paged] == [item.id for item in listed]


def test_it_reads_the_total_from_the_headers(work_items: WorkItemsApi) -> None:
    answer = work_items.list_work_items_v1_with_http_info(limit=1, count=True)

    assert (answer.headers or {})["X-Total-Count"] == "40"


def test_counts_and_summary_agree(work_items: WorkItemsApi) -> None:
    summary = work_items.get_work_items_summary_v1()

    assert summary.open == work_items.get_count_work_items_v1().count
    assert summary.completed == work_items.get_count_completed_work_items_v1().count
    assert summary.completed == len(work_items.get_completed_work_items_v1())


@pytest.mark.parametrize("body", [None, "done", "{}"])
def test_it_completes_a_work_item(work_items: WorkItemsApi, body: str | None) -> None:
    item = first_of_type(work_items, "ManualAction")

    answer = work_items.complete_work_item_v1(item.id, body=body)

    assert answer.state == "Finished"
    assert work_items.get_work_item_v1(item.id).state == "Finished"


def test_it_forwards_a_work_item(work_items: WorkItemsApi) -> None:
    item = first_of_type(work_items, "ManualAction")
    other = next(one for one in work_items.list_work_items_v1() if one.owner_id not in (None, item.owner_id))

    work_items.forward_work_item_v1(item.id, WorkItemForward(targetOwnerId=other.owner_id, comment="on holiday"))

    assert work_items.get_work_item_v1(item.id).owner_id == other.owner_id


@pytest.mark.parametrize(("operation", "state"), [("approve", "Finished"), ("reject", "Rejected")])
def test_it_decides_one_approval_item(work_items: WorkItemsApi, operation: str, state: str) -> None:
    item = first_of_type(work_items, "Approval")
    decide = getattr(work_items, f"{operation}_approval_item_v1_without_preload_content")

    answer = decide(item.id, item.approval_items[0].id)

    assert json.loads(answer.data)["approvalItems"][0]["state"] == state


@pytest.mark.parametrize(("operation", "state"), [("approve", "Finished"), ("reject", "Rejected")])
def test_it_decides_in_bulk(work_items: WorkItemsApi, operation: str, state: str) -> None:
    item = first_of_type(work_items, "Approval")
    decide = getattr(work_items, f"{operation}_approval_items_in_bulk_v1_without_preload_content")

    answer = decide(item.id)

    assert json.loads(answer.data)["state"] == state


def test_its_own_models_cannot_read_a_decided_approval_item(work_items: WorkItemsApi) -> None:
    """A defect of the SDK, named in the README. When this fails, the vendor has mended it: use the models above, and say so there."""
    item = first_of_type(work_items, "Approval")

    with pytest.raises(NameError, match="WorkItemState"):
        work_items.approve_approval_items_in_bulk_v1(item.id)


def test_it_submits_an_account_selection(work_items: WorkItemsApi) -> None:
    item = first_of_type(work_items, "Form")

    answer = work_items.submit_account_selection_v1(item.id, {"anything": "chosen"})

    assert answer.state == "Finished"


def test_an_error_arrives_as_the_vendors_model(work_items: WorkItemsApi) -> None:
    with pytest.raises(WorkError) as caught:
        work_items.get_work_item_v1("0" * 32)

    assert caught.value.status == 404
    assert caught.value.data.detail_code == "404 Not found"
    assert caught.value.data.tracking_id == caught.value.headers["SLPT-Request-ID"]


def test_it_lists_tasks_and_gets_each_of_them(tasks: TaskManagementApi) -> None:
    listed = tasks.get_task_status_list_v1(sorters="-created")

    assert len(listed) == 45
    assert [tasks.get_task_status_v1(task.id).id for task in listed[:5]] == [task.id for task in listed[:5]]


def test_it_clears_a_pending_task(tasks: TaskManagementApi) -> None:
    pending = tasks.get_task_status_list_v1(filters="completionStatus isnull")
    stuck = pending[-1]
    patch = [
        {"op": "replace", "path": "/completionStatus", "value": "Error"},
        {"op": "replace", "path": "/completed", "value": "2026-03-01T10:00:00.000Z"},
    ]

    answer = tasks.update_task_status_v1(stuck.id, [JsonPatchOperation.from_dict(operation) for operation in patch])

    assert answer.completion_status == "ERROR"
    assert stuck.id not in [task.id for task in tasks.get_task_status_list_v1(filters="completionStatus isnull")]


def test_a_filter_that_is_not_supported_arrives_as_a_400(tasks: TaskManagementApi) -> None:
    with pytest.raises(TaskError) as caught:
        tasks.get_task_status_list_v1(filters='progress eq "Started"')

    assert caught.value.status == 400
    assert "progress" in caught.value.data.messages[0].text
