"""Work items: what the lists, the counts, the summary and get show, and that they agree."""

from __future__ import annotations

import re

import pytest

from contract_tests.conftest import Connect
from contract_tests.support.client import Client, Json, operations
from contract_tests.support.server import Running
from contract_tests.support.work_items import (
    VERSIONS_OF_OWNERS,
    approval,
    changes,
    completed_count,
    completed_items,
    identity,
    on_one,
    open_items,
    suited,
)
from mock_server.contract import VERSIONS

every_version = pytest.mark.parametrize("version", VERSIONS)

CHANGES = (
    "completeWorkItem",
    "forwardWorkItem",
    "approveApprovalItem",
    "rejectApprovalItem",
    "approveApprovalItemsInBulk",
    "rejectApprovalItemsInBulk",
    "submitAccountSelection",
)


def agreement(isc: Client, item: Json | None = None) -> dict[str, bool]:
    """Whether the lists show the work item where it belongs, and the counts and the summary know how long they are."""
    owner = {"ownerId": item["ownerId"]} if item else {}
    still_open, completed = (isc.get(name, **owner) for name in ("listWorkItems", "getCompletedWorkItems"))
    lengths = (len(still_open), len(completed))
    summary = isc.get("getWorkItemsSummary", **owner)
    return {
        "lists": item is None or (item in still_open, item in completed) == (item["state"] == "Pending", item["state"] != "Pending"),
        "counts": (isc.get("getCountWorkItems", **owner)["count"], completed_count(isc, **owner)) == lengths,
        "summary": (summary["open"], summary["completed"]) == lengths,
    }


@every_version
def test_a_completed_work_item_moves_from_the_open_list_to_the_completed_ones(connect: Connect, version: str) -> None:
    isc = connect(version)
    first = isc.open_ids(limit=1)[0]

    answer = isc.send("completeWorkItem", id=first)

    assert answer.json()["state"] == "Finished"
    assert first not in isc.open_ids()
    assert isc.completed_ids(limit=1) == [first]


@every_version
def test_the_open_list_holds_every_pending_work_item_and_no_other(connect: Connect, server: Running, version: str) -> None:
    listed = connect(version).get("listWorkItems")

    assert {(item["state"], item["completed"]) for item in listed} == {("Pending", None)}
    assert sorted(item["id"] for item in listed) == sorted(item["id"] for item in open_items(server))


