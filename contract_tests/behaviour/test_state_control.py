"""Back to the start, to a scenario, to a snapshot, or to a state of one's own: whole or not at all."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.conftest import Make
from contract_tests.support.client import Json
from contract_tests.support.control import causes, in_hand, mistake, refused
from mock_server.handle import Isc
from mock_server.state import fixtures

ITEM = {"id": "ab" * 16, "type": "Generic", "description": "Look at this.", "owner": "oscar.tindall", "created": "-2h"}

TASK = {"id": "cd" * 16, "uniqueName": "Identity Refresh", "definition": "Identity Refresh", "created": "-1h"}

RUNNING = {"model": "reads", "after": 4}


def test_reset_comes_back_to_the_start(isc: Isc) -> None:
    start = isc.state()
    isc.add(**ITEM)
    isc.launch(progress=RUNNING)
    changed = isc.state()

    isc.reset()

    assert changed != start
    assert isc.state() == start


def test_reset_ends_what_is_under_way(isc: Isc, isc_client: httpx.Client) -> None:
    task = isc.launch(progress={"model": "reads", "after": 1})

    isc.reset()

    assert isc_client.get(f"/v2025/task-status/{task['id']}").status_code == 404


def test_reset_disarms_faults(isc: Isc) -> None:
    isc.faults({"operationId": "*", "status": 500})

    isc.reset()

    assert isc.faults_left() == []


def test_credentials_tokens_clock_snapshots_and_journal_outlive_a_reset(isc: Isc, isc_client: httpx.Client) -> None:
    isc_client.get("/v2025/work-items/count")
    isc.control("PUT", "/snapshots/kept")
    now = isc.clock.freeze()

    isc.reset()

    assert isc.clock.now() == now
    assert isc.control("GET", "/snapshots") == ["kept"]
    assert len(isc.journal(operation="getCountWorkItems")) == 1
    assert isc_client.get("/v2025/work-items/count").status_code == 200
    isc.client().close()


def test_a_scenario_is_another_start(isc: Isc) -> None:
    isc.add(**ITEM)

    isc.scenario("empty")

    assert isc.state()["work-items"] == isc.state()["task-status"] == []


def test_resets_come_back_to_the_scenario(isc: Isc) -> None:
    isc.scenario("empty")
    isc.add(**ITEM)

    isc.reset()

    assert isc.state()["work-items"] == []


def test_a_tenant_tells_its_scenario(isc: Isc) -> None:
    isc.scenario("stuck-tasks")

    assert isc.control("GET", f"/tenants/{isc.tenant}")["scenario"] == "stuck-tasks"


def test_default_is_the_scenario_that_is_none(isc: Isc) -> None:
    start = isc.state()
    isc.scenario("empty")

    isc.scenario("default")

    assert isc.state() == start


def test_a_scenario_changes_people_too(isc: Isc) -> None:
    isc.scenario("leaver")

    (dario,) = [one for one in isc.state()["identities"] if one["name"] == "dario.penn"]
    assert dario["active"] is False


def test_tokens_and_credentials_outlive_a_scenario(isc: Isc, isc_client: httpx.Client) -> None:
    isc.scenario("leaver")

    assert isc_client.get("/v2025/work-items/count").status_code == 200
    isc.client("NONE").close()


def test_another_tenant_does_not_see_the_scenario(isc: Isc, isc_server: str, make: Make) -> None:
    other = make(isc_server)

    isc.scenario("empty")

    assert other.state()["work-items"] != []


@pytest.mark.parametrize("body", [{"name": "nonsense"}, {"name": "../default"}, {"name": ""}, {"name": None}, {}, {"name": "a\u0000b"}])
def test_a_mistaken_scenario_names_the_field_and_changes_nothing(isc: Isc, body: Json) -> None:
    isc.add(**ITEM)
    before = isc.state()

    assert '"name"' in mistake(isc, "PUT", "/scenario", body)
    assert isc.state() == before


def test_a_snapshot_restores_exactly(isc: Isc, isc_client: httpx.Client) -> None:
    isc.add(**ITEM)
    before = isc.state()
    isc.control("PUT", "/snapshots/here")
    isc_client.post(f"/v2025/work-items/{ITEM['id']}").raise_for_status()
    isc.add(type="Generic", description="Another.")
    isc.launch()

    isc.restore("here")

    assert isc.state() == before


def test_a_snapshot_restores_the_lists_as_clients_see_them(isc: Isc, isc_client: httpx.Client) -> None:
    paths = ("/v2025/work-items?limit=20", "/v2025/work-items/summary", "/v2025/work-items/completed/count", "/v2025/task-status?limit=20")
    before = [isc_client.get(path).json() for path in paths]
    isc.control("PUT", "/snapshots/here")
    for item in before[0][:3]:
        isc_client.post(f"/v2025/work-items/{item['id']}").raise_for_status()
    changed = [isc_client.get(path).json() for path in paths]

    isc.restore("here")

    assert changed != before
    assert [isc_client.get(path).json() for path in paths] == before


def test_a_snapshot_keeps_what_is_under_way(isc: Isc, isc_client: httpx.Client) -> None:
    isc.clock.freeze()
    path = f"/v2025/task-status/{isc.launch(progress=RUNNING, race=1)['id']}"
    isc_client.get(path)
    isc.control("PUT", "/snapshots/here")
    first = [isc_client.get(path).json() for _ in range(6)]

    isc.restore("here")

    assert first[-1]["completionStatus"] == "SUCCESS"
    assert [isc_client.get(path).json() for _ in range(6)] == first


def test_a_snapshot_can_be_restored_as_often_as_one_likes(isc: Isc) -> None:
    before = isc.state()
    isc.control("PUT", "/snapshots/here")

    for _ in range(3):
        isc.add(type="Generic", description="Another.")
        isc.restore("here")

        assert isc.state() == before


def test_a_snapshot_of_a_taken_name_replaces_it(isc: Isc) -> None:
    isc.control("PUT", "/snapshots/here")
    isc.add(**ITEM)
    later = isc.state()

    isc.control("PUT", "/snapshots/here")
    isc.reset()
    isc.restore("here")

    assert isc.state() == later


def test_snapshots_are_listed_oldest_first(isc: Isc) -> None:
    for name in ("zulu", "alpha", "mike", "zulu"):
        isc.control("PUT", f"/snapshots/{name}")

    assert isc.control("GET", "/snapshots") == ["alpha", "mike", "zulu"]


def test_a_deleted_snapshot_is_gone(isc: Isc) -> None:
    isc.control("PUT", "/snapshots/here")

    isc.control("DELETE", "/snapshots/here")

    assert isc.control("GET", "/snapshots") == []
    assert refused(isc, "POST", "/snapshots/here/restore").status_code == 404


@pytest.mark.parametrize(("method", "suffix"), [("DELETE", ""), ("POST", "/restore")])
def test_an_unknown_snapshot_is_not_found(isc: Isc, method: str, suffix: str) -> None:
    assert refused(isc, method, f"/snapshots/nothing{suffix}").status_code == 404


@pytest.mark.parametrize(("method", "suffix"), [("PUT", ""), ("DELETE", ""), ("POST", "/restore")])
@pytest.mark.parametrize("name", ["two%20words", "a%2Fb", "x" * 101])
def test_a_wrong_name_of_a_snapshot_names_the_field(isc: Isc, method: str, suffix: str, name: str) -> None:
    assert '"name"' in mistake(isc, method, f"/snapshots/{name}{suffix}")


def test_snapshots_are_a_tenants_own(isc: Isc, isc_server: str, make: Make) -> None:
    isc.control("PUT", "/snapshots/mine")

    assert make(isc_server).control("GET", "/snapshots") == []


def test_the_handles_block_leaves_everything_as_it_was(isc: Isc) -> None:
    before = isc.state()

    with isc.snapshot():
        isc.add(**ITEM)

    assert isc.state() == before


def test_a_snapshot_outlives_the_scenario_that_is_loaded_after_it(isc: Isc) -> None:
    before = isc.state()
    isc.control("PUT", "/snapshots/here")
    isc.scenario("empty")

    isc.restore("here")

    assert isc.state() == before


def test_what_is_exported_can_be_put_in_again(isc: Isc) -> None:
    isc.add(**ITEM)
    before = isc.state()
    isc.scenario("empty")

    isc.replace_state(before)

    assert isc.state() == before


def test_what_is_exported_looks_the_same_to_clients_of_another_tenant(
    isc: Isc, isc_client: httpx.Client, isc_server: str, make: Make
) -> None:
    isc.add(**ITEM)
    other = make(isc_server, scenario="empty")

    other.replace_state(isc.state())

    path = "/v2025/work-items?limit=250"
    with other.client() as stranger:
        assert stranger.get(path).json() == isc_client.get(path).json()


def test_what_is_exported_are_fixture_files(isc: Isc, tmp_path: Path) -> None:
    isc.add(**ITEM)
    exported = isc.state()

    for name, entries in exported.items():
        (tmp_path / f"{name}.yaml").write_text(json.dumps(entries))

    _, state = fixtures.load(tmp_path, None, {}, 0)
    assert fixtures.export(state) == exported


def test_an_export_has_no_credentials(isc: Isc) -> None:
    exported = json.dumps(isc.state())

    assert set(isc.state()) == {"identities", "sources", "task-definitions", "work-items", "task-status"}
    assert not any(part in exported for credentials in isc.credentials.values() for part in credentials)


def test_an_export_shows_tasks_where_they_are_by_now(isc: Isc) -> None:
    isc.clock.freeze()
    launched = isc.launch(progress={"model": "time", "after": 10})

    isc.clock.advance(10)

    (exported,) = [task for task in isc.state()["task-status"] if task["id"] == launched["id"]]
    assert exported["completionStatus"] == "SUCCESS"


def test_what_is_left_out_is_empty_but_for_people_sources_and_definitions(isc: Isc) -> None:
    before = isc.state()

    isc.replace_state({"work-items": [ITEM]})

    after = isc.state()
    assert [item["id"] for item in after["work-items"]] == [ITEM["id"]]
    assert after["task-status"] == []
    assert all(after[name] == before[name] for name in ("identities", "sources", "task-definitions"))


def test_shorthands_and_relative_dates_work(isc: Isc, isc_client: httpx.Client) -> None:
    isc.clock.freeze("2030-01-01T12:00:00Z")

    isc.replace_state({"work-items": [ITEM], "task-status": [{**TASK, "source": "Salesdesk CRM"}]})

    item = isc_client.get(f"/v2025/work-items/{ITEM['id']}")
    (task,) = isc.state()["task-status"]
    assert item.status_code == 401, "the token has expired by that clock"
    assert isc.state()["work-items"][0]["created"] == "2030-01-01T10:00:00.000Z"
    assert isc.state()["work-items"][0]["ownerName"] == "oscar.tindall"
    assert task["created"] == "2030-01-01T11:00:00.000Z"
    assert task["target"]["name"] == "Salesdesk CRM [source]"


def test_reset_does_not_come_back_to_a_replaced_state(isc: Isc) -> None:
    start = isc.state()
    isc.replace_state({})

    isc.reset()

    assert isc.state() == start


def test_tokens_outlive_a_replaced_state(isc: Isc, isc_client: httpx.Client) -> None:
    isc.replace_state({})

    assert isc_client.get("/v2025/work-items").json() == []


def test_every_mistake_is_told_with_its_place(isc: Isc) -> None:
    wrong = {
        "work-items": [ITEM, {**ITEM, "id": "x"}, {**ITEM, "id": "ef" * 16, "owner": "nobody", "type": "Nonsense"}],
        "task-status": [{**TASK, "definition": "Nothing"}, {**TASK, "id": "01" * 16, "created": "yesterday"}],
    }

    answer = refused(isc, "PUT", "/state", wrong)

    assert answer.status_code == 400
    places = ("work-items[1]: id", "work-items[2]: owner", "work-items[2]: type", "task-status[0]: definition", "task-status[1]: created")
    assert all(any(cause.startswith(place) for cause in causes(answer)) for place in places), causes(answer)


def test_a_state_with_one_mistake_changes_nothing(isc: Isc) -> None:
    isc.add(type="Generic", description="Mine.")
    before = isc.state()

    answer = refused(isc, "PUT", "/state", {"work-items": [ITEM, {**ITEM, "id": "ef" * 16, "owner": "nobody"}]})

    assert answer.status_code == 400
    assert isc.state() == before


def test_a_refused_state_leaves_running_tasks_alone(isc: Isc, isc_client: httpx.Client) -> None:
    task = isc.launch(progress={"model": "reads", "after": 1})

    refused(isc, "PUT", "/state", {"work-items": [{}]})

    isc_client.get(f"/v2025/task-status/{task['id']}")
    assert isc_client.get(f"/v2025/task-status/{task['id']}").json()["completionStatus"] == "SUCCESS"


def test_identities_of_credentials_must_be_there(isc: Isc) -> None:
    state = isc.state()
    administrator = next(one["name"] for one in state["identities"] if one["levels"] == ["ORG_ADMIN"])
    without = {**state, "identities": [one for one in state["identities"] if one["name"] != administrator]}

    answer = refused(isc, "PUT", "/state", without)

    assert answer.status_code == 400
    assert any(cause.startswith("identities: ") and administrator in cause for cause in causes(answer))
    assert isc.state() == state


SHAPES: dict[str, tuple[Any, str]] = {
    "unknown file": ({"colours": []}, "colours"),
    "credentials": ({"clients": []}, "clients"),
    "no array": ({"work-items": {}}, "work-items"),
    "null": ({"identities": None}, "identities"),
    "an array": ([], "body"),
    "a text": ("state", "body"),
}


@pytest.mark.parametrize("case", SHAPES)
def test_a_state_of_the_wrong_shape_names_the_field(isc: Isc, case: str) -> None:
    body, field = SHAPES[case]

    assert f'"{field}"' in mistake(isc, "PUT", "/state", body)


def test_mistakes_of_shape_and_of_content_are_told_together(isc: Isc) -> None:
    answer = refused(isc, "PUT", "/state", {"work-items": [{"owner": "nobody"}, 5], "sources": [None]})

    assert answer.status_code == 400
    places = {cause.partition(":")[0] for cause in causes(answer)}
    assert places >= {"work-items[0]", "work-items[1]", "sources[0]"}


ODD: dict[str, tuple[str, dict[str, Any], str]] = {
    "a name that is a list": ("identities", {"name": ["a"]}, "name"),
    "a name that is an object": ("sources", {"name": {}}, "name"),
    "approval items that are a number": ("work-items", {**ITEM, "approvalItems": 5}, "approvalItems"),
    "approval items that are true": ("work-items", {**ITEM, "approvalItems": True}, "approvalItems"),
    "approval items of lists": ("work-items", {**ITEM, "approvalItems": [[]]}, "approvalItems"),
    "a state that is a list": ("work-items", {**ITEM, "state": []}, "state"),
    "an id that is an object": ("work-items", {**ITEM, "id": {}}, "id"),
    "a date that is a number": ("work-items", {**ITEM, "created": 5}, "created"),
    "an owner that is a list": ("work-items", {**ITEM, "owner": []}, "owner"),
    "an owner's id that is a list": ("work-items", {**ITEM, "owner": None, "ownerId": []}, "ownerId"),
    "a date far away": ("work-items", {**ITEM, "created": "-99999999d"}, "created"),
    "attributes that are a text": ("task-status", {**TASK, "source": "Salesdesk CRM", "attributes": "x"}, "attributes"),
    "messages that are a number": ("task-status", {**TASK, "messages": 5}, "messages"),
    "a definition that is an object": ("task-status", {**TASK, "definition": {}}, "definition"),
    "a percentage that is a list": ("task-status", {**TASK, "percentComplete": []}, "percentComplete"),
}


@pytest.mark.parametrize("case", ODD)
def test_a_field_of_the_wrong_type_is_told(isc: Isc, case: str) -> None:
    file, entry, field = ODD[case]

    answer = refused(isc, "PUT", "/state", {file: [entry]})

    assert answer.status_code == 400
    assert any(cause.startswith(f"{file}[0]: {field}") for cause in causes(answer)), causes(answer)


@pytest.mark.parametrize("path", ["/state", "/scenario"])
@pytest.mark.parametrize(
    ("content", "content_type", "status"), [("{", "application/json", 400), ("x", "text/plain", 415), ("", "application/json", 400)]
)
def test_a_body_that_cannot_be_read_is_refused(isc: Isc, path: str, content: str, content_type: str, status: int) -> None:
    assert isc._http.put(path, content=content, headers={"Content-Type": content_type}).status_code == status


def test_a_large_state_is_taken(isc: Isc) -> None:
    items = [{**copy.deepcopy(ITEM), "id": f"{number:032x}", "description": "x" * 1000} for number in range(1200)]

    isc.replace_state({"work-items": items})

    assert len(isc.state()["work-items"]) == 1200


def test_without_a_tenant_it_is_the_first_one(isc_server: str, isc: Isc) -> None:
    first = in_hand(isc_server)

    first.control("PUT", "/snapshots/of-the-first")

    names = first.control("GET", "/snapshots")
    first.control("DELETE", "/snapshots/of-the-first")
    first.close()
    assert names == ["of-the-first"]
    assert isc.control("GET", "/snapshots") == []
