"""The laws say nothing against a target that is right: larger than a page, or changed by others while it is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.fuzz.mutants import Answered, Asked, Call, Memory, Mutated
from contract_tests.harness import run as runs
from contract_tests.harness.fuzz import hold_laws
from contract_tests.harness.run import Options
from contract_tests.harness.summary import Summary
from contract_tests.harness.target import Credentials, loopback
from mock_server.app import App
from mock_server.embedded import serving
from mock_server.settings import Settings
from mock_server.state.generation import write


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def held(app: App, served: object, version: str) -> Summary:
    client = next(client for client in app.tenant.state.clients.values() if client.name == "org-admin")
    with serving(served) as url:  # type: ignore[arg-type]  # an ASGI application like any other
        target = loopback(url, {"main": Credentials(client.id, client.secret)})
        with runs.opened("fuzz", target, Options(versions=(version,), examples=2)) as run:
            hold_laws(run, version)
    return run.summary


@pytest.mark.parametrize("version", ["v2024", "v2025"])
def test_more_than_a_page_is_no_finding(version: str, tmp_path: Path) -> None:
    write(tmp_path / "fixtures", 600, 400, 0)
    app = App(Settings(fixtures=tmp_path / "fixtures"))

    summary = held(app, app, version)

    assert [(hit.finding.check, hit.finding.place, hit.finding.came) for hit in summary.findings] == []
    assert (summary.troubles, summary.notes) == ([], [])


def test_what_others_complete_meanwhile_is_no_finding() -> None:
    app = App()
    asks = iter(range(10_000))
    completed = []

    async def others(asked: Asked, call: Call, memory: Memory) -> Answered:
        if next(asks) in (60, 120, 180):
            admin = asked.with_token(memory.admin).headers
            listed = await call(Asked("GET", "/v2025/work-items", (), admin, b"", None))
            id_ = next(item["id"] for item in listed.json if item["type"] == "ManualAction")
            completed.append((await call(Asked("POST", f"/v2025/work-items/{id_}", (), admin, b"", None))).status)
        return await call(asked)

    summary = held(app, Mutated(app, others), "v2025")

    assert completed == [200, 200, 200]
    assert [(hit.finding.check, hit.finding.place, hit.finding.came) for hit in summary.findings] == []
    assert summary.troubles == []
