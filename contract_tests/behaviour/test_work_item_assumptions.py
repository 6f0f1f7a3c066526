"""What nobody has published about work items: every alternative value of an assumption does what its meaning says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.conftest import Connect, Serve
from contract_tests.support.client import Client, Json, operations
from contract_tests.support.moments import A_MINUTE
from contract_tests.support.server import Running, running
from contract_tests.support.work_items import (
    LISTS,
    approval,
    changes,
    completed_items,
    everything,
    forwarding,
    identity,
    on_one,
    open_items,
    statuses,
)
from mock_server import contract
from mock_server.contract import VERSIONS
from mock_server.settings import Settings

every_version = pytest.mark.parametrize("version", VERSIONS)

OTHERWISE = {
    "admin-without-owner": "self",
    "somebody-elses-list": "own-list",
    "somebody-elses-item": "not-found",
    "unknown-owner": "not-found",
    "beta-owner": "admitted",
    "forward-administrators": "everything",
    "get-with-owner": "ignored",
    "not-pending": "unchanged",
    "complete-undecided": "refused",
    "approval-item-state": "pending-until-decided",
    "work-item-after-decisions": "stays-pending",
    "bulk-without-items": "unchanged",
    "forward-to-unknown": "not-found",
    "forward-to-owner": "accepted",
    "forward-to-inactive": "accepted",
    "account-selection": "stays-pending",
    "open-order": "newest-first",
    "completed-order": "oldest-first",
    "summary-total": "open",
}
"""One alternative of each, together: none gets in another's way."""

ANY_REJECTED = {"work-item-after-decisions": "any-rejected-rejects"}

BULK = ("approveApprovalItemsInBulk", "rejectApprovalItemsInBulk")

EXPERIMENTAL = {"experimental-header": "forbidden"}


@pytest.fixture(scope="module")
def running_otherwise() -> Iterator[Running]:
    with running(Settings(assume=OTHERWISE)) as server:
        yield server


@pytest.fixture
def otherwise(running_otherwise: Running) -> Running:
    """The fake that takes the alternatives for true, in its start state."""
    running_otherwise.reset()
    return running_otherwise


@pytest.fixture(scope="module")
def running_any_rejected() -> Iterator[Running]:
    with running(Settings(assume=ANY_REJECTED)) as server:
        yield server


@pytest.fixture
def any_rejected(running_any_rejected: Running) -> Running:
    running_any_rejected.reset()
    return running_any_rejected


def states(item: Json) -> list[str | None]:
    return [one["state"] for one in item["approvalItems"]]


def decided_and_completed(isc: Client, item: Json) -> Json:
    """The work item, finished, with all approval items approved."""
    isc.send("approveApprovalItemsInBulk", id=item["id"])
    return isc.send("completeWorkItem", id=item["id"]).json()


def test_no_alternative_is_forgotten_here() -> None:
    about_work_items = {name for name, operation in operations("v2024").items() if "Work Items" in operation.spec["tags"]}

    alternatives = {
        (assumption.id, value)
        for assumption in contract.assumptions().values()
        if about_work_items.issuperset(assumption.operations)
        for value in assumption.alternatives
    }

    assert alternatives == {*OTHERWISE.items(), *ANY_REJECTED.items(), *EXPERIMENTAL.items()}


# Who sees what


@every_version
def test_admin_without_owner_self(connect: Connect, otherwise: Running, version: str) -> None:
    """An administrator who names nobody gets only his own."""
    isc = connect(version, to=otherwise)
    own = identity(otherwise, "ines.calder").id

    seen = {name: isc.get(name) for name in LISTS}

    assert {item["ownerId"] for item in (*seen["listWorkItems"], *seen["getCompletedWorkItems"])} == {own}
    assert seen == {name: isc.get(name, ownerId=own) for name in LISTS}


@every_version
def test_somebody_elses_list_own_list(connect: Connect, otherwise: Running, version: str) -> None:
    """A user who names somebody else gets his own list."""
    oscar = connect(version, "oscar", to=otherwise)
    hers = identity(otherwise, "lena.marsh").id

    seen = {name: oscar.get(name, ownerId=hers) for name in LISTS}

    assert {item["ownerName"] for item in seen["listWorkItems"]} == {"oscar.tindall"}
    assert seen == {name: oscar.get(name) for name in LISTS}


