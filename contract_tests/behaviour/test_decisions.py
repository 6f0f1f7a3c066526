"""Approving and rejecting: one approval item, all of them, and what becomes of the work item."""

from __future__ import annotations

import pytest

from contract_tests.conftest import Connect
from contract_tests.support.client import Client, Json
from contract_tests.support.moments import A_MINUTE, A_MINUTE_LATER_WRITTEN, IN_2030, IN_2030_WRITTEN
from contract_tests.support.server import Running
from contract_tests.support.work_items import approval, changes, completed_items, open_items, statuses
from mock_server.contract import VERSIONS

every_version = pytest.mark.parametrize("version", VERSIONS)
either_way = pytest.mark.parametrize(("operation", "state"), [("approveApprovalItem", "Finished"), ("rejectApprovalItem", "Rejected")])

ONE = ("approveApprovalItem", "rejectApprovalItem")
BULK = ("approveApprovalItemsInBulk", "rejectApprovalItemsInBulk")
DECISIONS = ONE + BULK

CONTENT_TYPES: tuple[dict[str, str], ...] = (
    {},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "application/json"},
)
"""Of a request without a body, as Python, TypeScript and PowerShell send it."""


def decide(isc: Client, item: Json, *operations: str) -> Json:
    """The work item, after its approval items are decided one after the other."""
    for operation, approval_item in zip(operations, item["approvalItems"], strict=False):
        answer = isc.send(operation, id=item["id"], approvalItemId=approval_item["id"])
        assert answer.status_code == 200
    return answer.json()


def states(item: Json) -> list[str | None]:
    return [one["state"] for one in item["approvalItems"]]


@every_version
def test_an_undecided_approval_item_carries_null(connect: Connect, version: str) -> None:
    items = [item for item in connect(version).get("listWorkItems") if item["approvalItems"]]

    assert len(items) == 6
    assert {state for item in items for state in states(item)} == {None}


@every_version
@either_way
def test_a_decision_changes_one_approval_item_alone(connect: Connect, server: Running, version: str, operation: str, state: str) -> None:
    item = approval(server, 3)
    first, second, third = item["approvalItems"]

    decided = connect(version).send(operation, id=item["id"], approvalItemId=second["id"]).json()

    assert decided["approvalItems"] == [first, {**second, "state": state}, third]


@every_version
@either_way
def test_a_work_item_stays_pending_while_one_is_undecided(
    connect: Connect, server: Running, version: str, operation: str, state: str
) -> None:
    isc = connect(version)
    item = approval(server, 3)

    decided = decide(isc, item, operation, operation)

    assert states(decided) == [state, state, None]
    assert (decided["state"], decided["completed"]) == ("Pending", None)
    assert item["id"] in isc.open_ids()


@every_version
@either_way
def test_the_last_decision_ends_the_work_item(connect: Connect, server: Running, version: str, operation: str, state: str) -> None:
    isc = connect(version)
    item = approval(server, 3)

    decided = decide(isc, item, operation, operation, operation)

    assert states(decided) == [state, state, state]
    assert decided["state"] == state
    assert isc.completed_ids(limit=1) == [item["id"]]


