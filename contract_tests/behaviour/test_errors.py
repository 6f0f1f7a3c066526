"""Errors: the vendor's envelope for whatever goes wrong, and nothing that a client sends is a bug of the server."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import httpx
import pytest

from contract_tests.conftest import Connect
from contract_tests.support import envelope, well_formed, wire
from contract_tests.support.client import Client, operations, versions_with
from contract_tests.support.server import Running
from contract_tests.support.well_formed import NOWHERE
from mock_server.contract import VERSIONS

MEBIBYTE = 1024 * 1024
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

every_version = pytest.mark.parametrize("version", VERSIONS)
with_a_body = pytest.mark.parametrize(
    ("version", "name"), [(version, name) for version in VERSIONS for name in well_formed.BODIES if name in operations(version)]
)


@pytest.fixture(autouse=True)
def no_bug_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever the tests of this file send: no traceback, neither of isc-mock nor of the server below it."""
    yield
    records = caplog.get_records("call")
    assert [record.getMessage() for record in records if record.name == "isc_mock"] == []
    assert [record.getMessage() for record in records if record.levelno >= logging.ERROR] == []


# What an error looks like

CODES = {
    "400.0": "400.0 Bad request syntax",
    "400.1": "400.1 Bad request content",
    "400.1.0": "400.1.0 Required data missing or empty",
    "400.1.3": "400.1.3 Illegal value",
    "400.1.404": "400.1.404 Referenced object not found",
    "403": "403 Forbidden",
    "404": "404 Not found",
    "404 of a path": "404 Not found",
    "405": "405 Method not allowed",
    "413": "413 Content too large",
    "415": "415 Unsupported media type",
}


@every_version
def test_every_error_comes_in_the_envelope(connect: Connect, version: str) -> None:
    failures = _failures(connect, version)

    assert {kind: answer.status_code for kind, answer in failures.items()} == {kind: int(kind[:3]) for kind in CODES}
    assert {kind: answer.json()["detailCode"] for kind, answer in failures.items()} == CODES
    for answer in failures.values():
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json().keys() == {"detailCode", "trackingId", "messages", "causes"}
        assert answer.json()["causes"] == []


@every_version
def test_every_error_says_its_text_for_the_request_and_by_default(connect: Connect, version: str) -> None:
    failures = _failures(connect, version)

    for answer in failures.values():
        assert envelope.text(answer)
        assert answer.json()["messages"] == [
            {"locale": "und", "localeOrigin": "REQUEST", "text": envelope.text(answer)},
            {"locale": "en-US", "localeOrigin": "DEFAULT", "text": envelope.text(answer)},
        ]


@every_version
def test_the_tracking_id_is_that_of_the_request(connect: Connect, version: str) -> None:
    failures = _failures(connect, version)

    tracked = [answer.json()["trackingId"] for answer in failures.values()]
    assert tracked == [answer.headers["SLPT-Request-ID"] for answer in failures.values()]
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in tracked)
    assert len(set(tracked)) == len(tracked)


@every_version
def test_every_answer_has_the_headers_that_live_tenants_send(connect: Connect, version: str) -> None:
    isc = connect(version)
    unauthorized = isc.http.get(_url(isc, "listWorkItems"), headers={"Authorization": ""})
    admitted = isc.http.get(_url(isc, "getCountWorkItems"))

    answers = [unauthorized, admitted, *_failures(connect, version).values()]

    assert [answer.status_code for answer in answers[:2]] == [401, 200]
    assert len({answer.headers["SLPT-Request-ID"] for answer in answers}) == len(answers)
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-cache, no-store, must-revalidate"}
    assert all("SLPT-Request-ID" in answer.headers["Access-Control-Expose-Headers"] for answer in answers)


# Paths

