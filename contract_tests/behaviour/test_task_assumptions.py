"""What is assumed of tasks, tokens and the experimental header: each alternative does what its meaning says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from contract_tests.conftest import Connect, credentials
from contract_tests.support import envelope, tasks, well_formed
from contract_tests.support.server import Running, running
from mock_server import contract
from mock_server.conventions import dates
from mock_server.settings import Settings

DAY = 24 * 3600 * 1000

ALTERNATIVES = {
    "empty-pending": "no-content",
    "entitlement-import-filter": "unsupported",
    "experimental-header": "forbidden",
    "missing-token-field": "invalid-request",
    "patch-casing": "exact",
    "patch-finished": "refused",
    "patch-other-path": "ignored",
    "task-age": "completed",
    "task-order": "oldest-first",
    "task-source": "attributes",
    "type-constants": "any",
}
"""All of them at once: none meddles with another."""

HERE = {"Task Management", "OAuth"}
"""The tags whose assumptions are tested here; experimental-header is the only other one."""

NAMED, TARGETED = "1" * 32, "2" * 32
"""Two ids of sources."""

TASKS: list[dict[str, Any]] = [
    {"id": "a" * 32, "uniqueName": "Of one source, for another", "target": {"id": TARGETED, "type": "APPLICATION", "name": "Badge Office"},
     "attributes": {"appId": NAMED}, "created": "-3d", "completed": "-2d", "completionStatus": "ERROR"},
    {"id": "b" * 32, "uniqueName": "Begun long ago, ended lately", "created": "-95d", "completed": "-85d", "completionStatus": "SUCCESS"},
    {"id": "c" * 32, "uniqueName": "Begun and ended long ago", "created": "-95d", "completed": "-91d", "completionStatus": "SUCCESS"},
    {"id": "d" * 32, "uniqueName": "Stuck for long", "created": "-91d"},
    {"id": "e" * 32, "uniqueName": "Stuck for a while", "created": "-80d"},
    {"id": "f" * 32, "uniqueName": "Running", "created": "-1h"},
]  # fmt: skip
"""Tasks that tell the alternatives apart, beside those of the default tenant."""

OF_TWO_SOURCES, ENDED_LATELY, LONG_OVER, STUCK_FOR_LONG, STUCK, RUNNING = (task["id"] for task in TASKS)

every_version = pytest.mark.parametrize("version", tasks.WITH_TASKS)
with_pending = pytest.mark.parametrize("version", tasks.WITH_PENDING)


@pytest.fixture(scope="module")
def shared_other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tasks")
    definition = {"description": "A task.", "definition": "Cloud Account Aggregation"}
    (folder / "task-status.yaml").write_text(yaml.safe_dump({"merge": [{**definition, **task} for task in TASKS]}))
    with running(Settings(fixtures=folder, assume=ALTERNATIVES, strict_experimental=True)) as server:
        yield server


@pytest.fixture
def other(shared_other: Running) -> Running:
    """A fake that takes the alternative wherever there is one, in its start state."""
    shared_other.reset()
    return shared_other


def test_every_alternative_about_tasks_and_tokens_is_tested_here() -> None:
    documents = (contract.compose("v2024"), contract.load("oauth.yaml"))
    here = {operation.id for document in documents for operation in contract.operations(document, "") if operation.spec["tags"][0] in HERE}

    about = {
        (name, value)
        for name, assumption in contract.assumptions().items()
        for value in assumption.alternatives
        if name == "experimental-header" or here & set(assumption.operations)
    }

    assert about == set(ALTERNATIVES.items())


@every_version
def test_task_order_oldest_first_turns_the_list_around(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)

    created = [task["created"] for task in isc.get("getTaskStatusList", limit=10)]

    assert created == sorted(created)
    assert created[0] < created[-1]


@every_version
def test_task_order_oldest_first_leaves_sorters_their_say(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)

    created = [task["created"] for task in isc.get("getTaskStatusList", limit=10, sorters="-created")]

    assert created == sorted(created, reverse=True)


@with_pending
def test_task_order_oldest_first_turns_the_pending_list_around(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)

    created = [task["created"] for task in isc.get("getPendingTasks")]

    assert created == sorted(created)
    assert created[0] < created[-1]


@with_pending
@pytest.mark.parametrize("operation", ["getPendingTasks", "getPendingTaskHeaders"])
def test_empty_pending_no_content_is_a_204(connect: Connect, other: Running, version: str, operation: str) -> None:
    isc = connect(version, to=other)
    for task in tasks.pending(isc):
        isc.send("updateTaskStatus", id=task["id"], json=[{"op": "replace", "path": "/completionStatus", "value": "ERROR"}])

    answer = isc.send(operation)

    assert answer.status_code == 204
    assert answer.content == b""
    assert answer.headers["X-Deprecated"] == "true"


@with_pending
@pytest.mark.parametrize("operation", ["getPendingTasks", "getPendingTaskHeaders"])
def test_empty_pending_no_content_means_nothing_while_a_task_is_pending(
    connect: Connect, other: Running, version: str, operation: str
) -> None:
    isc = connect(version, to=other)

    answers = [isc.send(operation), isc.send(operation, offset=200), isc.send(operation, limit=0)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


@every_version
def test_patch_finished_refused_is_a_400_that_changes_nothing(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)
    finished = tasks.finished(isc)

    answer = isc.send("updateTaskStatus", id=finished["id"], json=[{"op": "replace", "path": "/completionStatus", "value": "ERROR"}])

    assert (answer.status_code, envelope.code(answer)) == (400, "400.1")
    assert isc.get("getTaskStatus", id=finished["id"]) == finished


@every_version
def test_patch_finished_refused_lets_a_running_task_be_cleared_once(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)
    patch = [{"op": "replace", "path": "/completionStatus", "value": "ERROR"}]

    statuses = [isc.send("updateTaskStatus", id=RUNNING, json=patch).status_code for _ in range(2)]

    assert statuses == [200, 400]


@every_version
def test_patch_other_path_ignored_does_the_others(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)
    before = isc.get("getTaskStatus", id=RUNNING)

    answer = isc.send(
        "updateTaskStatus",
        id=RUNNING,
        json=[
            {"op": "replace", "path": "/description", "value": "Another."},
            {"op": "replace", "path": "/completionStatus", "value": "ERROR"},
            {"op": "remove", "path": "/launcher"},
            {"op": "add", "path": "/nowhere/at/all", "value": "x"},
            {"op": "replace", "path": "", "value": {}},
        ],
    )

    assert answer.status_code == 200
    assert answer.json() == {**before, "completionStatus": "ERROR", "modified": answer.json()["modified"]}


@every_version
def test_patch_other_path_ignored_still_heeds_a_test(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)
    patch = [{"op": "test", "path": "/description", "value": "Another."}, {"op": "replace", "path": "/completionStatus", "value": "ERROR"}]

    answer = isc.send("updateTaskStatus", id=RUNNING, json=patch)

    assert answer.status_code == 400


@every_version
def test_patch_casing_exact_takes_nothing_but_upper_case(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)
    before = isc.get("getTaskStatus", id=RUNNING)
    patches = [[{"op": "replace", "path": "/completionStatus", "value": value}] for value in ("Error", "error", "eRROR")]

    answers = [isc.send("updateTaskStatus", id=RUNNING, json=patch) for patch in patches]

    assert {(answer.status_code, envelope.code(answer)) for answer in answers} == {(400, "400.1.3")}
    assert isc.get("getTaskStatus", id=RUNNING) == before


@every_version
def test_patch_casing_exact_takes_upper_case(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)

    answer = isc.send("updateTaskStatus", id=RUNNING, json=[{"op": "replace", "path": "/completionStatus", "value": "ERROR"}])

    assert answer.json()["completionStatus"] == "ERROR"


@every_version
def test_task_source_attributes_looks_at_the_app_id(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)

    found = {source: isc.get("getTaskStatusList", filters=f'sourceId eq "{source}"') for source in (NAMED, TARGETED)}

    assert [task["id"] for task in found[NAMED]] == [OF_TWO_SOURCES]
    assert found[TARGETED] == []


@every_version
def test_task_age_completed_counts_from_the_end(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)

    found = {task_id: isc.send("getTaskStatus", id=task_id).status_code for task_id in (ENDED_LATELY, LONG_OVER, STUCK_FOR_LONG, STUCK)}
    listed = [task["id"] for task in isc.get("getTaskStatusList", limit=3)]

    assert found == {ENDED_LATELY: 200, LONG_OVER: 404, STUCK_FOR_LONG: 404, STUCK: 200}
    assert listed[0] == ENDED_LATELY
    assert (STUCK in listed) == (version in tasks.ALL)


@every_version
def test_task_age_completed_forgets_a_task_90_days_after_its_end(connect: Connect, other: Running, version: str) -> None:
    ended = dates.parse(connect(version, to=other).get("getTaskStatus", id=ENDED_LATELY)["completed"])

    statuses = []
    for moment in (ended + 90 * DAY, ended + 90 * DAY + 1):
        other.tenant.clock.freeze(moment)
        statuses.append(connect(version, to=other).send("getTaskStatus", id=ENDED_LATELY).status_code)

    assert statuses == [200, 404]


@with_pending
def test_task_age_completed_counts_from_the_beginning_of_what_is_pending(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)

    pending = [task["id"] for task in isc.get("getPendingTasks")]

    assert pending[0] == STUCK
    assert STUCK_FOR_LONG not in pending


@pytest.mark.parametrize("version", ["v2026", "v1"])
def test_entitlement_import_filter_unsupported_is_a_400(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)
    expressions = (
        'type eq "CLOUD_ENTITLEMENT_IMPORT"',
        'type eq "cloud_entitlement_import"',
        'type in ("CLOUD_REFRESH_ROLE", "CLOUD_ENTITLEMENT_IMPORT")',
        'id eq "x" and not type eq "CLOUD_ENTITLEMENT_IMPORT"',
    )

    answers = [isc.send("getTaskStatusList", filters=expression) for expression in expressions]

    assert [answer.status_code for answer in answers] == [400] * len(expressions)
    assert all("Unsupported Task Definition type" in envelope.text(answer) for answer in answers)


@pytest.mark.parametrize("version", ["v2026", "v1"])
def test_entitlement_import_filter_unsupported_is_about_no_other_constant(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)

    answer = isc.send("getTaskStatusList", filters='type eq "IDENTITY_REFRESH"', limit=1)

    assert answer.status_code == 200


@pytest.mark.parametrize("version", tasks.COMPLETED_ONLY)
def test_type_constants_any_takes_what_no_definition_has(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)

    found = [isc.get("getTaskStatusList", filters=f'type eq "{constant}"') for constant in ("QUARTZ", "CLOUD_COFFEE", "anything")]

    assert found == [[], [], []]


@pytest.mark.parametrize("version", tasks.COMPLETED_ONLY)
@pytest.mark.parametrize(("constant", "name"), [("IDENTITY_REFRESH", "Identity Refresh"), ("ACCESS_REVIEW_REPORT", "Access Review Report")])
def test_type_constants_any_finds_what_some_definition_has(
    connect: Connect, other: Running, version: str, constant: str, name: str
) -> None:
    isc = connect(version, to=other)

    found = isc.get("getTaskStatusList", filters=f'type eq "{constant}"')

    assert {task["taskDefinitionSummary"]["uniqueName"] for task in found} == {name}


@pytest.mark.parametrize("version", tasks.ALL)
def test_type_constants_any_means_nothing_where_a_list_is_published(connect: Connect, other: Running, version: str) -> None:
    isc = connect(version, to=other)

    assert isc.send("getTaskStatusList", filters='type eq "QUARTZ"').status_code == 400


@pytest.mark.parametrize("field", ["client_id", "client_secret"])
@pytest.mark.parametrize("empty", [True, False])
def test_missing_token_field_invalid_request_is_a_400_that_names_it(connect: Connect, other: Running, field: str, empty: bool) -> None:
    client = credentials(other, "org-admin")
    fields = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": client.secret}
    given = {name: value for name, value in fields.items() if name != field}

    answer = connect("v2024", None, to=other).http.post("/oauth/token", data={**given, field: ""} if empty else given)

    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_request", "error_description": f"Missing {field}"}


@pytest.mark.parametrize("name", ["forwardWorkItem", "getCountCompletedWorkItems"])
def test_experimental_header_forbidden_is_a_403(connect: Connect, other: Running, name: str) -> None:
    isc = connect("v2024", to=other)

    without = isc.send(name, **well_formed.arguments(name))
    with_it = isc.send(name, headers={"X-SailPoint-Experimental": "true"}, **well_formed.arguments(name))

    assert (without.status_code, envelope.code(without)) == (403, "403")
    assert with_it.status_code in (200, 404)
