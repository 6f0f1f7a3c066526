"""Forwarding a work item: to whom it can be given, and what the old and the new owner then see."""

from __future__ import annotations

import pytest

from contract_tests.conftest import Connect
from contract_tests.support.client import Json
from contract_tests.support.moments import IN_2030, IN_2030_WRITTEN
from contract_tests.support.server import Running
from contract_tests.support.work_items import VERSIONS_OF_OWNERS, completed_items, forwarding, identity, open_items
from mock_server.contract import VERSIONS

every_version = pytest.mark.parametrize("version", VERSIONS)


@every_version
def test_forwarding_changes_the_owner_and_the_date_of_modification(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, ownerName="oscar.tindall")[0]
    server.tenant.clock.freeze(IN_2030)
    isc = connect(version)

    isc.send("forwardWorkItem", id=item["id"], json=forwarding(server, "lena.marsh"))

    assert isc.work_item(item["id"]) == {
        **item,
        "ownerId": identity(server, "lena.marsh").id,
        "ownerName": "lena.marsh",
        "modified": IN_2030_WRITTEN,
    }


@every_version
def test_the_answer_is_an_empty_200(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, ownerName="oscar.tindall")[0]

    answer = connect(version).send("forwardWorkItem", id=item["id"], json=forwarding(server, "lena.marsh"))

    assert (answer.status_code, answer.content) == (200, b"")
    assert "Content-Type" not in answer.headers


