"""The journal: what a tenant was asked and answered, bounded, whose it is, what nobody read, and never a secret."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from contract_tests.conftest import Make
from contract_tests.support.control import in_hand, log_in, mistake
from contract_tests.support.server import Running, running
from mock_server.handle import Isc
from mock_server.settings import Settings
from mock_server.state import journal

COUNT = "/v2025/work-items/count"

LIST = "/v2025/work-items"

NOWHERE = f"{LIST}/{'0' * 32}"


@pytest.fixture(scope="module")
def auto() -> Iterator[Running]:
    with running(Settings(auto_tenants=True)) as server:
        yield server


@pytest.fixture
def first(isc_server: str) -> Iterator[Isc]:
    """The tenant that gets the requests of strangers, its journal empty."""
    isc = in_hand(isc_server)
    isc.forget_journal()
    yield isc
    isc.close()


def test_an_entry_tells_the_whole_exchange(isc: Isc, isc_client: httpx.Client) -> None:
    now = isc.clock.freeze()

    answer = isc_client.get(LIST, params={"limit": 1, "offset": 2})

    (entry,) = isc.journal(operation="listWorkItems")
    assert entry.pop("durationMs") > 0
    assert entry == {
        "id": answer.headers["SLPT-Request-ID"],
        "at": now,
        "method": "GET",
        "path": LIST,
        "query": {"limit": "1", "offset": "2"},
        "status": 200,
        "operationId": "listWorkItems",
        "version": "v2025",
        "client": isc.credentials["ORG_ADMIN"][0],
        "request": None,
        "answer": answer.json(),
        "ignored": [],
        "fault": None,
        "nearMiss": None,
    }


def test_an_entry_has_the_body_that_was_sent(isc: Isc, isc_client: httpx.Client) -> None:
    body = {"targetOwnerId": "0" * 32, "comment": "Please take this over."}

    isc_client.post(f"{NOWHERE}/forward", json=body)

    assert isc.journal()[0]["request"] == body


def test_a_body_that_is_no_json_is_text(isc: Isc, isc_client: httpx.Client) -> None:
    isc_client.post(f"{NOWHERE}/forward", content=b"{\xff", headers={"Content-Type": "application/json"})

    assert isc.journal()[0]["request"] == "{\ufffd"


def test_the_newest_comes_first(isc: Isc, isc_client: httpx.Client) -> None:
    for limit in range(3):
        isc_client.get(LIST, params={"limit": limit})

    assert [entry["query"].get("limit") for entry in isc.journal()] == ["2", "1", "0", None]


def test_it_is_filtered_by_operation_and_status(isc: Isc, isc_client: httpx.Client) -> None:
    for path in (COUNT, LIST, NOWHERE, COUNT):
        isc_client.get(path)

    assert len(isc.journal(operation="getCountWorkItems")) == 2
    assert [entry["path"] for entry in isc.journal(status=404)] == [NOWHERE]
    assert isc.journal(operation="getCountWorkItems", status=404) == []


def test_an_operation_that_no_version_has_is_refused(isc: Isc) -> None:
    with pytest.raises(httpx.HTTPStatusError, match=r'"operation".*No version has an operation nonsense'):
        isc.journal(operation="nonsense")


def test_it_is_filtered_by_client(isc: Isc, isc_client: httpx.Client) -> None:
    with isc.client("HELPDESK") as other:
        other.get(COUNT)
    isc_client.get(LIST)

    assert [entry["path"] for entry in isc.journal(client=isc.credentials["HELPDESK"][0])] == [COUNT]


def test_it_is_filtered_by_time_from_a_moment_on_and_before_another(isc: Isc, isc_client: httpx.Client) -> None:
    moments = [isc.clock.freeze()]
    isc_client.get(COUNT)
    for _ in range(2):
        moments.append(isc.clock.advance(10))
        isc_client.get(COUNT)

    assert [entry["at"] for entry in isc.journal(operation="getCountWorkItems", since=moments[1])] == [moments[2], moments[1]]
    assert [entry["at"] for entry in isc.journal(operation="getCountWorkItems", until=moments[1])] == [moments[0]]
    assert [entry["at"] for entry in isc.journal(operation="getCountWorkItems", since=moments[1], until=moments[2])] == [moments[1]]


def test_a_limit_keeps_the_newest(isc: Isc, isc_client: httpx.Client) -> None:
    for path in (COUNT, LIST, NOWHERE):
        isc_client.get(path)

    assert [entry["path"] for entry in isc.journal(limit=2)] == [NOWHERE, LIST]
    assert isc.journal(limit=0) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "-1"),
        ("limit", "1001"),
        ("limit", "x"),
        ("status", "99"),
        ("status", "ok"),
        ("since", "yesterday"),
        ("until", "2030-01-01"),
        ("since", "2016-12-31T23:59:60Z"),
    ],
)
def test_a_mistaken_filter_names_the_field(isc: Isc, name: str, value: str) -> None:
    assert f'"{name}"' in mistake(isc, "GET", "/journal", params={name: value})


def test_it_keeps_so_many_requests_and_tells_how_many_it_dropped(
    isc: Isc, isc_client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    isc.forget_journal()
    monkeypatch.setattr(journal, "MAX_ENTRIES", 3)

    for limit in range(5):
        isc_client.get(LIST, params={"limit": limit})

    shown = isc.control("GET", "/journal")
    assert [entry["query"]["limit"] for entry in shown["entries"]] == ["4", "3", "2"]
    assert shown["dropped"] == 2


def test_it_keeps_so_many_bytes(isc: Isc, isc_client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    isc.forget_journal()
    monkeypatch.setattr(journal, "MAX_BYTES", 10_000)

    for _ in range(4):
        isc_client.post(f"{NOWHERE}/forward", json={"targetOwnerId": "0" * 32, "comment": "x" * 4000})

    shown = isc.control("GET", "/journal")
    assert (len(shown["entries"]), shown["dropped"]) == (2, 2)


def test_a_request_larger_than_the_journal_is_dropped(isc: Isc, isc_client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    isc.forget_journal()
    monkeypatch.setattr(journal, "MAX_BYTES", 1000)

    isc_client.post(f"{NOWHERE}/forward", json={"targetOwnerId": "0" * 32, "comment": "x" * 4000})
    isc_client.get(COUNT)

    shown = isc.control("GET", "/journal")
    assert ([entry["path"] for entry in shown["entries"]], shown["dropped"]) == ([COUNT], 1)


def test_the_summary_counts_by_operation_and_status(isc: Isc, isc_client: httpx.Client) -> None:
    for path in (COUNT, COUNT, NOWHERE, "/nonsense"):
        isc_client.get(path)

    assert isc.journal_summary() == {
        "-": {"404": 1},
        "createToken": {"200": 1},
        "getCountWorkItems": {"200": 2},
        "getWorkItem": {"404": 1},
    }


def test_the_summary_counts_dropped_requests_too(isc: Isc, isc_client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_ENTRIES", 1)

    for _ in range(5):
        isc_client.get(COUNT)

    assert isc.journal_summary()["getCountWorkItems"] == {"200": 5}


def test_it_can_be_emptied(isc: Isc, isc_client: httpx.Client) -> None:
    isc_client.get(COUNT)

    isc.forget_journal()

    assert isc.control("GET", "/journal") == {"dropped": 0, "entries": []}
    assert isc.journal_summary() == {}


def test_requests_to_the_control_api_are_not_in_it(isc: Isc, first: Isc) -> None:
    isc.state()
    isc.clock.now()

    assert isc.journal() == []
    assert first.journal() == []


def test_query_parameters_that_nothing_reads_are_told(isc: Isc, isc_client: httpx.Client) -> None:
    isc_client.get(LIST, params={"limit": 1, "sorters": "created", "colour": "red"})

    assert sorted(isc.journal()[0]["ignored"]) == ["query.colour", "query.sorters"]


def test_body_fields_that_nothing_reads_are_told(isc: Isc, isc_client: httpx.Client) -> None:
    isc_client.post(f"{NOWHERE}/forward", json={"targetOwnerId": "0" * 32, "comment": "Please.", "colour": "red"})

    assert isc.journal()[0]["ignored"] == ["body.colour"]


def test_a_body_that_nothing_reads_is_told(isc: Isc, isc_client: httpx.Client) -> None:
    isc_client.request("GET", COUNT, content=b"{}", headers={"Content-Type": "application/json"})

    assert isc.journal()[0]["ignored"] == ["body"]


def test_what_is_read_is_not_told(isc: Isc, isc_client: httpx.Client) -> None:
    isc_client.get(
        "/v2025/task-status", params={"limit": 1, "filters": 'completionStatus eq "ERROR"', "sorters": "-created", "count": "true"}
    )

    assert isc.journal()[0]["ignored"] == []


FAILURES: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "404 of a path": ("GET", "/nonsense", {}, 404),
    "404 of a document": ("GET", NOWHERE, {}, 404),
    "405": ("PUT", LIST, {}, 405),
    "413": ("POST", NOWHERE, {"content": b"x" * (1024 * 1024 + 1)}, 413),
    "415": ("POST", f"{NOWHERE}/forward", {"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_fails_with_a_tenants_token_is_in_its_journal(isc: Isc, isc_client: httpx.Client, first: Isc, case: str) -> None:
    method, path, arguments, status = FAILURES[case]

    isc_client.request(method, path, **arguments)

    assert [(entry["method"], entry["path"], entry["status"]) for entry in isc.journal(status=status)] == [(method, path, status)]
    assert first.journal() == []


def test_an_expired_token_still_tells_whose_request_it_was(isc: Isc, isc_client: httpx.Client, first: Isc) -> None:
    isc.clock.advance(duration="P2D")

    isc_client.get(COUNT)

    assert [entry["path"] for entry in isc.journal(status=401)] == [COUNT]
    assert first.journal() == []


def test_a_login_is_in_the_journal_of_whom_its_client_belongs_to(isc: Isc, isc_server: str, first: Isc) -> None:
    client_id, secret = isc.credentials["HELPDESK"]

    statuses = [log_in(isc_server, client_id, one).status_code for one in (secret, "wrong")]

    assert statuses == [200, 401]
    assert [(entry["operationId"], entry["status"]) for entry in isc.journal()] == [("createToken", 401), ("createToken", 200)]
    assert first.journal() == []


def test_a_strangers_request_is_in_the_first_tenants_journal(isc_server: str, isc: Isc, first: Isc) -> None:
    httpx.get(f"{isc_server}{COUNT}", headers={"Authorization": "Bearer forged"}, verify=False)  # noqa: S501 - plain http

    assert [(entry["path"], entry["status"]) for entry in first.journal()] == [(COUNT, 401)]
    assert isc.journal() == []


def test_journals_are_a_tenants_own(isc: Isc, isc_client: httpx.Client, isc_server: str, make: Make) -> None:
    isc_client.get(COUNT)

    assert make(isc_server).journal() == []


PLACES = ["path", "query", "query by another name", "body", "body of nothing", "header", "refused path", "parameter", "cookie"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["secret", "token"])
def test_no_secret_and_no_token_is_ever_in_it(
    isc: Isc, isc_client: httpx.Client, isc_server: str, first: Isc, place: str, kind: str
) -> None:
    canary = isc.credentials["ORG_ADMIN"][1] if kind == "secret" else isc_client.headers["Authorization"].removeprefix("Bearer ")

    for client in (isc_client, httpx.Client(base_url=isc_server, verify=False)):  # noqa: S501 - plain http
        _put(client, place, canary)
        client.close()

    shown = isc._http.get("/journal").text + first._http.get("/journal").text
    assert len(isc.journal()) == 2
    assert len(first.journal()) == 1
    assert canary not in shown


LOGINS = ["body", "query", "mixed", "multipart", "json", "basic", "text", "wrong path", "wrong name", "in the client id", "as grant"]


@pytest.mark.parametrize("form", LOGINS)
@pytest.mark.parametrize("right", [True, False])
def test_no_login_in_any_form_leaves_its_secret_or_token(isc: Isc, isc_server: str, first: Isc, form: str, right: bool) -> None:
    client_id, secret = isc.credentials["ORG_ADMIN"]
    canary = secret if right else "5ec2e7" * 10
    with httpx.Client(base_url=isc_server, verify=False) as client:  # noqa: S501 - plain http
        answer = _log_in(client, form, client_id, canary)

    shown = isc._http.get("/journal").text + first._http.get("/journal").text
    assert len(isc.journal()) + len(first.journal()) == 1
    assert right is False or form not in ("body", "query", "mixed", "multipart") or answer.status_code == 200
    if right or form not in ("in the client id", "as grant"):
        assert canary not in shown
    if answer.status_code == 200:
        assert answer.json()["access_token"] not in shown


@pytest.mark.parametrize("secret", ['a"b\\c', "geheim-ä-€", "a b&c=d", "1", "e", '"'])
def test_a_secret_of_ones_own_choice_is_masked_and_nothing_else(auto: Running, secret: str) -> None:
    token = log_in(auto.url, f"job {secret}", secret).json()
    with httpx.Client(base_url=auto.url, headers={"Authorization": f"Bearer {token['access_token']}"}, verify=False) as client:  # noqa: S501
        client.post(f"{NOWHERE}/forward", json={"targetOwnerId": "0" * 32, "comment": f"My secret is {secret}!"})

    answer = httpx.get(f"{auto.url}/_mock/journal", params={"tenant": token["org"]}, verify=False)  # noqa: S501 - plain http

    assert answer.json()["entries"][0]["status"] == 404
    assert answer.json()["entries"][0]["path"] == f"{NOWHERE}/forward"
    if len(secret) > 1:
        assert secret not in answer.json()["entries"][0]["request"]["comment"]


def _put(client: httpx.Client, place: str, canary: str) -> None:
    one = {"limit": 1}
    requests: dict[str, tuple[str, str, dict[str, Any]]] = {
        "path": ("GET", f"{LIST}/{canary}", {}),
        "query": ("GET", LIST, {"params": {**one, "access_token": canary}}),
        "query by another name": ("GET", LIST, {"params": {**one, "q": f"it is {canary}", canary: "x"}}),
        "body": ("POST", f"{NOWHERE}/forward", {"json": {"comment": f"It is {canary}", "deep": [{"secret": canary}]}}),
        "body of nothing": ("POST", f"/nonsense/{canary}", {"json": {"client_secret": canary}}),
        "header": ("GET", LIST, {"params": one, "headers": {"X-Secret": canary}}),
        "refused path": ("PUT", f"{LIST}/{canary}", {"content": canary}),
        "parameter": ("GET", LIST, {"params": {"limit": canary, "ownerId": canary}}),
        "cookie": ("GET", LIST, {"params": one, "headers": {"Cookie": f"session={canary}"}}),
    }
    method, path, arguments = requests[place]
    client.request(method, path, **arguments)


def _log_in(client: httpx.Client, form: str, client_id: str, secret: str) -> httpx.Response:
    grant = {"grant_type": "client_credentials"}
    fields = {**grant, "client_id": client_id, "client_secret": secret}
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    requests: dict[str, dict[str, Any]] = {
        "body": {"data": fields},
        "query": {"params": fields},
        "mixed": {"params": grant, "data": {"client_id": client_id, "client_secret": secret}},
        "multipart": {"files": {name: (None, value) for name, value in fields.items()}},
        "json": {"json": fields},
        "basic": {"data": grant, "headers": {"Authorization": f"Basic {basic}"}},
        "text": {"content": f"client_secret={secret}", "headers": {"Content-Type": "text/plain"}},
        "wrong path": {"data": fields},
        "wrong name": {"data": {**grant, "client_id": client_id, "clientsecret": secret}},
        "in the client id": {"data": {**grant, "client_id": secret, "client_secret": client_id}},
        "as grant": {"params": {"grant_type": quote(secret), "client_id": client_id}},
    }
    return client.post("/oauth/tokens" if form == "wrong path" else "/oauth/token", **requests[form])
