"""The mock's own API: is it ready, and start again."""

from __future__ import annotations

from importlib.metadata import version as installed_version
from typing import Any

import httpx
import pytest

from contract_tests.conftest import Connect
from contract_tests.support import tasks
from contract_tests.support.client import Client, Json
from contract_tests.support.server import Running
from mock_server.contract import VERSIONS


def test_health_says_that_requests_are_served(http: httpx.Client) -> None:
    answer = http.get("/_mock/health")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {"status": "ok", "version": installed_version("isc-mock"), "tenants": 1}


def test_reset_answers_nothing(http: httpx.Client) -> None:
    answer = http.post("/_mock/reset")

    assert answer.status_code == 204
    assert answer.content == b""
    assert "Content-Type" not in answer.headers


def test_reset_needs_no_body_and_reads_none(http: httpx.Client) -> None:
    answer = http.post("/_mock/reset", content=b"{", headers={"Content-Type": "text/plain"})

    assert answer.status_code == 204


CHANGES = (
    "completeWorkItem",
    "forwardWorkItem",
    "approveApprovalItem",
    "rejectApprovalItem",
    "approveApprovalItemsInBulk",
    "rejectApprovalItemsInBulk",
    "submitAccountSelection",
    "updateTaskStatus",
)
"""All operations that change something, by their names in v2024."""


@pytest.mark.parametrize("name", CHANGES)
def test_reset_takes_every_change_back(connect: Connect, name: str) -> None:
    isc = connect("v2025")
    start = _state(isc)
    _change(isc, name)
    changed = _state(isc)

    isc.http.post("/_mock/reset")

    assert changed != start
    assert _state(isc) == start


def test_reset_takes_many_changes_back_at_once(connect: Connect) -> None:
    isc = connect("v2025")
    start = _state(isc)
    for name in CHANGES:
        _change(isc, name)

    isc.http.post("/_mock/reset")

    assert _state(isc) == start


def test_what_was_taken_back_can_be_done_again(connect: Connect) -> None:
    isc = connect("v2025")
    first = isc.open_ids(limit=1)[0]
    isc.send("completeWorkItem", id=first)

    isc.http.post("/_mock/reset")

    assert isc.send("completeWorkItem", id=first).json()["state"] == "Finished"


def test_a_reset_is_seen_in_every_version(connect: Connect) -> None:
    first = connect("v2025").open_ids(limit=1)[0]
    connect("v2025").send("completeWorkItem", id=first)

    connect("v2024", None).http.post("/_mock/reset")

    assert {version: connect(version).work_item(first)["state"] for version in VERSIONS} == dict.fromkeys(VERSIONS, "Pending")


def test_tokens_outlive_a_reset(connect: Connect) -> None:
    isc = connect("v2025")

    isc.http.post("/_mock/reset")

    assert isc.send("getCountWorkItems").status_code == 200


def test_the_clock_outlives_a_reset(connect: Connect, server: Running) -> None:
    isc = connect("v2025")
    server.tenant.clock.freeze(1_800_000_000_000)

    isc.http.post("/_mock/reset")

    assert server.tenant.clock.now() == 1_800_000_000_000


@pytest.mark.parametrize("version", VERSIONS)
def test_no_version_has_a_control_api_of_its_own(http: httpx.Client, version: str) -> None:
    assert http.post(f"/{version}/_mock/reset").status_code == 404


def _state(isc: Client) -> dict[str, Json]:
    """All that can be seen and changed."""
    lists = ("/v2025/work-items", "/v2025/work-items/completed", "/v2025/task-status", "/v2025/work-items/summary")
    return {path: isc.http.get(path).json() for path in lists}


def _change(isc: Client, name: str) -> None:
    """Changes something by that operation, each time something else."""
    items = isc.http.get("/v2025/work-items").json()
    task = tasks.pending(isc)[0]
    plain = next(item for item in items if item["type"] == "ManualAction" and item["ownerId"])
    form = next(item for item in items if item["type"] == "Form")
    approval = next(item for item in items if None in [one["state"] for one in item["approvalItems"] or []])
    undecided = next(one["id"] for one in approval["approvalItems"] if one["state"] is None)
    somebody = next(item["ownerId"] for item in items if item["ownerId"] not in (None, plain["ownerId"]))
    arguments: dict[str, dict[str, Any]] = {
        "completeWorkItem": {"id": plain["id"]},
        "forwardWorkItem": {"id": plain["id"], "json": {"targetOwnerId": somebody, "comment": "Please take this over."}},
        "approveApprovalItem": {"id": approval["id"], "approvalItemId": undecided},
        "rejectApprovalItem": {"id": approval["id"], "approvalItemId": undecided},
        "approveApprovalItemsInBulk": {"id": approval["id"]},
        "rejectApprovalItemsInBulk": {"id": approval["id"]},
        "submitAccountSelection": {"id": form["id"], "json": {"phone": "+1 555 0100"}},
        "updateTaskStatus": {"id": task["id"], "json": [{"op": "replace", "path": "/completionStatus", "value": "Error"}]},
    }
    answer = isc.send(name, **arguments[name])
    assert answer.status_code == 200, answer.text
