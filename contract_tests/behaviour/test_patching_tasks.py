"""Patching a task: RFC 6902, for clearing a stuck task and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from contract_tests.conftest import Connect
from contract_tests.support import envelope, tasks, well_formed
from contract_tests.support.client import Client, Json
from contract_tests.support.server import Running
from contract_tests.support.well_formed import NOWHERE
from mock_server.conventions import dates

DAY = 24 * 3600 * 1000

STATUS, COMPLETED = "/completionStatus", "/completed"
MOMENT = "2026-03-02T09:00:00.000Z"
STATUSES = ("SUCCESS", "WARNING", "ERROR", "TERMINATED", "TEMPERROR")

every_version = pytest.mark.parametrize("version", tasks.WITH_TASKS)


def replace(path: str, value: object) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


CLEAR = [replace(STATUS, "Error"), replace(COMPLETED, MOMENT)]


@every_version
def test_a_stuck_task_is_cleared(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    cleared = _patched(isc, stuck["id"], *CLEAR)

    assert cleared == {**stuck, "completionStatus": "ERROR", "completed": MOMENT, "modified": cleared["modified"]}
    assert isc.get("getTaskStatus", id=stuck["id"]) == cleared


@every_version
def test_a_cleared_task_is_not_pending_any_more(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    _patched(isc, stuck["id"], *CLEAR)

    assert stuck["id"] not in tasks.pending_ids(isc)


@every_version
def test_a_cleared_task_is_in_the_completed_list(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    _patched(isc, stuck["id"], *CLEAR)

    found = isc.get("getTaskStatusList", filters=f'completionStatus eq "ERROR" and id eq "{stuck["id"]}"')
    assert [task["id"] for task in found] == [stuck["id"]]
    assert tasks.is_completed(isc, stuck["id"])


@every_version
def test_the_status_alone_ends_a_task(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    patched = _patched(isc, stuck["id"], replace(STATUS, "TERMINATED"))

    assert (patched["completionStatus"], patched["completed"]) == ("TERMINATED", None)
    assert stuck["id"] not in tasks.pending_ids(isc)


@every_version
def test_a_task_with_a_date_alone_is_still_pending(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    patched = _patched(isc, stuck["id"], replace(COMPLETED, MOMENT))

    assert (patched["completionStatus"], patched["completed"]) == (None, MOMENT)
    assert stuck["id"] in tasks.pending_ids(isc)


@every_version
def test_a_patch_is_a_modification(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)
    server.tenant.clock.freeze()
    server.tenant.clock.advance(60_000)

    patched = _patched(isc, stuck["id"], *CLEAR)

    assert dates.parse(patched["modified"]) == server.tenant.clock.now()


@every_version
@pytest.mark.parametrize("spelling", [str.upper, str.title, str.lower])
def test_every_status_is_taken_in_any_casing_and_answered_in_upper_case(
    connect: Connect, version: str, spelling: Callable[[str], str]
) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    answered = [_patched(isc, stuck["id"], replace(STATUS, spelling(status)))["completionStatus"] for status in STATUSES]

    assert answered == list(STATUSES)


SPELLINGS = {
    "2026-03-02T09:00:00.125Z": "2026-03-02T09:00:00.125Z",
    "2026-03-02T09:00:00Z": "2026-03-02T09:00:00.000Z",
    "2026-03-02T09:00Z": "2026-03-02T09:00:00.000Z",
    "2026-03-02T09:00:00.123456Z": "2026-03-02T09:00:00.123Z",
    "2026-03-02T09:00:00+00:00": "2026-03-02T09:00:00.000Z",
    "2026-03-02T09:00:00.5+02:00": "2026-03-02T07:00:00.500Z",
    "2026-03-01T23:30:00-01:00": "2026-03-02T00:30:00.000Z",
}
"""Dates as clients and live tenants write them, and as answers do."""


@every_version
def test_a_date_is_answered_in_one_form(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    answered = {sent: _patched(isc, stuck["id"], replace(COMPLETED, sent))["completed"] for sent in SPELLINGS}

    assert answered == SPELLINGS


@every_version
def test_a_test_that_holds_lets_the_others_pass(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    patched = _patched(
        isc,
        stuck["id"],
        {"op": "test", "path": STATUS, "value": None},
        {"op": "test", "path": "/uniqueName", "value": stuck["uniqueName"]},
        {"op": "test", "path": "/taskDefinitionSummary/id", "value": stuck["taskDefinitionSummary"]["id"]},
        {"op": "test", "path": "/target", "value": stuck["target"]},
        replace(STATUS, "ERROR"),
    )

    assert patched["completionStatus"] == "ERROR"


FAILING_TESTS = (
    {"op": "test", "path": STATUS, "value": "WARNING"},
    {"op": "test", "path": "/uniqueName", "value": "Another Task"},
    {"op": "test", "path": "/percentComplete", "value": "8"},
    {"op": "test", "path": "/percentComplete", "value": False},
    {"op": "test", "path": "/nowhere", "value": None},
    {"op": "test", "path": "/messages/0", "value": None},
)


@every_version
@pytest.mark.parametrize("before", [[], CLEAR])
def test_a_test_that_fails_undoes_all(connect: Connect, version: str, before: list[Json]) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    answers = [_sent(isc, stuck["id"], [*before, failing, *CLEAR]) for failing in FAILING_TESTS]

    assert [(answer.status_code, envelope.code(answer)) for answer in answers] == [(400, "400.1")] * len(FAILING_TESTS)
    assert isc.get("getTaskStatus", id=stuck["id"]) == stuck


@every_version
def test_a_test_tells_a_number_from_a_truth_value(connect: Connect, version: str) -> None:
    isc = connect(version)
    begun = next(task for task in tasks.pending(isc) if task["percentComplete"] == 0)

    answers = [_sent(isc, begun["id"], [{"op": "test", "path": "/percentComplete", "value": value}]) for value in (False, 0)]

    assert [answer.status_code for answer in answers] == [400, 200]


@every_version
def test_a_test_sees_what_the_operations_before_it_have_done(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    patched = _patched(isc, stuck["id"], replace(STATUS, "ERROR"), {"op": "test", "path": STATUS, "value": "ERROR"})

    assert patched["completionStatus"] == "ERROR"


@every_version
def test_the_last_of_several_values_stays(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    patched = _patched(isc, stuck["id"], replace(STATUS, "ERROR"), replace(STATUS, "WARNING"))

    assert patched["completionStatus"] == "WARNING"


@every_version
def test_add_replaces_what_is_there(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    patched = _patched(isc, stuck["id"], {"op": "add", "path": STATUS, "value": "ERROR"}, {"op": "add", "path": COMPLETED, "value": MOMENT})

    assert (patched["completionStatus"], patched["completed"]) == ("ERROR", MOMENT)


@every_version
@pytest.mark.parametrize("path", [STATUS, COMPLETED])
def test_a_field_that_every_task_has_cannot_be_removed(connect: Connect, version: str, path: str) -> None:
    isc = connect(version)
    finished = tasks.finished(isc)

    answer = isc.send("updateTaskStatus", id=finished["id"], json=[{"op": "remove", "path": path}])

    assert answer.status_code == 400
    assert path.removeprefix("/") in envelope.text(answer)
    assert isc.get("getTaskStatus", id=finished["id"]) == finished


@every_version
def test_a_field_may_be_removed_and_added_again(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    patched = _patched(isc, stuck["id"], {"op": "remove", "path": STATUS}, {"op": "add", "path": STATUS, "value": "Error"})

    assert patched["completionStatus"] == "ERROR"


@every_version
def test_a_field_that_was_removed_cannot_be_replaced(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    answer = isc.send("updateTaskStatus", id=stuck["id"], json=[{"op": "remove", "path": STATUS}, replace(STATUS, "ERROR")])

    assert answer.status_code == 400
    assert isc.get("getTaskStatus", id=stuck["id"]) == stuck


@every_version
def test_copy_takes_the_value_of_another_field(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    patched = _patched(isc, stuck["id"], {"op": "copy", "from": "/modified", "path": COMPLETED})

    assert patched["completed"] == stuck["modified"]


@every_version
def test_what_copy_brings_must_be_legal_as_well(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    answer = isc.send("updateTaskStatus", id=stuck["id"], json=[{"op": "copy", "from": "/launcher", "path": STATUS}])

    assert answer.status_code == 400
    assert envelope.code(answer) == "400.1.3"
    assert isc.get("getTaskStatus", id=stuck["id"]) == stuck


@every_version
def test_move_is_a_copy_and_a_removal(connect: Connect, version: str) -> None:
    isc = connect(version)
    finished = tasks.finished(isc)

    patched = _patched(
        isc,
        finished["id"],
        {"op": "move", "from": COMPLETED, "path": STATUS},
        {"op": "test", "path": STATUS, "value": finished["completed"]},
        {"op": "move", "from": STATUS, "path": COMPLETED},
        {"op": "add", "path": STATUS, "value": "Warning"},
    )

    assert patched["completed"] == finished["completed"]
    assert patched["completionStatus"] == "WARNING"


@every_version
def test_move_takes_nothing_away_from_elsewhere(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    answer = isc.send("updateTaskStatus", id=stuck["id"], json=[{"op": "move", "from": "/modified", "path": COMPLETED}])

    assert answer.status_code == 400
    assert isc.get("getTaskStatus", id=stuck["id"]) == stuck


INCOMPLETE: list[tuple[Json, str]] = [
    ({"op": "replace", "path": STATUS}, "value"),
    ({"op": "add", "path": STATUS}, "value"),
    ({"op": "test", "path": STATUS}, "value"),
    ({"op": "copy", "path": COMPLETED}, "from"),
    ({"op": "move", "path": COMPLETED}, "from"),
    ({"op": "replace", "value": "ERROR"}, "path"),
    ({"path": STATUS, "value": "ERROR"}, "op"),
]
"""Operations, and what they lack."""


@every_version
def test_what_an_operation_lacks_is_named(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    answers = [_sent(isc, stuck["id"], [replace(STATUS, "ERROR"), operation]) for operation, _ in INCOMPLETE]

    assert [(answer.status_code, envelope.code(answer)) for answer in answers] == [(400, "400.1.0")] * len(answers)
    assert [envelope.text(answer) for answer in answers] == [
        f'Required field "[1].{missing}" was missing or empty.' for _, missing in INCOMPLETE
    ]
    assert isc.get("getTaskStatus", id=stuck["id"]) == stuck


OTHER_PATHS = (
    "/description",
    "/id",
    "/created",
    "/percentComplete",
    "/messages/-",
    "/attributes/total",
    "/taskDefinitionSummary/uniqueName",
    "/nowhere",
    "/completionStatus/0",
    "/completionStatus/",
    "/completionstatus",
    "/COMPLETED",
    "completionStatus",
    "//completed",
    "",
    "/",
    "/~2",
)


@every_version
def test_no_other_path_can_be_changed(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    answers = {path: _sent(isc, stuck["id"], [*CLEAR, replace(path, "x")]) for path in OTHER_PATHS}

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(OTHER_PATHS, 400)
    assert all("/completionStatus and /completed" in envelope.text(answer) for answer in answers.values())
    assert isc.get("getTaskStatus", id=stuck["id"]) == stuck


@every_version
@pytest.mark.parametrize("op", ["add", "remove", "move", "copy"])
def test_no_other_operation_changes_another_path(connect: Connect, version: str, op: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)
    paths = ("/description", "/attributes/total", "")

    answers = [_sent(isc, stuck["id"], [*CLEAR, {"op": op, "path": path, "value": "x", "from": COMPLETED}]) for path in paths]

    assert [answer.status_code for answer in answers] == [400] * len(paths)
    assert isc.get("getTaskStatus", id=stuck["id"]) == stuck


ILLEGAL: dict[str, list[Json]] = {
    STATUS: ["Done", "", " ERROR", "ERROR ", "null", 5, True, {}, {"status": "ERROR"}, [], ["ERROR"]],
    COMPLETED: [
        "yesterday",
        "",
        "2026-03-02",
        "2026-03-02T09:00:00",
        "2026-03-02 09:00:00Z",
        "2026-13-02T09:00:00Z",
        "2026-02-30T09:00:00Z",
        "0001-01-01T00:00:00+23:00",
        "99999-01-01T00:00:00Z",
        1772442000000,
        False,
        {},
        [],
    ],
}


@every_version
@pytest.mark.parametrize("path", ILLEGAL)
def test_an_illegal_value_is_named_and_changes_nothing(connect: Connect, version: str, path: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    answers = [_sent(isc, stuck["id"], [*CLEAR, replace(path, value)]) for value in ILLEGAL[path]]

    assert [(answer.status_code, envelope.code(answer)) for answer in answers] == [(400, "400.1.3")] * len(answers)
    assert all(f'"{path.removeprefix("/")}"' in envelope.text(answer) for answer in answers)
    assert isc.get("getTaskStatus", id=stuck["id"]) == stuck


@every_version
def test_null_takes_an_end_back(connect: Connect, version: str) -> None:
    isc = connect(version)
    finished = tasks.finished(isc)

    patched = _patched(isc, finished["id"], replace(STATUS, None), replace(COMPLETED, None))

    assert (patched["completionStatus"], patched["completed"]) == (None, None)
    assert finished["id"] in tasks.pending_ids(isc)


@every_version
def test_a_finished_task_may_be_patched(connect: Connect, version: str) -> None:
    isc = connect(version)
    finished = tasks.finished(isc)

    patched = _patched(isc, finished["id"], *CLEAR)

    assert patched == {**finished, "completionStatus": "ERROR", "completed": MOMENT, "modified": patched["modified"]}


@every_version
def test_another_media_type_is_refused(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)
    media_types = ("application/json", "text/plain", "application/merge-patch+json", "application", "")

    answers = [_sent(isc, stuck["id"], CLEAR, one) for one in media_types]

    assert [answer.status_code for answer in answers] == [415] * len(media_types)
    assert all("application/json-patch+json" in envelope.text(answer) for answer in answers)
    assert isc.get("getTaskStatus", id=stuck["id"]) == stuck


@every_version
@pytest.mark.parametrize("media_type", ["application/json-patch+json; charset=utf-8", "Application/JSON-Patch+JSON"])
def test_the_media_type_may_be_spelt_otherwise(connect: Connect, version: str, media_type: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    answer = isc.send("updateTaskStatus", id=stuck["id"], json=CLEAR, headers={"Content-Type": media_type})

    assert answer.status_code == 200


@every_version
def test_a_body_that_is_no_array_of_operations_is_refused(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)
    bodies: list[Json] = [{}, CLEAR[0], "clear", 5, True, None, [5], ["clear"], [None], [[]], [CLEAR]]

    answers = [_sent(isc, stuck["id"], body) for body in bodies]

    assert [(answer.status_code, envelope.code(answer)) for answer in answers] == [(400, "400.1.3")] * len(bodies)
    assert isc.get("getTaskStatus", id=stuck["id"]) == stuck


@every_version
def test_an_unknown_operation_is_refused(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)
    patches = [[*CLEAR, {"op": op, "path": STATUS, "value": "ERROR"}] for op in ("delete", "REPLACE", "", None, 5)]

    answers = [_sent(isc, stuck["id"], patch) for patch in patches]

    assert [answer.status_code for answer in answers] == [400] * len(patches)
    assert isc.get("getTaskStatus", id=stuck["id"]) == stuck


@every_version
def test_a_body_is_needed(connect: Connect, version: str) -> None:
    isc = connect(version)
    stuck = tasks.stuck(isc)

    answer = isc.send("updateTaskStatus", id=stuck["id"], content=b"", headers={"Content-Type": "application/json-patch+json"})

    assert answer.status_code == 400
    assert envelope.code(answer) == "400.1.0"


@every_version
def test_the_help_desk_may_read_a_task(connect: Connect, version: str) -> None:
    helpdesk = connect(version, "helpdesk")
    stuck = tasks.stuck(helpdesk)

    assert helpdesk.get("getTaskStatus", id=stuck["id"]) == stuck


@every_version
def test_the_help_desk_may_not_patch_a_task(connect: Connect, version: str) -> None:
    helpdesk = connect(version, "helpdesk")
    stuck = tasks.stuck(helpdesk)

    answer = helpdesk.send("updateTaskStatus", id=stuck["id"], json=CLEAR)

    assert answer.status_code == 403
    assert helpdesk.get("getTaskStatus", id=stuck["id"]) == stuck


@every_version
def test_an_unknown_task_is_not_found(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = isc.send("updateTaskStatus", id=NOWHERE, json=CLEAR)

    assert answer.status_code == 404


@every_version
def test_a_task_older_than_90_days_is_not_found(connect: Connect, server: Running, version: str) -> None:
    oldest = connect(version).get("getTaskStatusList", sorters="created", limit=1)[0]
    server.tenant.clock.freeze(dates.parse(oldest["created"]) + 90 * DAY + 1)

    answer = connect(version).send("updateTaskStatus", id=oldest["id"], json=CLEAR)

    assert answer.status_code == 404


def _sent(isc: Client, task_id: str, patch: Json, media_type: str = "application/json-patch+json") -> httpx.Response:
    """Unjudged, for the many that are refused alike."""
    url = well_formed.request(isc.version, "updateTaskStatus")["url"].replace(NOWHERE, task_id)
    return isc.http.patch(url, content=json.dumps(patch), headers={"Content-Type": media_type})


def _patched(isc: Client, task_id: str, *operations: Json) -> Json:
    answer = isc.send("updateTaskStatus", id=task_id, json=list(operations))
    assert answer.status_code == 200, answer.text
    return answer.json()