@every_version
def test_somebody_elses_item_not_found(connect: Connect, otherwise: Running, version: str) -> None:
    """A user does not learn that somebody else's work item exists."""
    item = open_items(otherwise, ownerName="lena.marsh")[0]

    answers = statuses(connect(version, "oscar", to=otherwise), on_one(otherwise, item))

    assert answers == dict.fromkeys(answers, 404)
    assert item in open_items(otherwise)


@every_version
def test_unknown_owner_not_found(connect: Connect, otherwise: Running, version: str) -> None:
    """An owner who does not exist is a 404."""
    answers = statuses(connect(version, to=otherwise), {name: {"ownerId": "0" * 32} for name in LISTS})

    assert answers == dict.fromkeys(LISTS, 404)


def test_beta_owner_admitted_sees(connect: Connect, otherwise: Running) -> None:
    """In beta, too, a user sees what he owns."""
    oscar = connect("beta", "oscar", to=otherwise)

    seen = {item["ownerName"] for item in (*oscar.get("listWorkItems"), *oscar.get("getCompletedWorkItems"))}

    assert seen == {"oscar.tindall"}


def test_beta_owner_admitted_changes(connect: Connect, otherwise: Running) -> None:
    """In beta, too, a user changes what he owns."""
    item = open_items(otherwise, type="ManualAction", ownerName="oscar.tindall")[0]

    answer = connect("beta", "oscar", to=otherwise).send("completeWorkItem", id=item["id"])

    assert answer.json()["state"] == "Finished"


@pytest.mark.parametrize("version", ["v3", "v2024"])
def test_forward_administrators_everything(connect: Connect, otherwise: Running, version: str) -> None:
    """The levels that may forward everything may see and change everything as well."""
    item = open_items(otherwise, type="Form", ownerName="lena.marsh")[0]
    requests = everything(otherwise, item)
    for name in LISTS:
        requests[name] = {"ownerId": item["ownerId"]}
    reporter = connect(version, "report-admin", to=otherwise)

    listed = reporter.open_ids(ownerId=item["ownerId"])
    answers = statuses(reporter, {name: requests[name] for name in (*LISTS, "getWorkItem", "submitAccountSelection", "completeWorkItem")})

    assert item["id"] in listed
    assert answers == dict.fromkeys(answers, 200)


@pytest.mark.parametrize("version", ["beta", "v2025", "v2026", "v1"])
def test_forward_administrators_everything_elsewhere(connect: Connect, otherwise: Running, version: str) -> None:
    """Versions that name no such level give none of them anything."""
    item = open_items(otherwise, ownerName="lena.marsh")[0]

    answers = statuses(connect(version, "report-admin", to=otherwise), on_one(otherwise, item))

    assert answers == dict.fromkeys(answers, 404)


def test_get_with_owner_ignored(connect: Connect, otherwise: Running) -> None:
    """In beta an owner who is named on get means nothing."""
    item = open_items(otherwise, ownerName="lena.marsh")[0]

    answer = connect("beta", to=otherwise).send("getWorkItem", id=item["id"], ownerId=identity(otherwise, "oscar.tindall").id)

    assert answer.json() == item


# What can be done with a work item


@every_version
def test_not_pending_unchanged_work_item(connect: Connect, otherwise: Running, version: str) -> None:
    """A work item that is not pending is answered as it is, and stays so."""
    isc = connect(version, to=otherwise)
    ended = decided_and_completed(isc, approval(otherwise, 2))
    otherwise.tenant.clock.advance(A_MINUTE)

    answers = {name: isc.send(name, **request) for name, request in changes(otherwise, ended).items()}

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert answers.pop("forwardWorkItem").content == b""
    assert {name: answer.json() for name, answer in answers.items()} == dict.fromkeys(answers, ended)
    assert isc.work_item(ended["id"]) == ended


@every_version
def test_not_pending_unchanged_approval_item(connect: Connect, otherwise: Running, version: str) -> None:
    """An approval item that is decided stays as it is."""
    isc = connect(version, to=otherwise)
    request = {"id": approval(otherwise, 2)["id"], "approvalItemId": approval(otherwise, 2)["approvalItems"][0]["id"]}
    once = isc.send("approveApprovalItem", **request).json()
    otherwise.tenant.clock.advance(A_MINUTE)

    again = isc.send("rejectApprovalItem", **request)

    assert (again.status_code, again.json()) == (200, once)


