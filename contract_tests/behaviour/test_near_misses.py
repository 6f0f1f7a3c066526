"""Paths that almost exist: the journal and the log name the operation that was meant, the answer does not."""

from __future__ import annotations

import logging

import httpx
import pytest

from mock_server.handle import Isc

ID = "0123456789abcdef" * 2

MEANT = {
    "completing has no word of its own": ("POST", f"/v2025/work-items/{ID}/complete", "POST /v2025/work-items/{id}"),
    "completing in beta": ("POST", f"/beta/work-items/{ID}/complete", "POST /beta/work-items/{id}"),
    "completing in v1": ("POST", f"/work-items/v1/{ID}/complete", "POST /work-items/v1/{id}"),
    "a typing mistake": ("GET", "/v2025/work-itmes", "GET /v2025/work-items"),
    "another one": ("GET", "/v2025/work-items/completed/cuont", "GET /v2025/work-items/completed/count"),
    "one letter too many": ("GET", "/v2025/task-statuss", "GET /v2025/task-status"),
    "an underscore": ("GET", "/v2025/work_items", "GET /v2025/work-items"),
    "upper case": ("GET", "/v2025/Work-Items", "GET /v2025/work-items"),
    "a trailing slash": ("GET", "/v2025/work-items/", "GET /v2025/work-items"),
    "a trailing slash behind an id": ("GET", f"/v2025/work-items/{ID}/", "GET /v2025/work-items/{id}"),
    "the login's path": ("POST", "/oauth/tokens", "POST /oauth/token"),
}

WRONG_VERSIONS = ["/v4/work-items", "/v2027/work-items", "/v2025/v2025/work-items"]

NONSENSE = [
    "/nonsense",
    "/",
    "/favicon.ico",
    "/v2025",
    "/v2025/accounts",
    "/robots.txt",
    "/api/v4/projects/17/issues",
    "/%F0%9F%8D%95",
    "/" + "x" * 3000,
]


@pytest.mark.parametrize("case", MEANT)
def test_the_journal_names_the_operation_that_was_meant(isc: Isc, isc_client: httpx.Client, case: str) -> None:
    method, path, meant = MEANT[case]

    isc_client.request(method, path)

    assert [entry["nearMiss"] for entry in isc.journal(status=404)] == [meant]


@pytest.mark.parametrize("path", WRONG_VERSIONS)
def test_a_wrong_version_is_a_near_miss_of_the_same_path(isc: Isc, isc_client: httpx.Client, path: str) -> None:
    isc_client.get(path)

    (entry,) = isc.journal(status=404)
    assert entry["nearMiss"] is not None
    assert entry["nearMiss"].startswith("GET /")
    assert entry["nearMiss"].endswith("/work-items")


@pytest.mark.parametrize("case", MEANT)
def test_the_log_names_it_as_well(isc: Isc, isc_client: httpx.Client, caplog: pytest.LogCaptureFixture, case: str) -> None:
    method, path, meant = MEANT[case]
    caplog.set_level(logging.INFO, logger="isc_mock.access")

    isc_client.request(method, path)

    isc.journal()  # an answer later, the line has been written
    assert [one.getMessage().endswith(f"(near miss: {meant}?)") for one in caplog.records if f" {path} 404 " in one.getMessage()] == [True]


@pytest.mark.parametrize("case", MEANT)
def test_the_answer_does_not_tell(isc: Isc, isc_client: httpx.Client, case: str) -> None:
    method, path, _ = MEANT[case]

    near, far = isc_client.request(method, path), isc_client.request(method, "/nonsense")

    assert near.status_code == far.status_code == 404
    assert {**near.json(), "trackingId": ""} == {**far.json(), "trackingId": ""}
    assert near.headers.keys() == far.headers.keys()


@pytest.mark.parametrize("path", NONSENSE)
def test_nonsense_is_near_to_nothing(isc: Isc, isc_client: httpx.Client, path: str) -> None:
    isc_client.get(path)

    assert [entry["nearMiss"] for entry in isc.journal(status=404)] == [None]


def test_a_document_that_is_not_there_is_no_near_miss(isc: Isc, isc_client: httpx.Client) -> None:
    isc_client.get(f"/v2025/work-items/{ID}")

    assert [entry["nearMiss"] for entry in isc.journal(status=404)] == [None]


def test_a_right_request_is_no_near_miss(isc: Isc, isc_client: httpx.Client) -> None:
    isc_client.get("/v2025/work-items/count")

    assert isc.journal()[0]["nearMiss"] is None
