"""The shipped fixtures are valid in all versions, coherent, and hold what people count on."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mock_server import contract
from mock_server.conventions import dates
from mock_server.conventions.schemas import Schema
from mock_server.state.clock import machine_time
from mock_server.state.collection import Collection
from mock_server.state.fixtures import load
from mock_server.state.folders import scenarios
from mock_server.state.tenant import State

NOW = machine_time()
DAY = 24 * 3600 * 1000
LEVELS = ("ORG_ADMIN", "CERT_ADMIN", "HELPDESK", "REPORT_ADMIN", "ROLE_ADMIN", "ROLE_SUBADMIN", "SOURCE_ADMIN", "SOURCE_SUBADMIN")


def state_of(scenario: str | None = None) -> State:
    return load(None, scenario, {}, NOW)[1]


@pytest.fixture(scope="module")
def default() -> State:
    return state_of()


def documents(collection: Collection[Any], *bucket: Any) -> list[dict[str, Any]]:
    return [record.document() for record in collection.records(collection.bucket(bucket))]


def every_document(state: State) -> list[tuple[str, dict[str, Any]]]:
    items = documents(state.work_items, True) + documents(state.work_items, False)
    return [("WorkItems", item) for item in items] + [("TaskStatus", task) for task in documents(state.tasks, "all")]


@pytest.mark.parametrize("version", contract.VERSIONS)
@pytest.mark.parametrize("scenario", [None, *scenarios()])
def test_every_document_is_valid_in_every_version(scenario: str | None, version: str) -> None:
    document = contract.compose(version)
    described = document["components"]["schemas"]
    found = {}

    for name, value in every_document(state_of(scenario)):
        if name in described:
            schema = Schema([contract.json_schema(document, {"$ref": f"#/components/schemas/{name}"}, closed=True)])
            found[value["id"]] = list(schema.mistakes(value))

    assert [id_ for id_, mistakes in found.items() if mistakes] == []


def test_the_scenarios_that_are_promised_are_there() -> None:
    assert scenarios() == ["aggregation-running", "empty", "leaver", "stuck-tasks"]


def test_there_are_identities_of_every_level_and_a_token_for_each(default: State) -> None:
    with_token = {default.identities.get(client.identity).levels for client in default.clients.values() if client.identity}  # type: ignore[union-attr]

    assert len(default.identities) >= 12
    assert with_token >= {(level,) for level in LEVELS}


def test_two_plain_users_and_one_api_client_can_log_in(default: State) -> None:
    levels = [default.identities.get(client.identity).levels for client in default.clients.values() if client.identity]  # type: ignore[union-attr]

    assert levels.count(()) >= 2
    assert [client.identity for client in default.clients.values()].count(None) == 1


def test_there_are_five_sources(default: State) -> None:
    assert len(default.sources) == 5


def test_there_are_forty_open_work_items_of_at_least_eight_types(default: State) -> None:
    items = documents(default.work_items, True)

    assert len(items) == 40
    assert len({item["type"] for item in items}) >= 8
    assert len({item["ownerId"] for item in items}) >= 5
    assert [item["ownerId"] for item in items].count(None) == 1


def test_six_have_undecided_approval_items_and_four_of_them_several(default: State) -> None:
    sizes = [len(item["approvalItems"]) for item in documents(default.work_items, True) if item["approvalItems"]]

    assert len(sizes) == 6
    assert len([size for size in sizes if size > 1]) == 4


def test_four_are_forms_shaped_like_the_real_one(default: State) -> None:
    forms = [item for item in documents(default.work_items, True) if item["type"] == "Form"]

    assert len(forms) == 4
    for item in forms:
        assert item["remediationItems"] == []
        assert (item["approvalItems"], item["name"], item["numItems"]) == (None, None, None)
        assert list(item["form"]) == ["id", "name", "title", "subtitle", "targetUser", "sections"]
        assert [item["form"][key] for key in ("id", "title", "subtitle")] == [None, None, None]


def test_some_have_remediation_items(default: State) -> None:
    assert any(item["remediationItems"] for item in documents(default.work_items, True))


def test_twenty_five_are_completed_in_every_state(default: State) -> None:
    states = Counter(item["state"] for item in documents(default.work_items, False))

    assert sum(states.values()) == 25
    assert set(states) == {"Finished", "Rejected", "Returned", "Expired", "Canceled"}


def test_forty_tasks_are_finished_over_all_completion_statuses_and_six_definitions(default: State) -> None:
    tasks = [task for task in documents(default.tasks, "completed") if dates.parse(task["created"]) > NOW - 90 * DAY]

    assert len(tasks) == 40
    assert {task["completionStatus"] for task in tasks} == {"SUCCESS", "WARNING", "ERROR", "TERMINATED", "TEMPERROR"}
    assert len({task["taskDefinitionSummary"]["uniqueName"] for task in tasks}) >= 6


def test_five_tasks_are_pending_and_one_is_older_than_ninety_days(default: State) -> None:
    old = [task for task in documents(default.tasks, "all") if dates.parse(task["created"]) < NOW - 90 * DAY]

    assert len(documents(default.tasks, "completionStatus", None)) == 5
    assert len(old) == 1


def test_no_date_lies_in_the_future_or_before_its_creation(default: State) -> None:
    for _, document in every_document(default):
        moments = [dates.parse(document[key]) for key in ("created", "launched", "modified", "completed") if document.get(key)]

        assert max(moments) <= NOW
        assert min(moments) == moments[0], document["id"]


def test_the_empty_scenario_is_empty() -> None:
    state = state_of("empty")

    assert every_document(state) == []


def test_somebody_in_the_leaver_scenario_is_inactive_and_owns_open_items() -> None:
    state = state_of("leaver")
    left = {identity.id: identity for identity in state.identities if not identity.active}

    owned = [item for item in documents(state.work_items, True) if item["ownerId"] in left]

    assert len(owned) >= 6
    assert all(state.identities.get(left[item["ownerId"]].manager).active for item in owned)  # type: ignore[union-attr,arg-type]


def test_tasks_hang_for_hours_in_the_stuck_tasks_scenario() -> None:
    pending = documents(state_of("stuck-tasks").tasks, "completionStatus", None)

    assert len([task for task in pending if dates.parse(task["created"]) < NOW - 6 * 3600 * 1000]) >= 3


def test_an_aggregation_is_under_way_in_its_scenario() -> None:
    (task,) = documents(state_of("aggregation-running").tasks, "completionStatus", None)

    assert 0 < task["percentComplete"] < 100
    assert task["progress"]