@every_version
def test_complete_undecided_refused(connect: Connect, otherwise: Running, version: str) -> None:
    """A work item with undecided approval items cannot be completed."""
    isc = connect(version, to=otherwise)
    item = isc.send("approveApprovalItem", **changes(otherwise, approval(otherwise, 2))["approveApprovalItem"]).json()

    answer = isc.send("completeWorkItem", id=item["id"])

    assert (answer.status_code, answer.json()["detailCode"]) == (400, "400.1 Bad request content")
    assert isc.work_item(item["id"]) == item


@every_version
def test_complete_undecided_refused_until_all_are_decided(connect: Connect, otherwise: Running, version: str) -> None:
    """A work item without undecided approval items can be completed, and so can one that never had any."""
    isc = connect(version, to=otherwise)

    decided = decided_and_completed(isc, approval(otherwise, 2))
    without = isc.send("completeWorkItem", id=open_items(otherwise, type="ManualAction")[0]["id"]).json()

    assert (decided["state"], without["state"]) == ("Finished", "Finished")


@every_version
def test_approval_item_state_pending_until_decided(connect: Connect, otherwise: Running, version: str) -> None:
    """An undecided approval item carries Pending, in the list and after a decision about another."""
    isc = connect(version, to=otherwise)
    item = approval(otherwise, 3)

    listed = next(one for one in isc.get("listWorkItems", ownerId=item["ownerId"]) if one["id"] == item["id"])
    decided = isc.send("rejectApprovalItem", **changes(otherwise, item)["rejectApprovalItem"]).json()

    assert states(listed) == ["Pending", "Pending", "Pending"]
    assert states(decided) == ["Rejected", "Pending", "Pending"]


@every_version
def test_approval_item_state_pending_until_decided_in_bulk(connect: Connect, otherwise: Running, version: str) -> None:
    """Bulk decides those that carry Pending."""
    isc = connect(version, to=otherwise)
    item = approval(otherwise, 3)
    isc.send("rejectApprovalItem", **changes(otherwise, item)["rejectApprovalItem"])

    decided = isc.send("approveApprovalItemsInBulk", id=item["id"]).json()

    assert states(decided) == ["Rejected", "Finished", "Finished"]


@every_version
def test_work_item_after_decisions_stays_pending(connect: Connect, otherwise: Running, version: str) -> None:
    """When all is decided, the work item waits to be completed."""
    isc = connect(version, to=otherwise)
    one, other = approval(otherwise, 2), approval(otherwise, 3)

    decided = [isc.send("approveApprovalItemsInBulk", id=one["id"]).json(), isc.send("rejectApprovalItemsInBulk", id=other["id"]).json()]

    assert [(item["state"], item["completed"]) for item in decided] == [("Pending", None)] * 2
    assert one["id"] in isc.open_ids(ownerId=one["ownerId"])


@every_version
def test_work_item_after_decisions_any_rejected_rejects(connect: Connect, any_rejected: Running, version: str) -> None:
    """One rejected approval item rejects the work item; without any it is Finished."""
    isc = connect(version, to=any_rejected)
    mixes = {
        ("approveApprovalItem", "approveApprovalItemsInBulk"): "Finished",
        ("approveApprovalItem", "rejectApprovalItemsInBulk"): "Rejected",
        ("rejectApprovalItem", "approveApprovalItemsInBulk"): "Rejected",
    }

    ended = {}
    for mix, item in zip(mixes, open_items(any_rejected, type="Approval", numItems=2), strict=True):
        answers = [isc.send(operation, **changes(any_rejected, item)[operation]).json() for operation in mix]
        ended[mix] = answers[-1]["state"]

    assert ended == mixes


@every_version
def test_bulk_without_items_unchanged(connect: Connect, otherwise: Running, version: str) -> None:
    """A work item without undecided approval items is answered as it is, and stays so."""
    isc = connect(version, to=otherwise)
    without = open_items(otherwise, type="ManualAction")[0]
    decided = isc.send("approveApprovalItemsInBulk", id=approval(otherwise, 2)["id"]).json()
    otherwise.tenant.clock.advance(A_MINUTE)

    answers = [isc.send(bulk, id=item["id"]) for bulk in BULK for item in (without, decided)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, without), (200, decided)] * 2
    assert [isc.work_item(item["id"]) for item in (without, decided)] == [without, decided]