UNKNOWN_PATHS = (
    "/",
    "/nonsense",
    "/v2024",
    "/v2024/",
    "/V2024/work-items",
    "/v2023/work-items",
    "/v2024/Work-Items",
    "/v2024/nonsense",
    "/v2024/work-items/x/nonsense",
    "/v2024/work-items/x/complete",
    "/v2024/work-items/x/approve",
    "/v2024/work-items/bulk-approve/x/y",
    "/v1/work-items",
    "/work-items",
    "/work-items/v2",
    "/task-status",
    "/v3/task-status",
    "/v3/task-status/pending-tasks",
    f"/v3/task-status/{NOWHERE}",
    "/v2024/oauth/token",
    "/oauth",
    "/_mock",
    "/_mock/nonsense",
)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "HEAD"])
@pytest.mark.parametrize("user", ["org-admin", None])
def test_an_unknown_path_is_not_found(connect: Connect, method: str, user: str | None) -> None:
    isc = connect("v2024", user)

    statuses = {path: isc.http.request(method, path).status_code for path in UNKNOWN_PATHS}

    assert statuses == dict.fromkeys(UNKNOWN_PATHS, 404)


@every_version
def test_an_operation_that_a_version_lacks_is_not_found(connect: Connect, version: str) -> None:
    isc = connect(version)
    lacking = operations("v2024").keys() - operations(version).keys()
    tail = "/v1" if version == "v1" else ""

    answers = {}
    for name in lacking:
        operation = operations("v2024")[name]
        path = operation.path.replace("/task-status", f"/task-status{tail}").format(id=NOWHERE)
        answers[name] = isc.http.request(operation.method, isc.base_path + path).status_code

    assert answers == dict.fromkeys(lacking, 404)


@every_version
@pytest.mark.parametrize("user", ["org-admin", None])
def test_a_trailing_slash_makes_another_path(connect: Connect, version: str, user: str | None) -> None:
    isc = connect(version, user)
    requests = {name: well_formed.request(version, name) for name in operations(version)}

    statuses = {name: isc.http.request(**{**one, "url": f"{one['url']}/"}).status_code for name, one in requests.items()}

    assert statuses == dict.fromkeys(requests, 404)


