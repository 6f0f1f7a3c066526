"""Making things happen: work items that are added, tasks that are launched and go on as they were told."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contract_tests.conftest import Make
from contract_tests.support.client import Json
from contract_tests.support.control import mistake
from mock_server.contract import VERSIONS
from mock_server.handle import Isc

OUTCOMES = ("SUCCESS", "WARNING", "ERROR", "TERMINATED", "TEMPERROR")

MESSAGE = {"type": "WARN", "localizedText": {"locale": "en", "message": "Three rows were skipped."}, "key": "skipped", "parameters": []}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_added_work_item_is_in_every_version(isc: Isc, isc_client: httpx.Client, version: str) -> None:
    added = isc.add(type="Generic", description="Look at this.", owner="oscar.tindall")

    path = "/work-items/v1" if version == "v1" else f"/{version}/work-items"
    seen = isc_client.get(f"{path}/{added['id']}")
    assert seen.status_code == 200
    assert seen.json()["description"] == "Look at this."


def test_an_added_work_item_is_answered_as_the_api_shows_it(isc: Isc, isc_client: httpx.Client) -> None:
    added = isc.add(type="Generic", description="Look at this.", owner="oscar.tindall", requester="lena.marsh")

    assert isc_client.get(f"/v2025/work-items/{added['id']}").json() == added
    assert (added["ownerName"], added["requesterDisplayName"], added["state"]) == ("oscar.tindall", "Lena Marsh", "Pending")


def test_an_added_work_item_is_counted_and_listed(isc: Isc, isc_client: httpx.Client) -> None:
    before = isc_client.get("/v2025/work-items/count").json()["count"]

    added = isc.add(type="Generic", description="Look at this.")

    assert isc_client.get("/v2025/work-items/count").json()["count"] == before + 1
    assert added["id"] in [item["id"] for item in isc_client.get("/v2025/work-items", params={"limit": 250}).json()]


def test_without_id_and_date_it_gets_an_id_and_is_of_now(isc: Isc) -> None:
    now = isc.clock.freeze("2030-01-01T00:00:00Z")

    first, second = (isc.add(type="Generic", description="Look at this.") for _ in range(2))

    assert first["created"] == now
    assert first["id"] != second["id"]
    assert len(first["id"]) == 32


def test_an_added_approval_can_be_decided(isc: Isc, isc_client: httpx.Client) -> None:
    approvals = [{"id": "ab" * 16, "application": "Team Chat", "operation": "Add", "name": "groups", "value": "Readers"}]
    added = isc.add(type="Approval", owner="lena.marsh", description="Oscar asks for access.", approvalItems=approvals)

    answer = isc_client.post(f"/v2025/work-items/{added['id']}/approve/{approvals[0]['id']}")

    assert answer.status_code == 200, answer.text


def test_a_completed_work_item_can_be_added(isc: Isc, isc_client: httpx.Client) -> None:
    before = isc_client.get("/v2025/work-items/completed/count").json()["count"]

    isc.add(type="Generic", description="Done.", state="Finished", created="-2d", completed="-1d")

    assert isc_client.get("/v2025/work-items/completed/count").json()["count"] == before + 1


WRONG_ITEMS: dict[str, tuple[Any, str]] = {
    "unknown field": ({"colour": "red"}, "colour"),
    "unknown owner": ({"owner": "nobody"}, "owner"),
    "unknown requester": ({"requester": "nobody"}, "requester"),
    "unknown type": ({"type": "Nonsense"}, "type"),
    "an id of another form": ({"id": "x"}, "id"),
    "an id that is a number": ({"id": 5}, "id"),
    "an id that is a list": ({"id": []}, "id"),
    "an id that is an object": ({"id": {}}, "id"),
    "an id that is null": ({"id": None}, "id"),
    "no date": ({"created": "yesterday"}, "created"),
    "a date that is null": ({"created": None}, "created"),
    "a description that is a number": ({"description": 5}, "description"),
    "approval items that are a number": ({"approvalItems": 5}, "approvalItems"),
    "an approval item without id": ({"approvalItems": [{"application": "Team Chat"}]}, "approvalItems"),
    "a completed one without a date": ({"state": "Finished"}, "completed"),
    "a pending one with a date": ({"completed": "-1h"}, "completed"),
    "a list in a list": ({"remediationItems": [[]]}, "remediationItems"),
}


@pytest.mark.parametrize("case", WRONG_ITEMS)
def test_a_mistaken_work_item_names_the_field_and_adds_nothing(isc: Isc, case: str) -> None:
    given, field = WRONG_ITEMS[case]
    before = isc.state()

    text = mistake(isc, "POST", "/work-items", {"type": "Generic", "description": "Look at this.", **given})

    assert field in text
    assert isc.state() == before


def test_an_id_can_be_taken_once(isc: Isc) -> None:
    taken = isc.state()["work-items"][0]["id"]

    assert '"id"' in mistake(isc, "POST", "/work-items", {"id": taken, "type": "Generic", "description": "Look at this."})


@pytest.mark.parametrize("path", ["/work-items", "/tasks"])
@pytest.mark.parametrize("body", [[], "x", 5])
def test_a_body_that_is_no_object_is_refused(isc: Isc, path: str, body: Json) -> None:
    assert '"body"' in mistake(isc, "POST", path, body)


def test_an_immediate_task_has_ended(isc: Isc, isc_client: httpx.Client) -> None:
    now = isc.clock.freeze()

    task = isc.launch(source="Active Directory")

    assert (task["completionStatus"], task["percentComplete"], task["completed"]) == ("SUCCESS", 100, now)
    assert isc_client.get(f"/v2025/task-status/{task['id']}").json() == task


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_task_ends_as_it_was_told(isc: Isc, outcome: str) -> None:
    assert isc.launch(outcome=outcome)["completionStatus"] == outcome


def test_a_task_is_of_its_definition_source_and_launcher(isc: Isc) -> None:
    now = isc.clock.freeze()

    task = isc.launch("Cloud Account Aggregation", source="Active Directory", launcher="ines.calder")

    assert task["uniqueName"] == "Cloud Account Aggregation - Active Directory"
    assert task["target"]["name"] == "Active Directory [source]"
    assert task["taskDefinitionSummary"]["uniqueName"] == "Cloud Account Aggregation"
    assert (task["launcher"], task["created"], task["launched"]) == ("ines.calder", now, now)


def test_a_task_that_waits_for_reads_ends_after_them(isc: Isc, isc_client: httpx.Client) -> None:
    task = isc.launch(progress={"model": "reads", "after": 3})

    seen = [_get(isc_client, task["id"]) for _ in range(5)]

    assert [one["completionStatus"] for one in seen] == [None, None, None, "SUCCESS", "SUCCESS"]
    assert [one["completed"] is None for one in seen] == [True, True, True, False, False]


def test_percentage_and_progress_move(isc: Isc, isc_client: httpx.Client) -> None:
    task = isc.launch(progress={"model": "reads", "after": 4})

    seen = [_get(isc_client, task["id"]) for _ in range(5)]

    assert [one["percentComplete"] for one in (task, *seen)] == [0, 0, 25, 50, 75, 100]
    assert [one["progress"] for one in seen] == ["Initializing...", "Started", "Started", "Started", "Completed"]


@pytest.mark.parametrize(
    "path", ["/v2025/task-status/{id}", "/v2025/task-status", "/v2024/task-status/pending-tasks", "/beta/task-status/{id}"]
)
def test_a_read_is_an_answer_that_shows_the_task(isc: Isc, isc_client: httpx.Client, path: str) -> None:
    task = isc.launch(progress={"model": "reads", "after": 2})

    isc_client.get(path.format(**task)).raise_for_status()

    assert _get(isc_client, task["id"])["percentComplete"] == 50


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("HEAD", "/v2024/task-status/pending-tasks"),
        ("GET", "/v2025/task-status?limit=0"),
        ("GET", "/v2025/task-status?offset=1&sorters=-created&limit=5"),
        ("GET", '/v2025/task-status?filters=completionStatus eq "ERROR"'),
        ("GET", "/v2025/task-status/00000000000000000000000000000000"),
    ],
)
def test_an_answer_that_does_not_show_the_task_is_no_read(isc: Isc, isc_client: httpx.Client, method: str, path: str) -> None:
    task = isc.launch(progress={"model": "reads", "after": 2})

    assert isc_client.request(method, path).status_code in (200, 404)

    assert _get(isc_client, task["id"])["percentComplete"] == 0


def test_exporting_is_no_read(isc: Isc, isc_client: httpx.Client) -> None:
    task = isc.launch(progress={"model": "reads", "after": 2})

    isc.state()

    assert _get(isc_client, task["id"])["percentComplete"] == 0


def test_a_spoilt_answer_is_no_read(isc: Isc, isc_client: httpx.Client) -> None:
    task = isc.launch(progress={"model": "reads", "after": 2})
    isc.faults({"operationId": "getTaskStatus", "status": 503})

    assert isc_client.get(f"/v2025/task-status/{task['id']}").status_code == 503

    assert _get(isc_client, task["id"])["percentComplete"] == 0


@pytest.mark.parametrize("progress", [{"model": "immediate"}, {"model": "reads", "after": 1}])
def test_a_race_shows_the_end_without_its_status(isc: Isc, isc_client: httpx.Client, progress: Json) -> None:
    task = isc.launch(progress=progress, race=2)

    seen = [_get(isc_client, task["id"]) for _ in range(5)]

    ends = [one for one in seen if one["completed"] is not None]
    assert [one["completionStatus"] for one in ends[:3]] == [None, None, "SUCCESS"]
    assert len({one["completed"] for one in ends}) == 1
    assert {one["percentComplete"] for one in ends} == {100}


def test_a_task_in_the_race_is_pending(isc: Isc, isc_client: httpx.Client) -> None:
    task = isc.launch(race=5)

    assert task["completed"] is not None
    assert task["id"] in [one["id"] for one in isc_client.get("/v2024/task-status/pending-tasks").json()]


def test_a_task_by_time_follows_the_clock(isc: Isc, isc_client: httpx.Client) -> None:
    isc.clock.freeze("2030-01-01T00:00:00Z")
    task = isc.launch(progress={"model": "time", "after": 100})

    with isc.client() as client:
        at_first = _get(client, task["id"])
        isc.clock.advance(40)
        later = [_get(client, task["id"]) for _ in range(3)]
        isc.clock.advance(60)
        at_last = _get(client, task["id"])

    assert at_first["percentComplete"] == 0
    assert [one["percentComplete"] for one in later] == [40, 40, 40]
    assert (at_last["percentComplete"], at_last["completionStatus"]) == (100, "SUCCESS")


def test_a_task_by_time_ended_when_its_time_was_up(isc: Isc) -> None:
    isc.clock.freeze("2030-01-01T00:00:00Z")
    task = isc.launch(progress={"model": "time", "after": 10})

    isc.clock.advance(3600)

    with isc.client() as client:
        assert _get(client, task["id"])["completed"] == "2030-01-01T00:00:10.000Z"


def test_a_task_by_time_is_found_by_its_new_status(isc: Isc, isc_client: httpx.Client) -> None:
    isc.clock.freeze()
    task = isc.launch(outcome="TEMPERROR", progress={"model": "time", "after": 10})

    isc.clock.advance(10)

    found = isc_client.get("/v2025/task-status", params={"filters": 'completionStatus eq "TEMPERROR"'}).json()
    assert task["id"] in [one["id"] for one in found]


def test_the_race_of_a_task_by_time_is_counted_in_reads(isc: Isc, isc_client: httpx.Client) -> None:
    isc.clock.freeze()
    task = isc.launch(progress={"model": "time", "after": 10}, race=1)
    isc.clock.advance(10)

    seen = [_get(isc_client, task["id"])["completionStatus"] for _ in range(2)]

    assert seen == [None, "SUCCESS"]


def test_messages_come_with_the_end(isc: Isc, isc_client: httpx.Client) -> None:
    task = isc.launch(outcome="WARNING", messages=["Two rows were bad.", MESSAGE], progress={"model": "reads", "after": 1})

    before, after = _get(isc_client, task["id"])["messages"], _get(isc_client, task["id"])["messages"]

    assert before == []
    assert [one["localizedText"]["message"] for one in after] == ["Two rows were bad.", "Three rows were skipped."]
    assert after[1] == MESSAGE


@pytest.mark.parametrize(("outcome", "kind"), [("SUCCESS", "INFO"), ("WARNING", "WARN"), ("ERROR", "ERROR")])
def test_a_text_becomes_a_message_of_the_outcomes_kind(isc: Isc, outcome: str, kind: str) -> None:
    (message,) = isc.launch(outcome=outcome, messages=["Look."])["messages"]

    assert message["type"] == kind


@pytest.mark.parametrize("model", ["reads", "time"])
def test_a_patch_ends_a_task_for_good(isc: Isc, isc_client: httpx.Client, model: str) -> None:
    isc.clock.freeze()
    task = isc.launch(progress={"model": model, "after": 3})
    patch = [
        {"op": "replace", "path": "/completionStatus", "value": "ERROR"},
        {"op": "replace", "path": "/completed", "value": task["created"]},
    ]

    patched = isc_client.patch(
        f"/v2025/task-status/{task['id']}", json=patch, headers={"Content-Type": "application/json-patch+json"}
    ).raise_for_status()

    isc.clock.advance(10)
    assert [_get(isc_client, task["id"]) for _ in range(5)] == [patched.json()] * 5


def test_a_refused_patch_ends_nothing(isc: Isc, isc_client: httpx.Client) -> None:
    task = isc.launch(progress={"model": "reads", "after": 1})
    patch = [{"op": "replace", "path": "/completionStatus", "value": "NONSENSE"}]

    answer = isc_client.patch(f"/v2025/task-status/{task['id']}", json=patch, headers={"Content-Type": "application/json-patch+json"})

    assert answer.status_code == 400
    assert [_get(isc_client, task["id"])["completionStatus"] for _ in range(2)] == [None, "SUCCESS"]


def test_a_patch_that_only_tests_ends_nothing(isc: Isc, isc_client: httpx.Client) -> None:
    task = isc.launch(progress={"model": "reads", "after": 1})
    patch = [{"op": "test", "path": "/completionStatus", "value": None}]

    answer = isc_client.patch(f"/v2025/task-status/{task['id']}", json=patch, headers={"Content-Type": "application/json-patch+json"})

    assert answer.status_code == 200, answer.text
    assert [_get(isc_client, task["id"])["completionStatus"] for _ in range(2)] == [None, "SUCCESS"]


def test_tasks_of_other_tenants_do_not_go_on(isc: Isc, isc_client: httpx.Client, isc_server: str, make: Make) -> None:
    task = isc.launch(progress={"model": "reads", "after": 2})

    with make(isc_server).client() as stranger:
        stranger.get("/v2025/task-status").raise_for_status()

    assert _get(isc_client, task["id"])["percentComplete"] == 0


WRONG_TASKS: dict[str, tuple[dict[str, Any], str]] = {
    "no definition": ({"definition": ...}, "definition"),
    "an empty definition": ({"definition": ""}, "definition"),
    "an unknown definition": ({"definition": "Nothing"}, "definition"),
    "a definition that is a list": ({"definition": []}, "definition"),
    "an unknown source": ({"source": "Nothing"}, "source"),
    "an unknown outcome": ({"outcome": "Success"}, "outcome"),
    "an unknown model": ({"progress": {"model": "random"}}, "progress.model"),
    "no model": ({"progress": {}}, "progress.model"),
    "no reads": ({"progress": {"model": "reads", "after": 0}}, "progress.after"),
    "half a read": ({"progress": {"model": "reads", "after": 1.5}}, "progress.after"),
    "an unknown field of progress": ({"progress": {"model": "reads", "before": 1}}, "progress.before"),
    "a negative race": ({"race": -1}, "race"),
    "a race that is a boolean": ({"race": True}, "race"),
    "an empty message": ({"messages": [""]}, "messages[0]"),
    "an incomplete message": ({"messages": ["Right.", {"type": "INFO"}]}, "messages[1]"),
    "an unknown kind of message": ({"messages": [{**MESSAGE, "type": "LOUD"}]}, "messages[0].type"),
    "an unknown field": ({"colour": "red"}, "colour"),
}


@pytest.mark.parametrize("case", WRONG_TASKS)
def test_a_mistaken_launch_names_the_field_and_launches_nothing(isc: Isc, case: str) -> None:
    given, field = WRONG_TASKS[case]
    before = isc.state()
    body = {key: value for key, value in {"definition": "Identity Refresh", **given}.items() if value is not ...}

    text = mistake(isc, "POST", "/tasks", body)

    assert field in text
    assert isc.state() == before


def _get(client: httpx.Client, task_id: str) -> Json:
    answer = client.get(f"/v2025/task-status/{task_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()