@every_version
def test_forward_to_unknown_not_found(connect: Connect, otherwise: Running, version: str) -> None:
    """An identity that does not exist is a 404."""
    isc = connect(version, to=otherwise)
    item = open_items(otherwise)[0]

    answer = isc.send("forwardWorkItem", id=item["id"], json={"targetOwnerId": "0" * 32, "comment": "Who is it?"})

    assert answer.status_code == 404
    assert isc.work_item(item["id"]) == item


@every_version
def test_forward_to_owner_accepted(connect: Connect, otherwise: Running, version: str) -> None:
    """Nothing but the date of modification changes."""
    isc = connect(version, to=otherwise)
    item = open_items(otherwise, ownerName="oscar.tindall")[0]

    answer = isc.send("forwardWorkItem", id=item["id"], json=forwarding(otherwise, "oscar.tindall"))

    now = isc.work_item(item["id"])
    assert answer.status_code == 200
    assert now["modified"] != item["modified"]
    assert now == {**item, "modified": now["modified"]}


@every_version
def test_forward_to_inactive_accepted(connect: Connect, otherwise: Running, version: str) -> None:
    """Somebody who is no longer active becomes the owner like any other."""
    isc = connect(version, to=otherwise)
    item = open_items(otherwise)[0]
    gone = identity(otherwise, "colm.baxter")

    answer = isc.send("forwardWorkItem", id=item["id"], json=forwarding(otherwise, gone.name))

    assert answer.status_code == 200
    assert isc.work_item(item["id"])["ownerName"] == gone.name
    assert isc.open_ids(ownerId=gone.id) == [item["id"]]


@every_version
def test_account_selection_stays_pending(connect: Connect, otherwise: Running, version: str) -> None:
    """The values are put in, and the item waits to be completed."""
    isc = connect(version, to=otherwise)
    item = open_items(otherwise, type="Form", ownerName="oscar.tindall")[0]

    selected = isc.send("submitAccountSelection", id=item["id"], json={"primaryAccount": "OTIND02"}).json()

    assert selected["form"]["sections"][0]["formItems"][0]["value"] == "OTIND02"
    assert (selected["state"], selected["completed"]) == ("Pending", None)
    assert item["id"] in isc.open_ids(ownerId=item["ownerId"])


# Lists


@every_version
def test_open_order_newest_first(connect: Connect, otherwise: Running, version: str) -> None:
    isc = connect(version, to=otherwise)
    oldest_first = [item["id"] for item in open_items(otherwise, ownerName="lena.marsh")]

    listed = isc.open_ids(ownerId=identity(otherwise, "lena.marsh").id)

    assert len(listed) > 2
    assert listed == oldest_first[::-1]


@every_version
def test_completed_order_oldest_first(connect: Connect, otherwise: Running, version: str) -> None:
    isc = connect(version, to=otherwise)
    newest_first = [item["id"] for item in completed_items(otherwise, ownerName="lena.marsh")]

    listed = isc.completed_ids(ownerId=identity(otherwise, "lena.marsh").id)

    assert len(listed) > 2
    assert listed == newest_first[::-1]


@every_version
def test_summary_total_open(connect: Connect, otherwise: Running, version: str) -> None:
    """`total` counts the open ones alone."""
    summary = connect(version, to=otherwise).get("getWorkItemsSummary")

    assert summary["completed"] > 0
    assert summary["total"] == summary["open"]


# The service around them


def test_experimental_header_forbidden(connect: Connect, serve: Serve) -> None:
    """With --experimental strict, v2024 answers 403 where the header is missing."""
    strict = serve(strict_experimental=True, assume=EXPERIMENTAL)
    isc = connect("v2024", to=strict)
    requests = everything(strict, open_items(strict, type="ManualAction")[0])
    headers = {"X-SailPoint-Experimental": "true"}

    without = {name: isc.send(name, **requests[name]).status_code for name in ("forwardWorkItem", "getCountCompletedWorkItems")}
    consenting = {name: isc.send(name, **requests[name], headers=headers).status_code for name in without}

    assert without == dict.fromkeys(without, 403)
    assert consenting == dict.fromkeys(without, 200)
