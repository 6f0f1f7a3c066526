"""A finding sent again: to a target that shows the same, to one that does not, and to one that cannot."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.conftest import Serve, credentials
from contract_tests.harness import laws
from contract_tests.harness import replay as module
from contract_tests.harness.errors import Ended
from contract_tests.harness.findings import Finding, Step, from_json
from contract_tests.harness.governor import state_folder
from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import ORIGIN
from contract_tests.harness.redaction import Redaction, machine_key
from contract_tests.harness.replay import Replayed, State, replay
from contract_tests.harness.run import Options, opened
from contract_tests.harness.target import Credentials, Target, loopback
from contract_tests.harness.validate import validate
from contract_tests.support.server import Running
from contract_tests.support.work_items import approval, completed_items, open_items

Json = Any

Replay = Callable[..., Replayed]

COUNT = "/v2025/work-items/count"

STRANGER, ANOTHER = "id-0123456789ab", "id-ba9876543210"
"""Pseudonyms of what no fake has."""

OWN = (("Authorization", placeholder()),)


@pytest.fixture
def sent(server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replay:
    """sent(finding, to=…, mode=…, versions=…): the finding, replayed on a fake."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def replayed(finding: Finding, to: Running = server, options: Options | None = None, **profile: Any) -> Replayed:
        with opened("replay", replace(target(to), **profile), options or Options()) as run:
            outcome = replay(run, finding)
        assert run.summary.ended is None
        assert len(run.summary.findings) == 0
        return outcome

    return replayed


def target(server: Running) -> Target:
    client = credentials(server, "org-admin")
    return loopback(server.url, {"main": Credentials(client.id, client.secret)})


def faulty(server: Running, operation: str, **effect: Json) -> Running:
    rules = [{"operationId": operation, "first": 1000, **effect}]
    httpx.put(f"{server.url}/_mock/faults", json=rules).raise_for_status()
    return server


def found(check: str, operation: str, place: str, *steps: Step, status: int | None = 200, version: str = "v2025") -> Finding:
    return Finding(check, operation, place, "the contract says so", "something else came", steps, version, status)


def get(path: str) -> Step:
    return Step("GET", path, OWN)


def post(path: str, body: Json = None) -> Step:
    return Step("POST", path, (*OWN, ("Content-Type", "application/json")), "" if body is None else json.dumps(body))


def journaled(server: Running, operation: str) -> list[Json]:
    """What the fake was asked, oldest first."""
    entries: list[Json] = httpx.get(f"{server.url}/_mock/journal", params={"operation": operation, "limit": 1000}).json()["entries"]
    return entries[::-1]


def forget(server: Running) -> None:
    httpx.delete(f"{server.url}/_mock/journal").raise_for_status()


NO_JSON = found("contract", "getCountWorkItems", "answer DataValidationError", get(COUNT))


def test_a_target_that_answers_otherwise_than_described_at_the_same_place_shows_the_same(server: Running, sent: Replay) -> None:
    faulty(server, "getCountWorkItems", body="malformed")

    outcome = sent(NO_JSON)

    assert (outcome.state, outcome.status) == (State.SHOWS, 200)
    assert outcome.came.startswith("200 application/json: ")


def test_a_sound_target_does_not_show_it(sent: Replay) -> None:
    outcome = sent(NO_JSON)

    assert (outcome.state, outcome.status) == (State.DIFFERS, 200)
    assert outcome.says == "that place is as described; the status was 200 and is 200 here"
    assert '"count"' in outcome.came


def test_another_place_is_not_the_same(server: Running, sent: Replay) -> None:
    faulty(server, "getCountWorkItems", contentType="text/html")

    outcome = sent(replace(NO_JSON, place="answer count type"))

    assert outcome.state is State.DIFFERS
    assert "but not at answer" in outcome.says