@every_version
def test_double_slashes_count_as_one(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    url = _url(isc, "getCountWorkItems")

    answer = isc.http.get(server.url + url.replace("/", "//"))

    assert answer.request.url.raw_path.startswith(b"//")
    assert answer.json() == isc.http.get(url).json()


@every_version
def test_a_literal_segment_wins_over_an_id(connect: Connect, version: str) -> None:
    isc = connect(version)

    assert isc.get("getCountWorkItems").keys() == {"count"}
    assert isc.get("getWorkItemsSummary").keys() == {"open", "completed", "total"}
    assert isinstance(isc.get("getCompletedWorkItems", limit=1), list)


@pytest.mark.parametrize("version", ["beta", "v2024", "v2025"])
def test_the_segment_of_pending_tasks_wins_over_an_id(connect: Connect, version: str) -> None:
    isc = connect(version)

    assert isinstance(isc.get("getPendingTasks", limit=1), list)
    assert isc.http.patch(f"{isc.base_path}/task-status/pending-tasks").status_code == 405


@every_version
def test_a_literal_segment_is_no_id_for_another_method(connect: Connect, version: str) -> None:
    isc = connect(version)
    segments = ("count", "completed", "summary")

    answers = {segment: isc.http.post(f"{_url(isc, 'listWorkItems')}/{segment}") for segment in segments}

    assert {segment: answer.status_code for segment, answer in answers.items()} == dict.fromkeys(segments, 405)
    assert {answer.headers["Allow"] for answer in answers.values()} == {"GET"}


@every_version
def test_deciding_in_bulk_wins_over_an_id(connect: Connect, version: str) -> None:
    isc = connect(version)

    answers = [isc.http.post(f"{_url(isc, 'listWorkItems')}/{segment}/forward") for segment in ("bulk-approve", "bulk-reject")]

    assert [answer.status_code for answer in answers] == [404, 404]  # of a work item "forward"; forwarding would ask for a body


ODD_IDS = ("%2F", "a%2Fb", "..%2F..%2Fetc", "%00", "a%00b", "%FF", "%ED%A0%80", "%2e%2e", "%25", "%3F", "a;b=c", "~", "%0D%0A", "x" * 8000)


@pytest.mark.parametrize(
    ("version", "name"),
    [(version, name) for name in ("getWorkItem", "completeWorkItem", "getTaskStatus") for version in versions_with(name)],
)
def test_an_odd_id_is_not_found(connect: Connect, version: str, name: str) -> None:
    isc = connect(version)
    request = well_formed.request(version, name)

    statuses = {odd: isc.http.request(**{**request, "url": request["url"].replace(NOWHERE, odd)}).status_code for odd in ODD_IDS}

    assert statuses == dict.fromkeys(ODD_IDS, 404)


@every_version
def test_an_encoded_slash_is_part_of_the_id(connect: Connect, version: str) -> None:
    isc = connect(version)
    tails = ("forward", "submit-account-selection", "approve%2Fx")

    statuses = {tail: isc.http.get(f"{_url(isc, 'getWorkItem')}%2F{tail}").status_code for tail in tails}

    assert statuses == dict.fromkeys(tails, 404)  # not 405, which is what `POST …/forward` says of GET


@every_version
def test_an_odd_query_is_ignored(connect: Connect, version: str) -> None:
    isc = connect(version)
    url = _url(isc, "getCountWorkItems")

    statuses = [isc.http.get(f"{url}?{query}").status_code for query in ("x" * 60_000, "&&=&;", "%", "%FF=%00", "ownerid[]=x")]

    assert statuses == [200] * 5


@every_version
def test_an_odd_number_is_refused(connect: Connect, version: str) -> None:
    isc = connect(version)
    url = _url(isc, "listWorkItems")
    numbers = ("1" * 5000, "%00", "%FF", "%D9%A1", "1e1", "0x1", "1_0", "+1", "")

    answers = {number: isc.http.get(f"{url}?limit={number}") for number in numbers}

    assert {number: answer.status_code for number, answer in answers.items()} == dict.fromkeys(numbers, 400)
    assert all('"limit"' in envelope.text(answer) for answer in answers.values())


# Methods


@every_version
def test_another_method_is_refused_with_all_that_are_allowed(connect: Connect, version: str) -> None:
    isc = connect(version)
    allowed: dict[str, set[str]] = {}
    for operation in operations(version).values():
        allowed.setdefault(re.sub(r"\{\w+\}", NOWHERE, isc.base_path + operation.path), set()).add(operation.method)

    answers = {
        (path, method): isc.http.request(method, path) for path, methods in allowed.items() for method in METHODS if method not in methods
    }

    assert {answer.status_code for answer in answers.values()} == {405}
    assert {key: set(answer.headers["Allow"].split(", ")) for key, answer in answers.items()} == {key: allowed[key[0]] for key in answers}
    assert all(envelope.code(answer) == "405" for (_, method), answer in answers.items() if method != "HEAD")


@pytest.mark.parametrize(
    ("path", "allowed"), [("/oauth/token", "POST"), ("/oauth/info", "GET"), ("/_mock/health", "GET"), ("/_mock/reset", "POST")]
)
def test_another_method_is_refused_beside_the_versions_as_well(http: httpx.Client, path: str, allowed: str) -> None:
    answers = [http.request(method, path) for method in METHODS if method != allowed]

    assert [(answer.status_code, answer.headers["Allow"]) for answer in answers] == [(405, allowed)] * len(answers)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2024/task-status/pending-tasks", 200),
        ("/v2024/task-status/pending-tasks?count=true", 200),
        ("/v2024/task-status/pending-tasks?limit=x", 400),
        ("/v2024/work-items", 405),
        ("/v2024/nonsense", 404),
        ("/v2024/ui/", 200),
        ("/v2024/openapi.json", 200),
    ],
)
def test_an_answer_to_head_has_no_body(connect: Connect, server: Running, path: str, status: int) -> None:
    isc = connect("v2024")

    answer = wire.ask(server.url, f"HEAD {path}", f"Authorization: {isc.http.headers['Authorization']}")

    assert answer.status == status
    assert answer.body == b""


def test_an_answer_to_head_without_a_token_has_no_body(server: Running) -> None:
    answer = wire.ask(server.url, "HEAD /v2024/task-status/pending-tasks")

    assert answer.status == 401
    assert answer.body == b""