@every_version
def test_the_only_decision_ends_the_work_item(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    one, other = (item for item in open_items(server, type="Approval", numItems=1))

    approved, rejected = decide(isc, one, "approveApprovalItem"), decide(isc, other, "rejectApprovalItem")

    assert (states(approved), approved["state"]) == (["Finished"], "Finished")
    assert (states(rejected), rejected["state"]) == (["Rejected"], "Rejected")


@every_version
def test_a_work_item_is_finished_if_any_was_approved(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    one, other = open_items(server, type="Approval", numItems=2)[:2]

    approved_first = decide(isc, one, "approveApprovalItem", "rejectApprovalItem")
    rejected_first = decide(isc, other, "rejectApprovalItem", "approveApprovalItem")

    assert (states(approved_first), approved_first["state"]) == (["Finished", "Rejected"], "Finished")
    assert (states(rejected_first), rejected_first["state"]) == (["Rejected", "Finished"], "Finished")


@every_version
@pytest.mark.parametrize(("operation", "state"), list(zip(BULK, ("Finished", "Rejected"), strict=True)))
def test_bulk_decides_all_and_ends_the_work_item(connect: Connect, server: Running, version: str, operation: str, state: str) -> None:
    isc = connect(version)
    item = approval(server, 3)

    decided = isc.send(operation, id=item["id"]).json()

    assert (states(decided), decided["state"]) == ([state, state, state], state)
    assert isc.completed_ids(limit=1) == [item["id"]]


@every_version
def test_bulk_leaves_what_is_decided_as_it_is(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    rejected, approved = (item for item in open_items(server, type="Approval", numItems=2)[:2])
    decide(isc, rejected, "rejectApprovalItem")
    decide(isc, approved, "approveApprovalItem")

    then_approved = isc.send("approveApprovalItemsInBulk", id=rejected["id"]).json()
    then_rejected = isc.send("rejectApprovalItemsInBulk", id=approved["id"]).json()

    assert (states(then_approved), then_approved["state"]) == (["Rejected", "Finished"], "Finished")
    assert (states(then_rejected), then_rejected["state"]) == (["Finished", "Rejected"], "Finished")


@every_version
def test_a_decision_is_dated_by_the_tenants_clock(connect: Connect, server: Running, version: str) -> None:
    item = approval(server, 2)
    server.tenant.clock.freeze(IN_2030)
    isc = connect(version)

    first = decide(isc, item, "approveApprovalItem")
    server.tenant.clock.advance(A_MINUTE)
    last = isc.send("rejectApprovalItemsInBulk", id=item["id"]).json()

    assert (first["modified"], first["completed"]) == (IN_2030_WRITTEN, None)
    assert (last["modified"], last["completed"]) == (A_MINUTE_LATER_WRITTEN, A_MINUTE_LATER_WRITTEN)


@every_version
def test_the_answer_is_the_whole_work_item_as_it_is_got_afterwards(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    items = dict(zip(DECISIONS, open_items(server, type="Approval"), strict=False))

    answers = {operation: isc.send(operation, **changes(server, item)[operation]).json() for operation, item in items.items()}

    assert answers == {operation: isc.work_item(item["id"]) for operation, item in items.items()}


@every_version
def test_an_approval_item_is_decided_once(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = approval(server, 2)
    once = decide(isc, item, "approveApprovalItem")

    answers = [isc.send(again, id=item["id"], approvalItemId=item["approvalItems"][0]["id"]) for again in ONE]

    assert [answer.json()["detailCode"] for answer in answers] == ["400.1 Bad request content"] * 2
    assert isc.work_item(item["id"]) == once


@every_version
def test_an_approval_item_that_the_work_item_does_not_have_is_a_404(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item, other, without = approval(server, 2), approval(server, 3), open_items(server, type="ManualAction")[0]
    wrong = [(item, "0" * 32), (item, other["approvalItems"][0]["id"]), (without, other["approvalItems"][0]["id"])]

    answers = [isc.send(operation, id=one["id"], approvalItemId=id_).status_code for operation in ONE for one, id_ in wrong]

    assert answers == [404] * 6
    assert [isc.work_item(one["id"]) for one in (item, other, without)] == [item, other, without]


@every_version
def test_bulk_without_undecided_approval_items_is_a_400_that_changes_nothing(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server, type="ManualAction")[0]

    answers = [isc.send(operation, id=item["id"]) for operation in BULK]

    assert [answer.json()["detailCode"] for answer in answers] == ["400.1 Bad request content"] * 2
    assert isc.work_item(item["id"]) == item


@every_version
def test_a_finished_work_item_refuses_another_decision(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = approval(server, 2)
    ended = isc.send("completeWorkItem", id=item["id"]).json()

    answers = statuses(isc, {name: request for name, request in changes(server, item).items() if name in DECISIONS})

    assert answers == dict.fromkeys(DECISIONS, 400)
    assert isc.work_item(item["id"]) == ended


@every_version
def test_bulk_refuses_a_work_item_in_any_final_state(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    items = {item["state"]: item for item in completed_items(server)}

    answers = {state: [isc.send(operation, id=item["id"]).status_code for operation in BULK] for state, item in items.items()}

    assert answers == {state: [400, 400] for state in ("Finished", "Rejected", "Returned", "Expired", "Canceled")}
    assert {state: isc.work_item(item["id"]) for state, item in items.items()} == items


@every_version
def test_a_decision_needs_no_body_whatever_the_content_type_says(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    of_three, *others = sorted(open_items(server, type="Approval"), key=lambda item: -len(item["approvalItems"]))

    of_one = [
        isc.send("approveApprovalItem", id=of_three["id"], approvalItemId=one["id"], headers=headers).status_code
        for one, headers in zip(of_three["approvalItems"], CONTENT_TYPES, strict=True)
    ]
    in_bulk = [
        isc.send("rejectApprovalItemsInBulk", id=item["id"], headers=headers).status_code
        for item, headers in zip(others, CONTENT_TYPES, strict=False)
    ]

    assert of_one == in_bulk == [200, 200, 200]