def test_a_status_is_the_same_or_another(server: Running, sent: Replay) -> None:
    crash = found("not_a_server_error", "getCountWorkItems", "server_error", get(COUNT), status=500)
    healthy = sent(crash)
    faulty(server, "getCountWorkItems", status=500)

    ill = sent(crash)

    assert (healthy.state, healthy.says) == (State.DIFFERS, "the status was 500 and is 200 here")
    assert (ill.state, ill.says) == (State.SHOWS, "the status was 500 and is 500 here")


def test_no_answer_is_the_same_as_no_answer(server: Running, sent: Replay) -> None:
    silent = found("answers", "getCountWorkItems", "no answer", get(COUNT), status=None)
    healthy = sent(silent)
    faulty(server, "getCountWorkItems", connection="closed")

    ill, crash = sent(silent), sent(replace(silent, check="not_a_server_error", status=500))

    assert (healthy.state, healthy.says) == (State.DIFFERS, "there was no answer, and there is one here, of status 200")
    assert (ill.state, ill.status) == (State.SHOWS, None)
    assert (crash.state, crash.says) == (State.DIFFERS, "no answer: the connection broke")


LAWS = [
    ("single", "getWorkItem", "status", f"/v2025/work-items/{STRANGER}"),
    ("total", "listWorkItems", "absent", "/v2025/work-items?count=true"),
    ("parameters", "getCompletedWorkItems", "limit=251", "/v2025/work-items/completed?limit=251"),
    ("filters", "getTaskStatusList", "invalid", "/v2025/task-status?filters=name"),
]


@pytest.mark.parametrize(("check", "operation", "place", "path"), LAWS)
def test_a_law_is_tried_again(server: Running, sent: Replay, check: str, operation: str, place: str, path: str) -> None:
    broken = found(check, operation, place, get(path), status=500)
    healthy = sent(broken)
    faulty(server, operation, status=500)

    ill = sent(broken)

    assert (healthy.state, healthy.says) == (State.DIFFERS, "the law holds here")
    assert (ill.state, ill.says, ill.status) == (State.SHOWS, "the same law is broken", 500)


def test_another_break_of_the_same_law_is_not_the_same(server: Running, sent: Replay) -> None:
    faulty(server, "getWorkItem", status=500)

    assert sent(found("single", "getTaskStatus", "status", get("/v2025/task-status/1"))).state is State.DIFFERS


