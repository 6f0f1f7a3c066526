"""What an answer costs, counted and not timed: a page costs the page, a change one document, and nothing is prepared twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import jsonschema_rs
import orjson
import pytest

from contract_tests.conftest import Connect, Make
from contract_tests.support import well_formed
from contract_tests.support.client import operations
from contract_tests.support.server import Running
from mock_server.contract import VERSIONS
from mock_server.state.collection import Collection

ITEM = {"type": "Generic", "owner": "lena.marsh", "description": "One of many.", "created": "2026-01-01T00:00:00.000Z"}
TASK = {
    "uniqueName": "Cloud Account Aggregation",
    "definition": "Cloud Account Aggregation",
    "created": "-1d",
    "completed": "-1d",
    "completionStatus": "ERROR",
}

FILTERS = {
    "none": {},
    "one field": {"filters": 'completionStatus eq "ERROR"'},
    "one field, counted": {"filters": 'completionStatus eq "ERROR"', "count": "true"},
    "two fields": {"filters": 'type eq "CLOUD_ACCOUNT_AGGREGATION" and completionStatus eq "ERROR"'},
}


@pytest.fixture
def dumped(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """All that was serialised since."""
    calls: list[Any] = []
    real = orjson.dumps

    def counted(value: Any, *arguments: Any, **options: Any) -> bytes:
        calls.append(value)
        return real(value, *arguments, **options)

    monkeypatch.setattr(orjson, "dumps", counted)
    return calls


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The id of each document that was looked at since."""
    ids: list[str] = []
    get, records, bodies, latest = Collection.get, Collection.records, Collection.bodies, Collection.latest

    def counted_get(self: Collection[Any], id_: str) -> Any:
        ids.append(id_)
        return get(self, id_)

    def counted_records(self: Collection[Any], entries: Any) -> Any:
        ids.extend(entry[1] for entry in entries)
        return records(self, entries)

    def counted_bodies(self: Collection[Any], entries: Any) -> Any:
        ids.extend(entry[1] for entry in entries)
        return bodies(self, entries)

    def counted_latest(self: Collection[Any], entry: Any) -> Any:
        ids.append(entry[1])
        return latest(self, entry)

    monkeypatch.setattr(Collection, "get", counted_get)
    monkeypatch.setattr(Collection, "records", counted_records)
    monkeypatch.setattr(Collection, "bodies", counted_bodies)
    monkeypatch.setattr(Collection, "latest", counted_latest)
    return ids


def test_a_change_serialises_its_document_and_the_pages_after_it_none(connect: Connect, dumped: list[Any]) -> None:
    isc = connect("v2024")
    first, *_ = isc.open_ids(limit=1)

    with quiet(dumped):
        isc.http.post(f"/v2024/work-items/{first}")
    assert [document["id"] for document in dumped] == [first]

    with quiet(dumped):
        for path in ("work-items?limit=250", "work-items/completed?limit=250", f"work-items/{first}", "task-status?limit=250"):
            assert isc.http.get(f"/v2024/{path}").status_code == 200
    assert dumped == []


@pytest.mark.parametrize("asked", FILTERS)
@pytest.mark.parametrize("sorter", ["created", "-created"])
@pytest.mark.parametrize("documents", [60, 600])
def test_a_page_of_tasks_touches_the_page_however_many_there_are(
    server: Running, connect: Connect, touched: list[str], documents: int, asked: str, sorter: str
) -> None:
    replace(server, {"task-status": [TASK | {"id": f"{number:032x}"} for number in range(documents)]})
    isc = connect("v2024")
    touched.clear()

    page = isc.http.get("/v2024/task-status", params={"limit": 50, "sorters": sorter, **FILTERS[asked]}).json()

    assert len(page) == 50
    assert sorted(touched) == sorted(task["id"] for task in page)


@pytest.mark.parametrize("documents", [60, 600])
@pytest.mark.parametrize("query", [{}, {"count": "true"}, {"offset": 10}, {"ownerId": "52d344ce7161299f9a26db4aef4296e3"}])
def test_a_page_of_work_items_touches_the_page_however_many_there_are(
    server: Running, connect: Connect, touched: list[str], documents: int, query: dict[str, Any]
) -> None:
    owner = {"owner": "dario.penn"}
    replace(server, {"work-items": [ITEM | owner | {"id": f"{number:032x}"} for number in range(documents)]})
    isc = connect("v2024")
    touched.clear()

    page = isc.http.get("/v2024/work-items", params={"limit": 50, **query}).json()

    assert len(page) == 50
    assert touched == [item["id"] for item in page]


@pytest.mark.parametrize("version", VERSIONS)
def test_no_request_compiles_a_validator(connect: Connect, server: Running, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    isc = connect(version)
    compiled: list[object] = []
    monkeypatch.setattr(jsonschema_rs, "Draft4Validator", lambda *arguments, **_: compiled.append(arguments))

    for name in operations(version):
        isc.http.request(**well_formed.request(version, name))
    for path, name in (("scenario", "leaver"), ("scenario", "default")):
        httpx.put(f"{server.url}/_mock/{path}", json={"name": name}).raise_for_status()

    assert compiled == []


def test_reset_and_new_tenant_share_the_documents(server: Running, make: Make, dumped: list[Any]) -> None:
    start = {record.id: record for record in server.tenant.state.work_items}
    buckets = server.tenant.state.work_items._buckets

    with quiet(dumped):
        httpx.post(f"{server.url}/_mock/reset").raise_for_status()
        make(server.url, name="another")

    for tenant in server.app.tenants:
        items = tenant.state.work_items
        assert all(items.get(id_) is record for id_, record in start.items())
        assert all(items.bucket(bucket) is ordered for bucket, ordered in buckets.items())
    assert [value for value in dumped if isinstance(value, dict) and "id" in value] == []


def test_the_journal_keeps_a_page_as_the_documents_that_the_state_has(server: Running, connect: Connect) -> None:
    page = connect("v2024").http.get("/v2024/work-items?limit=250").content

    newest = next(iter(reversed(server.tenant.journal)))
    bodies = {id(record.body) for record in server.tenant.state.work_items}
    assert b",".join(newest.answer) == page
    assert all(id(piece) in bodies for piece in newest.answer[1:-1])  # the first and the last carry the brackets


@contextmanager
def quiet(calls: list[Any]) -> Iterator[None]:
    """What happened before does not count."""
    calls.clear()
    yield


def replace(server: Running, state: dict[str, Any]) -> None:
    httpx.put(f"{server.url}/_mock/state", json=state, timeout=60).raise_for_status()