@every_version
def test_the_completed_list_holds_the_work_items_of_every_final_state(connect: Connect, server: Running, version: str) -> None:
    listed = connect(version).get("getCompletedWorkItems")

    assert {item["state"] for item in listed} == {"Finished", "Rejected", "Returned", "Expired", "Canceled"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", item["completed"]) for item in listed)
    assert sorted(item["id"] for item in listed) == sorted(item["id"] for item in completed_items(server))


@every_version
def test_open_work_items_are_listed_oldest_first(connect: Connect, version: str) -> None:
    created = [item["created"] for item in connect(version).get("listWorkItems")]

    assert created[0] < created[-1]
    assert created == sorted(created)


@every_version
def test_completed_work_items_are_listed_newest_first(connect: Connect, version: str) -> None:
    completed = [item["completed"] for item in connect(version).get("getCompletedWorkItems")]

    assert completed[0] > completed[-1]
    assert completed == sorted(completed, reverse=True)


@every_version
def test_the_total_of_the_summary_is_open_plus_completed(connect: Connect, version: str) -> None:
    summary = connect(version).get("getWorkItemsSummary")

    assert 0 not in summary.values()
    assert summary["total"] == summary["open"] + summary["completed"]


def test_beta_wraps_the_count_of_completed_work_items_in_an_array(connect: Connect, server: Running) -> None:
    isc = connect("beta")

    count = isc.get("getCountCompletedWorkItems")

    assert count == [{"count": len(completed_items(server))}]


@pytest.mark.parametrize("version", VERSIONS_OF_OWNERS)
def test_elsewhere_the_count_of_completed_work_items_is_an_object(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)

    count = isc.get("getCountCompletedWorkItems")

    assert count == {"count": len(completed_items(server))}


@every_version
def test_lists_counts_summary_and_get_agree_after_every_kind_of_change(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)

    agreeing = {"none": agreement(isc)}
    for operation in CHANGES:
        item = suited(server, operation)
        isc.send(operation, **changes(server, item)[operation])
        agreeing[operation] = agreement(isc, isc.work_item(item["id"]))

    assert agreeing == {change: {"lists": True, "counts": True, "summary": True} for change in agreeing}


@every_version
def test_every_kind_of_change_but_forwarding_moves_one_from_open_to_completed(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    before = isc.get("getWorkItemsSummary")

    moved = {}
    for operation in CHANGES:
        isc.send(operation, **changes(server, suited(server, operation))[operation])
        after = isc.get("getWorkItemsSummary")
        moved[operation] = tuple(after[key] - before[key] for key in ("open", "completed", "total"))
        before = after

    assert moved == {**dict.fromkeys(CHANGES, (-1, 1, 0)), "forwardWorkItem": (0, 0, 0)}


@every_version
def test_an_unknown_work_item_is_a_404_for_each_operation(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    nobody_knows = {**approval(server, 1), "id": "0" * 32}

    answers = {name: isc.send(name, **request) for name, request in on_one(server, nobody_knows).items()}

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 404)
    assert {answer.json()["detailCode"] for answer in answers.values()} == {"404 Not found"}


@every_version
def test_a_percent_encoded_id_is_the_same_id(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server)[0]
    template = isc.base_path + operations(version)["getWorkItem"].path
    encoded = "".join(f"%{ord(digit):02X}" for digit in item["id"])

    answer = isc.http.get(template.format(id=encoded))

    assert answer.json() == item


def test_beta_gets_a_work_item_when_its_owner_is_named(connect: Connect, server: Running) -> None:
    item = open_items(server, ownerName="lena.marsh")[0]

    answer = connect("beta").send("getWorkItem", id=item["id"], ownerId=item["ownerId"])

    assert answer.json() == item


def test_beta_does_not_find_a_work_item_when_another_owner_is_named(connect: Connect, server: Running) -> None:
    item = open_items(server, ownerName="lena.marsh")[0]

    answer = connect("beta").send("getWorkItem", id=item["id"], ownerId=identity(server, "oscar.tindall").id)

    assert answer.status_code == 404


@pytest.mark.parametrize("version", VERSIONS_OF_OWNERS)
def test_elsewhere_an_owner_who_is_named_on_get_means_nothing(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, ownerName="lena.marsh")[0]

    answer = connect(version).send("getWorkItem", id=item["id"], ownerId=identity(server, "oscar.tindall").id)

    assert answer.json() == item


@every_version
def test_a_form_is_shaped_like_the_real_one(connect: Connect, server: Running, version: str) -> None:
    expected: Json = {"approvalItems": None, "name": None, "numItems": None, "completed": None, "remediationItems": []}

    item = connect(version).work_item(open_items(server, type="Form")[0]["id"])

    assert {key: item[key] for key in expected} == expected
    assert {key: item["form"][key] for key in ("id", "title", "subtitle")} == {"id": None, "title": None, "subtitle": None}
    assert "errors" not in item


@every_version
def test_a_work_item_without_owner_has_a_null_id_and_no_name_of_one(connect: Connect, server: Running, version: str) -> None:
    item = connect(version).work_item(open_items(server, ownerId=None)[0]["id"])

    assert item["ownerId"] is None
    assert "ownerName" not in item


def test_all_versions_show_the_same_work_items(connect: Connect) -> None:
    first, *others = VERSIONS
    connect(first).send("completeWorkItem", id=connect(first).open_ids(limit=1)[0])

    shown = [(isc.open_ids(), isc.completed_ids()) for isc in map(connect, others)]

    assert shown == [(connect(first).open_ids(), connect(first).completed_ids())] * len(others)


def test_only_beta_says_that_work_items_are_deprecated(connect: Connect) -> None:
    headers = {version: connect(version).send("getCountWorkItems").headers.get("X-Deprecated") for version in VERSIONS}

    assert headers == {**dict.fromkeys(VERSIONS), "beta": "true"}
