"""The access log: one line a request, which says what was done by whom, and gives nothing away."""

from __future__ import annotations

import logging
import re

import httpx
import pytest

from contract_tests.conftest import Connect, credentials
from contract_tests.support import well_formed, wire
from contract_tests.support.client import operations
from contract_tests.support.server import Running
from mock_server.contract import VERSIONS

LINE = re.compile(r"(?P<method>\S+) (?P<path>\S+) (?P<status>\d{3}|-) (?P<ms>\d+\.\d)ms (?P<operation>\S+) (?P<client>\S+)")

CLIENTS_OWN = ("httpx", "httpcore")
"""Loggers of the client's side, which runs in the same process here."""

every_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@every_version
def test_a_request_is_one_line(connect: Connect, server: Running, caplog: pytest.LogCaptureFixture, version: str) -> None:
    isc = connect(version)
    url = well_formed.request(version, "getCountWorkItems")["url"]

    isc.http.get(url)

    (line,) = _lines(isc.http, caplog, url)
    fields = LINE.fullmatch(line)
    assert fields is not None
    assert fields["method"] == "GET"
    assert fields["path"] == url
    assert fields["status"] == "200"
    assert float(fields["ms"]) < 5000
    assert fields["operation"] == operations(version)["getCountWorkItems"].id
    assert fields["client"] == credentials(server, "org-admin").id


@every_version
def test_every_operation_is_logged_with_its_own_name(connect: Connect, caplog: pytest.LogCaptureFixture, version: str) -> None:
    isc = connect(version)

    for name in operations(version):
        isc.http.request(**well_formed.request(version, name))

    lines = [LINE.fullmatch(line) for line in _lines(isc.http, caplog, "")]
    logged = [line["operation"] for line in lines if line]
    assert logged == ["createToken", *(operation.id for operation in operations(version).values())]


FAILURES = {
    "401": ("GET", "/v2024/work-items", {"Authorization": "Bearer x"}, b"", "listWorkItems -"),
    "404": ("GET", "/nonsense", {}, b"", "- -"),
    "405": ("PUT", "/v2024/work-items", {}, b"", "- -"),
    "413": ("POST", "/v2024/work-items/x", {}, b"x" * (1024 * 1024 + 1), "- -"),
    "415": ("POST", "/oauth/token", {"Content-Type": "text/plain"}, b"x", "createToken -"),
}


@pytest.mark.parametrize("status", FAILURES)
def test_a_request_that_fails_is_one_line_as_well(http: httpx.Client, caplog: pytest.LogCaptureFixture, status: str) -> None:
    method, path, headers, body, who = FAILURES[status]

    http.request(method, path, headers=headers, content=body)

    (line,) = _lines(http, caplog, path)
    assert re.fullmatch(rf"{method} {re.escape(path)} {status} \d+\.\dms {who}", line)


def test_a_forbidden_request_names_its_client(connect: Connect, server: Running, caplog: pytest.LogCaptureFixture) -> None:
    application = connect("v2024", "monitor")

    application.http.get("/v2024/work-items")

    (line,) = _lines(application.http, caplog, "/v2024/work-items")
    assert line.endswith(f"listWorkItems {credentials(server, 'monitor').id}")
    assert " 403 " in line


def test_the_swagger_ui_is_logged_as_well(http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    http.get("/v2024/ui/")

    (line,) = _lines(http, caplog, "/v2024/ui/")
    assert line.startswith("GET /v2024/ui/ 200 ")


@pytest.mark.parametrize("place", ["data", "params", "files"])
@pytest.mark.parametrize("right", [True, False])
def test_a_secret_is_never_logged(http: httpx.Client, server: Running, caplog: pytest.LogCaptureFixture, place: str, right: bool) -> None:
    client = credentials(server, "org-admin")
    secret = client.secret if right else "5ec2e7" * 10
    fields = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": secret}
    arguments = {place: {name: (None, value) for name, value in fields.items()} if place == "files" else fields}

    answer = http.post("/oauth/token", **arguments)  # type: ignore[arg-type]  # one of three arguments, each with its own type

    assert answer.status_code == (200 if right else 401)
    assert len(_lines(http, caplog, "/oauth/token")) == 1
    assert secret not in _everything(caplog)


def test_a_token_is_never_logged(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    isc = connect("v2024")
    token = isc.http.headers["Authorization"].removeprefix("Bearer ")

    isc.http.get("/v2024/work-items", params={"access_token": token, "limit": 1})
    isc.http.get("/v2024/work-items", headers={"Authorization": f"Bearer {token}x"})
    isc.http.post("/v2024/work-items/x", content=token, headers={"Content-Type": "application/json"})

    assert len(_lines(isc.http, caplog, "/v2024/work-items")) == 3
    assert [part for part in token.split(".") if part in _everything(caplog)] == []


def test_the_query_is_never_logged(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    isc = connect("v2024")

    isc.http.get("/v2024/task-status?filters=id+eq+%22private%22&limit=1")

    (line,) = _lines(isc.http, caplog, "/v2024/task-status")
    assert line.startswith("GET /v2024/task-status 200 ")
    assert "private" not in _everything(caplog)


FORGED_PATHS = (
    "/x%0D%0AGET%20/forged%20200%200.1ms%20-%20-",
    "/x%0AGET /forged",
    "/x\tGET\t/forged",
    "/x%1B[2K%1B[1G",
    "/x\x1b[31m",
    "/é",
    "/\x80\xff",
    "/x%E2%80%A8forged",
    "/%s%d%(name)s{0}",
    "/%41%2f%e2%80%a8%0a",
)


@pytest.mark.parametrize("path", FORGED_PATHS)
def test_an_odd_path_cannot_forge_a_line(http: httpx.Client, server: Running, caplog: pytest.LogCaptureFixture, path: str) -> None:
    wire.exchange(server.url, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))

    lines = _lines(http, caplog, "")
    assert len(lines) <= 1  # what is no HTTP never gets as far
    assert all(LINE.fullmatch(line) and line.isascii() and line.isprintable() for line in lines)


@pytest.mark.parametrize("path", [path for path in FORGED_PATHS if path.isascii() and path.isprintable() and " " not in path])
def test_an_odd_path_is_logged_as_it_was_sent(http: httpx.Client, server: Running, caplog: pytest.LogCaptureFixture, path: str) -> None:
    wire.ask(server.url, f"GET {path}")

    (line,) = _lines(http, caplog, "")
    assert line.startswith(f"GET {path} 404 ")


def _lines(http: httpx.Client, caplog: pytest.LogCaptureFixture, path: str) -> list[str]:
    """The lines of the access log about a path and what is below it. Another request makes sure that they have been written."""
    http.get("/_mock/health")
    messages = [record.getMessage() for record in caplog.records if record.name == "isc_mock.access"]
    return [line for line in messages if f" {path}" in line and " /_mock/" not in line]


def _everything(caplog: pytest.LogCaptureFixture) -> str:
    """All that the server has logged, at any level."""
    return "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith(CLIENTS_OWN))
