"""Answers that go wrong over a real socket: what a rule does, to which requests, in which order, and never by chance."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from contract_tests.conftest import Make
from contract_tests.support import wire
from contract_tests.support.control import log_in, mistake
from mock_server import contract
from mock_server.contract import VERSIONS
from mock_server.handle import Isc

Json = Any

COUNT = "/v2025/work-items/count"

EFFECTS: list[dict[str, Json]] = [
    {"status": 500},
    {"latencyMs": 1},
    {"connection": "closed"},
    {"body": "truncated"},
    {"body": "malformed"},
    {"contentType": "text/html"},
    {"token": "expired"},
]

ENVELOPE = ("detailCode", "trackingId", "messages", "causes")

STATUSES = {
    400: ENVELOPE,
    401: ("error",),
    403: ENVELOPE,
    404: ENVELOPE,
    429: ("message",),
    500: ENVELOPE,
    502: ENVELOPE,
    503: ENVELOPE,
    504: ENVELOPE,
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_comes_with_the_services_own_body(isc: Isc, isc_client: httpx.Client, status: int) -> None:
    isc.faults({"operationId": "getCountWorkItems", "status": status})

    answer = isc_client.get(COUNT)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert tuple(answer.json()) == STATUSES[status]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_what_was_chosen(isc: Isc, isc_client: httpx.Client, status: int) -> None:
    isc.faults({"operationId": "getCountWorkItems", "status": status, "retryAfter": 17})

    assert isc_client.get(COUNT).headers.get_list("Retry-After") == ["17"]


def test_429_says_when_to_come_back_even_if_nobody_chose(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "getCountWorkItems", "status": 429})

    assert isc_client.get(COUNT).headers["Retry-After"] == "1"


def test_a_spoilt_answer_has_the_headers_of_every_answer(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "getCountWorkItems", "status": 500})

    answer = isc_client.get(COUNT)

    assert answer.headers["SLPT-Request-ID"] == answer.json()["trackingId"]


def test_latency_delays_the_right_answer(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "getCountWorkItems", "latencyMs": 50})

    slow, fast = isc_client.get(COUNT), isc_client.get(COUNT)

    assert slow.json() == fast.json()
    assert slow.elapsed.total_seconds() >= 0.05


def test_a_closed_connection_sends_nothing(isc: Isc, isc_client: httpx.Client, isc_server: str) -> None:
    isc.faults({"operationId": "getCountWorkItems", "connection": "closed"})

    assert wire.exchange(isc_server, _request(isc_client, "GET", COUNT)) == b""


def test_a_truncated_body_is_half_of_the_right_one(isc: Isc, isc_client: httpx.Client, isc_server: str) -> None:
    isc.faults({"operationId": "listWorkItems", "body": "truncated"})
    path = "/v2025/work-items?limit=3"

    spoilt = wire.parsed(wire.exchange(isc_server, _request(isc_client, "GET", path)))

    whole = isc_client.get(path).content
    assert spoilt.status == 200
    assert int(spoilt.headers["content-length"]) == len(whole)
    assert spoilt.body == whole[: len(whole) // 2]


def test_a_client_notices_a_truncated_body(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "listWorkItems", "body": "truncated"})

    with pytest.raises(httpx.RemoteProtocolError):
        isc_client.get("/v2025/work-items")


def test_a_malformed_body_is_no_json(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "getCountWorkItems", "body": "malformed"})

    answer = isc_client.get(COUNT)

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_wrong_content_type_comes_with_the_right_body(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "getCountWorkItems", "contentType": "text/html"})

    spoilt, right = isc_client.get(COUNT), isc_client.get(COUNT)

    assert spoilt.headers.get_list("Content-Type") == ["text/html"]
    assert spoilt.content == right.content


def test_an_expired_token_is_a_401_of_its_own_kind(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "getCountWorkItems", "token": "expired"})

    spoilt, right = isc_client.get(COUNT), isc_client.get(COUNT)

    assert (spoilt.status_code, right.status_code) == (401, 200)
    assert "expired" in spoilt.json()["error"]


NOTHING_DONE: list[dict[str, Json]] = [{"status": 500}, {"connection": "closed"}, {"token": "expired"}]

DONE: list[dict[str, Json]] = [{"latencyMs": 1}, {"body": "truncated"}, {"body": "malformed"}, {"contentType": "text/html"}]


@pytest.mark.parametrize("effect", NOTHING_DONE, ids=str)
def test_nothing_is_done(isc: Isc, isc_client: httpx.Client, isc_server: str, effect: dict[str, Json]) -> None:
    item = isc.add(type="Generic", description="Look.")
    isc.faults({"operationId": "completeWorkItem", **effect})

    wire.exchange(isc_server, _request(isc_client, "POST", f"/v2025/work-items/{item['id']}"))

    assert isc_client.get(f"/v2025/work-items/{item['id']}").json()["state"] == "Pending"


@pytest.mark.parametrize("effect", DONE, ids=str)
def test_it_is_done_and_only_the_answer_is_spoilt(isc: Isc, isc_client: httpx.Client, isc_server: str, effect: dict[str, Json]) -> None:
    item = isc.add(type="Generic", description="Look.")
    isc.faults({"operationId": "completeWorkItem", **effect})

    wire.exchange(isc_server, _request(isc_client, "POST", f"/v2025/work-items/{item['id']}"))

    assert isc_client.get(f"/v2025/work-items/{item['id']}").json()["state"] == "Finished"


def test_an_answer_that_is_an_error_gets_another_content_type_too(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "getWorkItem", "contentType": "text/html"})

    answer = isc_client.get(f"/v2025/work-items/{'0' * 32}")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html"


def test_an_answer_that_is_an_error_is_malformed_too(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "getWorkItem", "body": "malformed"})

    answer = isc_client.get(f"/v2025/work-items/{'0' * 32}")

    assert answer.status_code == 404
    assert answer.content.startswith(b"<")


def test_an_answer_that_is_an_error_is_truncated_too(isc: Isc, isc_client: httpx.Client, isc_server: str) -> None:
    isc.faults({"operationId": "getWorkItem", "body": "truncated"})

    spoilt = wire.parsed(wire.exchange(isc_server, _request(isc_client, "GET", f"/v2025/work-items/{'0' * 32}")))

    assert spoilt.status == 404
    assert len(spoilt.body) < int(spoilt.headers["content-length"])


@pytest.mark.parametrize("effect", EFFECTS, ids=str)
def test_head_can_be_spoilt(isc: Isc, isc_client: httpx.Client, isc_server: str, effect: dict[str, Json]) -> None:
    isc.faults({"operationId": "getPendingTaskHeaders", **effect})

    answer = wire.exchange(isc_server, _request(isc_client, "HEAD", "/v2024/task-status/pending-tasks"))

    assert answer.partition(b"\r\n\r\n")[2] == b""
    assert isc.faults_left() == []
    assert isc_client.head("/v2024/task-status/pending-tasks").status_code == 200


@pytest.mark.parametrize("effect", EFFECTS, ids=str)
def test_the_server_goes_on_after_each_effect(isc: Isc, isc_client: httpx.Client, isc_server: str, effect: dict[str, Json]) -> None:
    isc.faults({"operationId": "*", **effect})
    wire.exchange(isc_server, _request(isc_client, "GET", COUNT))

    assert isc_client.get(COUNT).status_code == 200


def test_first_so_many_pass_then_so_many_are_spoilt_then_all_pass(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "getCountWorkItems", "skip": 2, "first": 3, "status": 503})

    assert _statuses(isc_client, 8) == [200, 200, 503, 503, 503, 200, 200, 200]


def test_without_numbers_the_next_one_is_spoilt(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "getCountWorkItems", "status": 503})

    assert _statuses(isc_client, 3) == [503, 200, 200]


def test_rules_go_in_order(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults(
        {"operationId": "getCountWorkItems", "first": 2, "status": 429},
        {"operationId": "getCountWorkItems", "status": 500},
        {"operationId": "*", "status": 404},
    )

    assert _statuses(isc_client, 6) == [429, 429, 500, 404, 200, 200]


def test_a_later_rule_sees_what_an_earlier_one_lets_pass_and_not_what_it_spoils(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults(
        {"operationId": "getCountWorkItems", "skip": 1, "first": 2, "status": 429},
        {"operationId": "getCountWorkItems", "skip": 2, "status": 500},
    )

    assert _statuses(isc_client, 6) == [200, 429, 429, 200, 500, 200]


def test_other_operations_are_left_alone(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "listWorkItems", "first": 5, "status": 500})

    assert isc_client.get(COUNT).status_code == 200
    assert isc.faults_left()[0]["spoils"] == 5


def test_a_star_is_for_every_operation(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "*", "first": 4, "status": 500})

    paths = (COUNT, "/v2025/work-items", "/v2024/task-status", "/work-items/v1/count")
    assert {isc_client.get(path).status_code for path in paths} == {500}


EVERY_ID = sorted(contract.canonical_ids())


@pytest.mark.parametrize("operation_id", EVERY_ID)
def test_every_versions_operation_ids_are_known(isc: Isc, operation_id: str) -> None:
    isc.faults({"operationId": operation_id, "status": 500})

    assert len(isc.faults_left()) == 1


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("named_by", VERSIONS)
def test_a_rule_is_for_its_operation_in_all_versions(isc: Isc, isc_client: httpx.Client, named_by: str, version: str) -> None:
    isc.faults({"operationId": _id_of_count(named_by), "status": 500})
    path = "/work-items/v1/count" if version == "v1" else f"/{version}/work-items/count"

    assert isc_client.get(path).status_code == 500


def test_the_same_rules_spoil_the_same_requests_again(isc: Isc, isc_client: httpx.Client) -> None:
    rules: list[dict[str, Json]] = [
        {"operationId": "getCountWorkItems", "skip": 1, "first": 2, "status": 429},
        {"operationId": "*", "skip": 2, "first": 2, "status": 500},
    ]

    runs = []
    for _ in range(3):
        isc.faults(*rules)
        runs.append(_statuses(isc_client, 8))

    assert runs[0] == runs[1] == runs[2]
    assert set(runs[0]) == {200, 429, 500}


def test_what_is_left_can_be_seen(isc: Isc, isc_client: httpx.Client) -> None:
    rule = {"operationId": "getCountWorkItems", "skip": 1, "first": 2, "status": 429, "retryAfter": 3}
    isc.faults(rule)

    left = []
    for _ in range(4):
        left.append([(one["rule"], one["passes"], one["spoils"]) for one in isc.faults_left()])
        isc_client.get(COUNT)

    assert left == [[(rule, 1, 2)], [(rule, 0, 2)], [(rule, 0, 1)], []]


def test_arming_replaces_what_was_armed(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "*", "first": 9, "status": 500})

    isc.faults({"operationId": "listWorkItems", "status": 500})

    assert isc_client.get(COUNT).status_code == 200


def test_disarming_ends_them(isc: Isc, isc_client: httpx.Client) -> None:
    isc.faults({"operationId": "*", "first": 9, "status": 500})

    isc.control("DELETE", "/faults")

    assert isc.faults_left() == []
    assert isc_client.get(COUNT).status_code == 200


def test_an_empty_list_disarms(isc: Isc) -> None:
    isc.faults({"operationId": "*", "status": 500})

    isc.faults()

    assert isc.faults_left() == []


def test_faults_are_a_tenants_own(isc: Isc, isc_server: str, make: Make) -> None:
    isc.faults({"operationId": "*", "first": 9, "status": 500})

    with make(isc_server).client() as stranger:
        assert stranger.get(COUNT).status_code == 200


def test_login_and_control_are_never_spoilt(isc: Isc, isc_server: str) -> None:
    isc.faults({"operationId": "*", "first": 9, "status": 500})

    isc.clock.now()
    isc.state()
    assert log_in(isc_server, *isc.credentials["ORG_ADMIN"]).status_code == 200
    assert httpx.get(f"{isc_server}/oauth/info", verify=False).status_code == 200  # noqa: S501 - plain http
    assert isc.faults_left()[0]["spoils"] == 9


def test_requests_that_no_login_lets_in_are_not_counted(isc: Isc, isc_server: str) -> None:
    isc.faults({"operationId": "*", "status": 500})

    httpx.get(f"{isc_server}{COUNT}", verify=False)  # noqa: S501 - plain http

    assert isc.faults_left()[0]["spoils"] == 1


@pytest.mark.parametrize("effect", EFFECTS, ids=str)
def test_the_journal_marks_what_was_spoilt(isc: Isc, isc_client: httpx.Client, isc_server: str, effect: dict[str, Json]) -> None:
    rule = {"operationId": "getCountWorkItems", **effect}
    isc.faults(rule)
    wire.exchange(isc_server, _request(isc_client, "GET", COUNT))
    isc_client.get(COUNT)

    right, spoilt = isc.journal(operation="getCountWorkItems")

    assert (right["fault"], spoilt["fault"]) == (None, rule)
    assert spoilt["status"] == (None if "connection" in effect else effect.get("status", 401 if "token" in effect else 200))


def test_the_summary_counts_closed_connections(isc: Isc, isc_client: httpx.Client, isc_server: str) -> None:
    isc.faults({"operationId": "getCountWorkItems", "connection": "closed"})

    wire.exchange(isc_server, _request(isc_client, "GET", COUNT))

    assert isc.journal_summary()["getCountWorkItems"] == {"closed": 1}


WRONG: dict[str, tuple[Any, str]] = {
    "no effect": ({}, "[1].status"),
    "two effects": ({"status": 500, "latencyMs": 1}, "[1].latencyMs"),
    "no operation": ({"operationId": ..., "status": 500}, "[1].operationId"),
    "an unknown operation": ({"operationId": "listWorkitems", "status": 500}, "[1].operationId"),
    "the login": ({"operationId": "createToken", "status": 500}, "[1].operationId"),
    "the control API": ({"operationId": "resetTenant", "status": 500}, "[1].operationId"),
    "an empty operation": ({"operationId": "", "status": 500}, "[1].operationId"),
    "an operation that is a list": ({"operationId": [], "status": 500}, "[1].operationId"),
    "an unknown status": ({"status": 418}, "[1].status"),
    "a status that is a text": ({"status": "500"}, "[1].status"),
    "an unknown field": ({"status": 500, "probability": 0.5}, "[1].probability"),
    "nothing to spoil": ({"status": 500, "first": 0}, "[1].first"),
    "a negative skip": ({"status": 500, "skip": -1}, "[1].skip"),
    "retryAfter with another status": ({"status": 500, "retryAfter": 1}, "[1].retryAfter"),
    "retryAfter without a status": ({"latencyMs": 1, "retryAfter": 1}, "[1].retryAfter"),
    "a negative retryAfter": ({"status": 429, "retryAfter": -1}, "[1].retryAfter"),
    "no latency": ({"latencyMs": 0}, "[1].latencyMs"),
    "a long latency": ({"latencyMs": 60001}, "[1].latencyMs"),
    "an unknown connection": ({"connection": "open"}, "[1].connection"),
    "an unknown body": ({"body": "short"}, "[1].body"),
    "a content type with a line break": ({"contentType": "text/html\r\nX: y"}, "[1].contentType"),
    "a content type with a line break at its end": ({"contentType": "text/html\n"}, "[1].contentType"),
    "an unknown token": ({"token": "forged"}, "[1].token"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_names_the_field_and_arms_nothing(isc: Isc, case: str) -> None:
    given, field = WRONG[case]
    isc.faults({"operationId": "listWorkItems", "status": 503})
    before = isc.faults_left()
    wrong = {key: value for key, value in {"operationId": "getCountWorkItems", **given}.items() if value is not ...}

    text = mistake(isc, "PUT", "/faults", [{"operationId": "*", "status": 500}, wrong])

    assert field in text
    assert isc.faults_left() == before


@pytest.mark.parametrize("body", [{}, "x", 5, [5], [None], [{"operationId": "*", "status": 500}] * 101], ids=lambda body: str(body)[:20])
def test_what_is_no_list_of_rules_is_refused(isc: Isc, body: Json) -> None:
    mistake(isc, "PUT", "/faults", body)

    assert isc.faults_left() == []


def _statuses(client: httpx.Client, number: int) -> list[int]:
    return [client.get(COUNT).status_code for _ in range(number)]


def _id_of_count(version: str) -> str:
    document = contract.compose(version)
    ids = contract.canonical_ids()
    return next(operation.id for operation in contract.operations(document, version) if ids[operation.id] == "getCountWorkItems")


def _request(client: httpx.Client, method: str, path: str) -> bytes:
    """On a connection of its own, which the server closes afterwards."""
    host = urlsplit(str(client.base_url)).netloc
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", f"Authorization: {client.headers['Authorization']}", "", ""]
    ).encode()
