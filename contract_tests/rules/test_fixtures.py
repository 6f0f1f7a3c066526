"""Fixtures: what becomes of an item, its dates and its shorthands."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.support.folders import HR, ITEM, LENA, MARCO, NOW, REFRESH, TASK, Folder, small
from mock_server.conventions import dates


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """The small tenant, for tests to change."""
    return small(tmp_path)


@pytest.mark.parametrize(
    ("text", "distance"),
    [("-3d4h", -(3 * 24 + 4) * 3600), ("-90s", -90), ("+2m", 120), ("-1d2h3m4s", -93784), ("2026-01-01T02:00+01:00", 3600)],
)
def test_dates_may_be_relative_to_the_start(folder: Folder, text: str, distance: int) -> None:
    folder.write("work-items.yaml", [ITEM | {"created": text}])

    assert folder.work_item()["created"] == dates.write(NOW + distance * 1000)


def test_a_date_needs_no_quotes_in_yaml(folder: Folder) -> None:
    folder.write("work-items.yaml", f"[{{id: {ITEM['id']}, type: Generic, description: Look., created: 2025-02-10T14:40Z}}]")

    assert folder.work_item()["created"] == "2025-02-10T14:40:00.000Z"


def test_all_dates_of_an_item_are_made_absolute(folder: Folder) -> None:
    folder.write("work-items.yaml", [ITEM | {"state": "Finished", "modified": "-2h", "completed": "-1h"}])

    item = folder.work_item()

    assert [item[key] for key in ("created", "modified", "completed")] == [dates.write(NOW - hours * 3_600_000) for hours in (24, 2, 1)]


def test_a_work_item_says_null_where_its_fixture_says_nothing(folder: Folder) -> None:
    keys = ("requesterId", "requesterDisplayName", "ownerId", "modified", "remediationItems", "approvalItems", "name", "completed")

    item = folder.work_item()

    assert item["state"] == "Pending"
    assert {item[key] for key in (*keys, "numItems", "form")} == {None}
    assert "ownerName" not in item
    assert "errors" not in item


def test_owner_and_requester_are_written_out(folder: Folder) -> None:
    item = folder.write("work-items.yaml", [ITEM | {"owner": "lena.fischer", "requester": "marco.rossi"}]).work_item()

    assert (item["ownerId"], item["ownerName"]) == (LENA["id"], "lena.fischer")
    assert (item["requesterId"], item["requesterDisplayName"]) == (MARCO["id"], "Marco Rossi")
    assert not {"owner", "requester"} & item.keys()


def test_an_owner_may_be_nobody(folder: Folder) -> None:
    item = folder.write("work-items.yaml", [ITEM | {"owner": None, "requester": None}]).work_item()

    assert (item["ownerId"], item["requesterId"]) == (None, None)


def test_a_definition_is_written_out(folder: Folder) -> None:
    task = folder.task()

    assert (task["description"], task["parentName"]) == ("Computes attributes.", "Refresh")
    assert task["taskDefinitionSummary"] == {
        "id": REFRESH["id"],
        "uniqueName": "Identity Refresh",
        "description": "Computes attributes.",
        "parentName": "Refresh",
        "executor": None,
        "arguments": {"deep": True},
    }
    assert "definition" not in task


def test_a_source_is_written_out(folder: Folder) -> None:
    task = folder.write("task-status.yaml", [TASK | {"source": "HR", "attributes": {"total": 1}}]).task()

    assert task["target"] == {"id": HR["id"], "type": "APPLICATION", "name": "HR [source]"}
    assert task["attributes"] == {"appId": HR["id"], "total": 1}
    assert "source" not in task


def test_what_a_task_says_itself_wins_over_its_definition_and_source(folder: Folder) -> None:
    own = {"description": "Mine.", "parentName": None, "target": None, "attributes": {"appId": "other"}}

    task = folder.write("task-status.yaml", [TASK | {"source": "HR"} | own]).task()

    assert {key: task[key] for key in own} == own


def test_a_pending_task_is_at_its_beginning(folder: Folder) -> None:
    task = folder.task()

    assert task["created"] == task["launched"] == task["modified"]
    assert (task["completed"], task["completionStatus"], task["percentComplete"]) == (None, None, 0)
    assert (task["type"], task["launcher"], task["messages"], task["returns"], task["attributes"]) == ("QUARTZ", "System", [], [], {})


def test_a_finished_task_is_at_its_end(folder: Folder) -> None:
    task = folder.write("task-status.yaml", [TASK | {"completed": "-2h", "completionStatus": "ERROR"}]).task()

    assert task["modified"] == task["completed"] == dates.write(NOW - 7_200_000)
    assert task["percentComplete"] == 100


@pytest.mark.parametrize(
    ("value", "expected"), [("null-until-decided", [None, "Rejected"]), ("pending-until-decided", ["Pending", "Rejected"])]
)
def test_an_undecided_approval_item_says_what_is_assumed(folder: Folder, value: str, expected: list[str | None]) -> None:
    approval = {"application": "HR", "operation": "Add", "name": "role"}
    items = [approval | {"id": "1", "state": None}, approval | {"id": "2", "state": "Rejected"}]
    folder.write("work-items.yaml", [ITEM | {"approvalItems": items}])

    _, state = folder.load(assume={"approval-item-state": value})

    assert [one["state"] for one in state.work_items.get(ITEM["id"]).document()["approvalItems"]] == expected
