"""Completing a work item: whatever the body, once only, and dated by the tenant's clock."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.conftest import Connect
from contract_tests.support.client import operations
from contract_tests.support.moments import A_MINUTE, IN_2030, IN_2030_WRITTEN
from contract_tests.support.server import Running
from contract_tests.support.work_items import approval, completed_items, open_items
from mock_server.contract import VERSIONS

every_version = pytest.mark.parametrize("version", VERSIONS)

JSON = {"Content-Type": "application/json"}

BODIES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "nothing, as Python does": {"headers": JSON},
    "an empty object, as TypeScript does": {"headers": JSON, "content": "{}"},
    "null, as TypeScript and PowerShell do": {"headers": JSON, "content": "null"},
    "an empty string": {"headers": JSON, "content": '""'},
    "a string, as Python and TypeScript do": {"headers": JSON, "content": '"Done, and tested."'},
}
"""What clients send when they complete a work item, and are told to send a text or none."""


@every_version
def test_every_body_that_clients_send_completes_a_work_item(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    items = open_items(server)[: len(BODIES)]

    answers = {
        sent: isc.send("completeWorkItem", id=item["id"], **request) for (sent, request), item in zip(BODIES.items(), items, strict=True)
    }

    assert {sent: (answer.status_code, answer.json()["state"]) for sent, answer in answers.items()} == dict.fromkeys(
        BODIES, (200, "Finished")
    )


@every_version
def test_an_object_completes_a_work_item_as_powershell_sends_it(connect: Connect, server: Running, version: str) -> None:
    answer = connect(version).send("completeWorkItem", id=open_items(server)[0]["id"], json={"Length": 3})

    assert (answer.status_code, answer.json()["state"]) == (200, "Finished")


@every_version
def test_text_without_quotes_completes_a_work_item_as_go_sends_it(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server)[0]
    path = isc.base_path + operations(version)["completeWorkItem"].path.format(id=item["id"])

    # Past the oracle: openapi-core reads what is declared as JSON, and this is not.
    answer = isc.http.post(path, content="Done, and tested.", headers=JSON)

    assert answer.status_code == 200
    assert isc.work_item(item["id"])["state"] == "Finished"


@every_version
def test_a_body_that_breaks_off_is_a_400_and_completes_nothing(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server)[0]

    answer = isc.send("completeWorkItem", id=item["id"], content='{"comment": "Do', headers=JSON)

    assert (answer.status_code, answer.json()["detailCode"]) == (400, "400.0 Bad request syntax")
    assert isc.work_item(item["id"]) == item


@every_version
def test_a_path_that_ends_in_complete_is_a_404(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server)[0]
    path = isc.base_path + operations(version)["completeWorkItem"].path.format(id=item["id"])

    answer = isc.http.post(f"{path}/complete", json={})

    assert (answer.status_code, answer.json()["detailCode"]) == (404, "404 Not found")
    assert isc.work_item(item["id"]) == item


@every_version
def test_completing_changes_state_and_dates_and_nothing_else(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, type="Remediation")[0]
    server.tenant.clock.freeze(IN_2030)
    isc = connect(version)

    completed = isc.send("completeWorkItem", id=item["id"]).json()

    assert completed == {**item, "state": "Finished", "completed": IN_2030_WRITTEN, "modified": IN_2030_WRITTEN}
    assert isc.work_item(item["id"]) == completed


@every_version
def test_a_work_item_of_any_type_can_be_completed(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    items = {item["type"]: item for item in open_items(server)}

    states = {type_: isc.send("completeWorkItem", id=item["id"]).json()["state"] for type_, item in items.items()}

    assert len(states) >= 8
    assert states == dict.fromkeys(items, "Finished")


@every_version
def test_a_completed_work_item_refuses_to_be_completed_again(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    once = isc.send("completeWorkItem", id=open_items(server)[0]["id"]).json()
    server.tenant.clock.advance(A_MINUTE)

    answer = isc.send("completeWorkItem", id=once["id"])

    assert (answer.status_code, answer.json()["detailCode"]) == (400, "400.1 Bad request content")
    assert isc.work_item(once["id"]) == once


@every_version
def test_a_work_item_in_any_final_state_refuses_to_be_completed(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    items = {item["state"]: item for item in completed_items(server)}

    answers = {state: isc.send("completeWorkItem", id=item["id"]).status_code for state, item in items.items()}

    assert answers == dict.fromkeys(("Finished", "Rejected", "Returned", "Expired", "Canceled"), 400)
    assert {state: isc.work_item(item["id"]) for state, item in items.items()} == items


@every_version
def test_completing_leaves_undecided_approval_items_undecided(connect: Connect, server: Running, version: str) -> None:
    item = approval(server, 3)

    completed = connect(version).send("completeWorkItem", id=item["id"]).json()

    assert completed["state"] == "Finished"
    assert [one["state"] for one in completed["approvalItems"]] == [None, None, None]