# Bodies


@every_version
def test_a_body_over_one_mebibyte_is_too_large(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = _forward(isc, _padded(MEBIBYTE + 1))

    assert answer.status_code == 413
    assert str(MEBIBYTE) in envelope.text(answer)


@every_version
def test_a_body_over_one_mebibyte_is_too_large_without_a_length_as_well(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = _forward(isc, iter([_padded(MEBIBYTE // 2), b" " * (MEBIBYTE // 2), b" "]))

    assert "Content-Length" not in answer.request.headers
    assert answer.status_code == 413


@every_version
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_exactly_one_mebibyte_is_read(connect: Connect, version: str, chunked: bool) -> None:
    isc = connect(version)
    body = _padded(MEBIBYTE)

    answer = _forward(isc, iter([body[:1000], body[1000:]]) if chunked else body)

    assert len(body) == MEBIBYTE
    assert answer.status_code == 404  # it is well-formed, and there is no such work item


@every_version
def test_a_chunked_body_is_validated_like_any_other(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = _forward(isc, iter([b'{"targetOwnerId": "x", ', b'"comment": ""}']))

    assert answer.status_code == 400
    assert '"comment"' in envelope.text(answer)


def test_what_is_announced_as_too_large_is_refused_before_it_comes(server: Running) -> None:
    answer = wire.ask(server.url, "POST /v2024/work-items/x", "Content-Length: 99999999999999")

    assert answer.status == 413


@pytest.mark.parametrize("path", ["/nonsense", "/oauth/token", "/_mock/reset"])
def test_the_limit_holds_everywhere(http: httpx.Client, path: str) -> None:
    assert http.post(path, content=_padded(MEBIBYTE + 1)).status_code == 413


@with_a_body
def test_another_media_type_is_refused(connect: Connect, version: str, name: str) -> None:
    isc = connect(version)
    request = well_formed.request(version, name)
    media_types = (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
        "*/*",
        "",
    )

    answers = [isc.http.request(**{**request, "headers": {"Content-Type": one}}) for one in media_types]

    assert [answer.status_code for answer in answers] == [415] * len(media_types)
    assert all(request["headers"]["Content-Type"] in envelope.text(answer) for answer in answers)


@with_a_body
def test_a_body_without_a_content_type_is_refused(connect: Connect, version: str, name: str) -> None:
    isc = connect(version)

    answer = isc.http.request(**{**well_formed.request(version, name), "headers": {}})

    assert "Content-Type" not in answer.request.headers
    assert answer.status_code == 415


NO_JSON = {
    "nothing but a bracket": b"{",
    "a trailing comma": b'{"comment": "x",}',
    "single quotes": b"{'comment': 'x'}",
    "two values": b"{}{}",
    "NaN": b'{"comment": NaN}',
    "Infinity": b"[-Infinity]",
    "no UTF-8": b'{"comment": "\xff"}',
    "no UTF-8 at all": b"\xff\xfe\x00",
    "UTF-16": '{"comment": "x"}'.encode("utf-16"),
    "an escaped lone surrogate": rb'{"comment": "\ud800"}',
    "a lone surrogate": b'{"comment": "\xed\xa0\x80"}',
    "NUL": b'{"comment": "\x00"}',
    "too deep": b'{"comment": ' + b"[" * 101 + b"]" * 101 + b"}",
    "much too deep": b"[" * 500_000,
    "much too deep objects": b'{"a":' * 100_000,
    "a huge number": b'{"comment": ' + b"9" * 1_000 + b"e999999}",
}


@with_a_body
def test_what_is_no_json_cannot_be_parsed(connect: Connect, version: str, name: str) -> None:
    isc = connect(version)
    request = well_formed.request(version, name)

    answers = {kind: isc.http.request(**{**request, "content": body}) for kind, body in NO_JSON.items()}

    assert {kind: answer.status_code for kind, answer in answers.items()} == dict.fromkeys(NO_JSON, 400)
    assert {answer.json()["detailCode"] for answer in answers.values()} == {"400.0 Bad request syntax"}
    assert {envelope.text(answer) for answer in answers.values()} == {"The request could not be parsed."}


@every_version
def test_a_nested_body_is_read_as_long_as_anybody_could_mean_it(connect: Connect, version: str) -> None:
    isc = connect(version)
    request = well_formed.request(version, "submitAccountSelection")

    answer = isc.http.request(**{**request, "content": b'{"a":' * 100 + b"5" + b"}" * 100})

    assert answer.status_code == 404  # it is well-formed, and there is no such work item


# Below HTTP


@pytest.mark.parametrize("host", ["", " ", "a b", "é", "\x80\xff", '"', "<script>", "x" * 10_000, "[::1", "127.0.0.1:99999999", "{}", "\\"])
def test_an_odd_host_is_answered(server: Running, host: str) -> None:
    answer = wire.ask(server.url, "GET /oauth/info", host=host)

    assert answer.status == 200
    assert httpx.Response(200, content=answer.body).json()["tenantName"] == server.tenant.name


def test_a_request_without_a_host_is_answered(server: Running) -> None:
    answer = wire.parsed(wire.exchange(server.url, b"GET /oauth/info HTTP/1.0\r\n\r\n"))

    assert answer.status == 200


GARBAGE = {
    "nothing": b"",
    "noise": bytes(range(256)) * 20,
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an unknown method": b"BREW /v2024/work-items HTTP/1.1\r\nHost: x\r\n\r\n",
    "no path": b"GET\r\n\r\n",
    "a bad path": b"GET v2024/work-items HTTP/1.1\r\nHost: x\r\n\r\n",
    "an absolute path": b"GET http://[/v2024 HTTP/1.1\r\nHost: x\r\n\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a tunnel": b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bad header": b"GET / HTTP/1.1\r\nHost: x\r\n: : :\r\n\r\n",
    "a bad length": b"POST /v2024/work-items/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a bad chunk": b"POST /v2024/work-items/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "half a request": b"POST /v2024/work-items/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
    "half a header": b"GET /v2024/work-items HTTP/1.1\r\nHos",
    "an upgrade": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
    "a header without end": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 200_000,
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_does_not_kill_the_server(http: httpx.Client, server: Running, garbage: bytes) -> None:
    wire.hang_up(server.url, garbage)

    assert http.get("/_mock/health").status_code == 200


def _failures(connect: Connect, version: str) -> dict[str, httpx.Response]:
    """An answer of each kind, to a request that is fine otherwise."""
    isc, application = connect(version), connect(version, "monitor")
    pending, finished = (isc.http.get(_url(isc, name)).json()[0]["id"] for name in ("listWorkItems", "getCompletedWorkItems"))
    forward, complete = (well_formed.request(version, name) for name in ("forwardWorkItem", "completeWorkItem"))
    return {
        "400.0": _forward(isc, b"{"),
        "400.1": isc.http.request(**{**complete, "url": complete["url"].replace(NOWHERE, finished)}),
        "400.1.0": _forward(isc, b""),
        "400.1.3": isc.http.get(_url(isc, "listWorkItems"), params={"limit": 251}),
        "400.1.404": isc.http.request(**{**forward, "url": forward["url"].replace(NOWHERE, pending)}),
        "403": application.http.get(_url(isc, "listWorkItems")),
        "404": isc.http.get(_url(isc, "getWorkItem")),
        "404 of a path": isc.http.get(f"{isc.base_path}/nonsense"),
        "405": isc.http.delete(_url(isc, "listWorkItems")),
        "413": _forward(isc, _padded(MEBIBYTE + 1)),
        "415": _forward(isc, b"{}", "text/plain"),
    }


def _forward(isc: Client, content: bytes | Iterator[bytes], media_type: str = "application/json") -> httpx.Response:
    return isc.http.post(_url(isc, "forwardWorkItem"), content=content, headers={"Content-Type": media_type})


def _padded(size: int) -> bytes:
    """A body that forwarding accepts, of so many bytes."""
    return b'{"targetOwnerId": "x", "comment": "x"}'.ljust(size)


def _url(isc: Client, name: str) -> str:
    url: str = well_formed.request(isc.version, name)["url"]
    return url