@every_version
def test_it_makes_no_difference_whether_the_new_owner_is_notified(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    items = open_items(server, ownerName="oscar.tindall")[:2]

    for item, notify in zip(items, (True, False), strict=True):
        isc.send("forwardWorkItem", id=item["id"], json={**forwarding(server, "lena.marsh"), "sendNotifications": notify})

    assert [isc.work_item(item["id"])["ownerName"] for item in items] == ["lena.marsh", "lena.marsh"]


@pytest.mark.parametrize("version", ["v2024", "v2025"])
def test_the_header_that_consents_to_experiments_does_no_harm(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, ownerName="oscar.tindall")[0]
    headers = {"X-SailPoint-Experimental": "true"}

    answer = connect(version).send("forwardWorkItem", id=item["id"], json=forwarding(server, "lena.marsh"), headers=headers)

    assert answer.status_code == 200


@every_version
def test_comment_and_target_are_mandatory_and_named_where_they_are_missing(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server, ownerName="oscar.tindall")[0]
    body = forwarding(server, "lena.marsh")

    missing = {field: isc.send("forwardWorkItem", id=item["id"], json={key: body[key] for key in body if key != field}) for field in body}
    empty = {field: isc.send("forwardWorkItem", id=item["id"], json={**body, field: ""}) for field in body}

    details = {answer.json()["detailCode"] for answers in (missing, empty) for answer in answers.values()}
    texts = [{field: answer.json()["messages"][0]["text"] for field, answer in answers.items()} for answers in (missing, empty)]
    assert details == {"400.1.0 Required data missing or empty"}
    assert texts == [{field: f'Required field "{field}" was missing or empty.' for field in ("targetOwnerId", "comment")}] * 2
    assert isc.work_item(item["id"]) == item


@every_version
def test_a_body_is_mandatory(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server)[0]

    answer = connect(version).send("forwardWorkItem", id=item["id"], headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["detailCode"]) == (400, "400.1.0 Required data missing or empty")


@every_version
def test_a_body_of_the_wrong_types_is_a_400_and_changes_nothing(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server, ownerName="oscar.tindall")[0]
    body = forwarding(server, "lena.marsh")
    wrong: list[Json] = [
        {**body, "comment": 7},
        {**body, "comment": None},
        {**body, "targetOwnerId": [body["targetOwnerId"]]},
        {**body, "sendNotifications": "no"},
        [body],
        body["targetOwnerId"],
        None,
    ]

    answers = [isc.send("forwardWorkItem", id=item["id"], json=one).status_code for one in wrong]

    assert answers == [400] * len(wrong)
    assert isc.work_item(item["id"]) == item


@every_version
def test_an_unknown_identity_is_a_reference_that_was_not_found(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server)[0]

    answer = isc.send("forwardWorkItem", id=item["id"], json={"targetOwnerId": "0" * 32, "comment": "Who is it?"})

    assert (answer.status_code, answer.json()["detailCode"]) == (400, "400.1.404 Referenced object not found")
    assert isc.work_item(item["id"]) == item


@every_version
def test_it_can_be_given_neither_to_the_present_owner_nor_to_somebody_who_has_left(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server, ownerName="oscar.tindall")[0]

    answers = [isc.send("forwardWorkItem", id=item["id"], json=forwarding(server, name)) for name in ("oscar.tindall", "colm.baxter")]

    assert [answer.json()["detailCode"] for answer in answers] == ["400.1.3 Illegal value"] * 2
    assert isc.work_item(item["id"]) == item


@every_version
def test_a_work_item_that_is_not_pending_cannot_be_forwarded(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    items = {item["state"]: item for item in completed_items(server)}
    body = forwarding(server, "margit.solheim")

    answers = {state: isc.send("forwardWorkItem", id=item["id"], json=body) for state, item in items.items()}

    details = {state: answer.json()["detailCode"] for state, answer in answers.items()}
    assert details == dict.fromkeys(("Finished", "Rejected", "Returned", "Expired", "Canceled"), "400.1 Bad request content")
    assert {state: isc.work_item(item["id"]) for state, item in items.items()} == items


@every_version
def test_it_moves_from_the_old_owners_list_and_count_to_the_new_ones(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server, ownerName="oscar.tindall")[0]
    old, new = item["ownerId"], identity(server, "yuki.farrow").id
    of_old, of_new = isc.open_ids(ownerId=old), isc.open_ids(ownerId=new)

    isc.send("forwardWorkItem", id=item["id"], json=forwarding(server, "yuki.farrow"))

    assert isc.open_ids(ownerId=old) == [id_ for id_ in of_old if id_ != item["id"]]
    assert sorted(isc.open_ids(ownerId=new)) == sorted([*of_new, item["id"]])
    assert isc.get("getCountWorkItems", ownerId=old) == {"count": len(of_old) - 1}
    assert isc.get("getCountWorkItems", ownerId=new) == {"count": len(of_new) + 1}


@every_version
def test_it_keeps_its_place_in_the_list_of_the_tenant(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    before = isc.open_ids(limit=20)

    isc.send("forwardWorkItem", id=before[7], json=forwarding(server, "margit.solheim"))

    assert isc.open_ids(limit=20) == before


@every_version
def test_a_work_item_without_owner_gets_one(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server, ownerId=None)[0]

    isc.send("forwardWorkItem", id=item["id"], json=forwarding(server, "bram.okafor"))

    assert isc.work_item(item["id"])["ownerName"] == "bram.okafor"
    assert item["id"] in isc.open_ids(ownerId=identity(server, "bram.okafor").id)


@every_version
def test_all_work_of_a_leaver_can_be_handed_over_to_the_manager(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    leaver = identity(server, "dario.penn")
    work = isc.open_ids(ownerId=leaver.id)

    for id_ in work:
        isc.send("forwardWorkItem", id=id_, json=forwarding(server, "victor.amsel"))

    assert work
    assert isc.open_ids(ownerId=leaver.id) == []
    assert set(work) <= set(isc.open_ids(ownerId=identity(server, "victor.amsel").id))


@pytest.mark.parametrize("version", VERSIONS_OF_OWNERS)
def test_an_owner_who_gives_it_away_sees_it_no_more(connect: Connect, server: Running, version: str) -> None:
    oscar = connect(version, "oscar")
    item = open_items(server, ownerName="oscar.tindall")[0]

    oscar.send("forwardWorkItem", id=item["id"], json=forwarding(server, "lena.marsh"))

    assert item["id"] not in oscar.open_ids()
    assert oscar.send("getWorkItem", id=item["id"]).status_code == 403


@pytest.mark.parametrize("version", VERSIONS_OF_OWNERS)
def test_the_new_owner_sees_and_completes_it(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, ownerName="oscar.tindall")[0]
    connect(version, "oscar").send("forwardWorkItem", id=item["id"], json=forwarding(server, "lena.marsh"))
    lena = connect(version, "lena")

    answer = lena.send("completeWorkItem", id=item["id"])

    assert answer.json()["state"] == "Finished"
    assert lena.completed_ids(limit=1) == [item["id"]]