def test_every_law_can_be_tried_again() -> None:
    """Each check that a law tells is known, and with the module that it is in."""
    told = set()
    for place in Path(laws.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(place.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "broken":
                check = node.args[0]
                assert isinstance(check, ast.Constant)
                told.add((check.value, place.stem))

    assert told == {(check, where.__name__.rpartition(".")[2]) for check, where in module.LAWS.items()}


def test_an_object_that_the_target_does_not_know_is_replaced_by_one_of_its_kind(server: Running, sent: Replay) -> None:
    forget(server)

    outcome = sent(found("contract", "getWorkItem", "answer state enum", get(f"/v2025/work-items/{STRANGER}")))

    assert (outcome.state, outcome.status) == (State.DIFFERS, 200)
    assert outcome.stood_in.keys() == {STRANGER}
    (entry,) = journaled(server, "getWorkItem")
    assert entry["path"].rpartition("/")[2] in {item["id"] for item in open_items(server)}


def test_an_object_that_the_target_knows_stays(server: Running, sent: Replay, tmp_path: Path) -> None:
    """A finding of recorded traffic goes to the object that it is about."""
    item = completed_items(server)[0]
    recorded = {"method": "GET", "path": f"/v2025/work-items/{item['id']}", "query": {}, "status": 200, "answer": {}, "request": None}
    place = tmp_path / "traffic.ndjson"
    place.write_text(json.dumps({**recorded, "answer": {"canary": 1}}))
    (hit,) = validate([place], redaction=Redaction(machine_key(state_folder()), trusting=True)).findings
    forget(server)

    outcome = sent(hit.finding)

    assert (outcome.state, outcome.stood_in) == (State.DIFFERS, {})
    assert journaled(server, "getWorkItem")[0]["path"] == recorded["path"]


def test_a_finding_of_a_report_can_be_replayed(server: Running, sent: Replay, tmp_path: Path) -> None:
    place = tmp_path / "traffic.ndjson"
    place.write_text(json.dumps({"method": "GET", "path": COUNT, "query": {}, "status": 200, "answer": "{", "request": None}))
    (hit,) = validate([place]).findings
    faulty(server, "getCountWorkItems", body="malformed")

    outcome = sent(from_json(json.loads(json.dumps(hit.as_json(1)))))

    assert outcome.state is State.SHOWS


def test_work_item_and_approval_item_belong_together(server: Running, sent: Replay) -> None:
    paths = [f"/v2025/work-items/{STRANGER}", f"/v2025/work-items/{STRANGER}/approve/{ANOTHER}"]
    forget(server)

    outcome = sent(found("status_code_conformance", "approveApprovalItem", "200", get(paths[0]), post(paths[1])))

    assert (outcome.state, outcome.status) == (State.SHOWS, 200)
    looked_at, approved = journaled(server, "getWorkItem")[0]["path"], journaled(server, "approveApprovalItem")[0]["path"]
    assert approved.startswith(f"{looked_at}/approve/")


def test_a_new_owner_and_one_that_is_asked_for_are_people_whom_the_target_has(server: Running, sent: Replay) -> None:
    steps = [
        get(f"/v2025/work-items?ownerId={STRANGER}"),
        post(f"/v2025/work-items/{ANOTHER}/forward", {"targetOwnerId": STRANGER, "comment": f"for {STRANGER}"}),
    ]
    forget(server)

    outcome = sent(found("status_code_conformance", "forwardWorkItem", "200", *steps))

    owner = next(entry["query"]["ownerId"] for entry in journaled(server, "listWorkItems") if "ownerId" in entry["query"])
    assert owner in {item["ownerId"] for item in open_items(server) + completed_items(server)}
    assert journaled(server, "forwardWorkItem")[0]["request"] == {"targetOwnerId": owner, "comment": f"for {STRANGER}"}
    assert outcome.stood_in.keys() == {STRANGER, ANOTHER}


def test_a_filter_compares_with_what_the_target_has(server: Running, sent: Replay) -> None:
    path = f"/v2025/task-status?filters=sourceId%20eq%20%22{STRANGER}%22%20and%20id%20in%20(%22{ANOTHER}%22)"
    forget(server)

    outcome = sent(found("contract", "getTaskStatusList", "answer */id type", get(path)))

    asked = [entry for entry in journaled(server, "getTaskStatusList") if "filters" in entry["query"]]
    assert (outcome.state, outcome.status) == (State.DIFFERS, 200)
    assert STRANGER not in asked[0]["query"]["filters"]
    assert ANOTHER not in asked[0]["query"]["filters"]


def test_what_was_not_found_there_is_not_looked_for_among_what_is_here(server: Running, sent: Replay) -> None:
    outcome = sent(found("contract", "getWorkItem", "answer trackingId type", get(f"/v2025/work-items/{STRANGER}"), status=404))

    assert (outcome.state, outcome.status, outcome.stood_in) == (State.DIFFERS, 404, {})


NOWHERE = [
    get(f"/v2025/work-items/{STRANGER}"),
    get(f"/v2025/work-items?ownerId={STRANGER}"),
    get(f"/v2025/task-status?filters=sourceId%20eq%20%22{STRANGER}%22"),
    post(f"/v2025/work-items/{STRANGER}/approve/{ANOTHER}"),
    post("/v2025/work-items/1/forward", {"targetOwnerId": STRANGER}),
]


@pytest.mark.parametrize("step", NOWHERE, ids=lambda step: step.path)
def test_a_target_without_such_an_object_cannot_say(serve: Serve, sent: Replay, step: Step) -> None:
    outcome = sent(found("status_code_conformance", "getWorkItem", "200", step), to=serve(scenario="empty"))

    assert outcome.state is State.IMPOSSIBLE
    assert outcome.says.startswith("the target has no such object: ")


def test_a_version_that_the_target_does_not_have_cannot_be_asked(sent: Replay) -> None:
    outcome = sent(replace(NO_JSON, version="v3"), versions=("v2024", "v2025"))

    assert (outcome.state, outcome.says) == (State.IMPOSSIBLE, "the target is not asked in v3, but in v2024, v2025")


def test_a_client_that_the_target_has_no_credentials_for_cannot_ask(sent: Replay) -> None:
    step = Step("GET", COUNT, (("Authorization", placeholder("reader")),))

    outcome = sent(found("contract", "getCountWorkItems", "answer count type", step))

    assert (outcome.state, outcome.says) == (State.IMPOSSIBLE, "it takes a client 'reader', and the target has credentials for main")


def test_a_finding_without_requests_cannot_be_replayed(sent: Replay) -> None:
    assert sent(replace(NO_JSON, steps=())).says == "the finding has no requests"


def test_the_guard_decides_what_is_sent(server: Running, sent: Replay) -> None:
    forget(server)

    outcome = sent(
        found("status_code_conformance", "completeWorkItem", "200", post(f"/v2025/work-items/{STRANGER}")), kind="sandbox", mode="read-only"
    )

    assert outcome.state is State.IMPOSSIBLE
    assert outcome.says.startswith("the guard holds it back: the target is read-only")
    assert journaled(server, "completeWorkItem") == []


@pytest.mark.parametrize("check", module.UNTOLD_BY_STATUS)
def test_a_status_that_tells_nothing_is_not_taken_for_the_same(server: Running, sent: Replay, check: str) -> None:
    finding = found(check, "getCountWorkItems", "count", get(COUNT))
    same = sent(finding)
    faulty(server, "getCountWorkItems", status=500)

    other = sent(finding)

    assert (same.state, same.status) == (State.IMPOSSIBLE, 200)
    assert "isc-contract" in same.says
    assert other.state is State.DIFFERS


def test_headers_and_bodies_go_as_they_were(server: Running, sent: Replay) -> None:
    headers = (*OWN, ("Content-Type", "application/json"), ("X-SailPoint-Experimental", "true"))
    step = Step("POST", f"/v2025/work-items/{STRANGER}", headers, '"Gr\u00fc\u00df"')
    forget(server)

    outcome = sent(found("status_code_conformance", "completeWorkItem", "200", step))

    assert outcome.state is State.SHOWS
    assert journaled(server, "completeWorkItem")[0]["request"] == "Gr\u00fc\u00df"


UNSENDABLE = [
    (get("/v2025/work-items/\x00"), "InvalidURL"),
    (get("/v2025/work-items?a=\ud800"), "UnicodeEncodeError"),
    (Step("GET", COUNT, (*OWN, ("X-SailPoint-Experimental", "\u20ac"))), "UnicodeEncodeError"),
]


@pytest.mark.parametrize(("step", "why"), UNSENDABLE)
def test_a_request_that_cannot_be_sent_again_says_so(sent: Replay, step: Step, why: str) -> None:
    outcome = sent(found("not_a_server_error", "getWorkItem", "server_error", step, status=500))

    assert (outcome.state, outcome.says) == (State.IMPOSSIBLE, f"its request has a form that cannot be sent again: {why}")


def test_a_budget_that_is_used_up_ends_it(server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with opened("replay", target(server), Options(max_requests=2)) as run, pytest.raises(Ended):
        replay(run, NO_JSON)


def test_what_it_tells_holds_pseudonyms_alone(server: Running, sent: Replay) -> None:
    item = approval(server, 1)

    outcome = sent(found("contract", "getWorkItem", "answer state enum", get(f"/v2025/work-items/{STRANGER}")))

    told = repr(outcome)
    assert [value for value in (item["id"], item["ownerName"], item["ownerId"], ORIGIN) if value in told] == []
