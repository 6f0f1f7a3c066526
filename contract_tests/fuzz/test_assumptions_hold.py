"""A target that does what an assumption's alternative says is no worse than the fake: the harness finds nothing on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.harness import run as runs
from contract_tests.harness.fuzz import fuzz
from contract_tests.harness.lifecycle import lifecycle
from contract_tests.harness.run import Run
from contract_tests.harness.target import Credentials, loopback
from mock_server import contract
from mock_server.app import App
from mock_server.embedded import serving
from mock_server.settings import Settings

ROLES = {"main": "org-admin", "plain": "lena", "reader": "task-reader"}
COMMANDS: dict[str, Callable[[Run], object]] = {"fuzz": fuzz, "lifecycle": lifecycle}

MOST = max(len(assumption.alternatives) for assumption in contract.assumptions().values())


@pytest.mark.parametrize("version", ["beta", "v2024", "v2026"])
@pytest.mark.parametrize("number", range(MOST))
@pytest.mark.parametrize("command", COMMANDS)
def test_no_alternative_is_a_finding(command: str, number: int, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of the assumptions' first alternatives together, then all second ones."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assumed = {one.id: list(one.alternatives)[number] for one in contract.assumptions().values() if number < len(one.alternatives)}
    app = App(Settings(assume=assumed))
    clients = {client.name: client for client in app.tenant.state.clients.values()}
    credentials = {role: Credentials(clients[name].id, clients[name].secret) for role, name in ROLES.items()}

    with serving(app) as url:
        target = loopback(url, credentials, is_own=True)
        with runs.opened(command, target, runs.Options(versions=(version,), examples=4)) as run:
            COMMANDS[command](run)

    assert [(hit.finding.operation, hit.finding.check, hit.finding.place, hit.finding.came) for hit in run.summary.findings] == []
    assert run.summary.troubles == []
