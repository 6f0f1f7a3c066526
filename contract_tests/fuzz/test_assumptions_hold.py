"""A target that does what an assumption's alternative says is no worse than the fake: the harness finds nothing on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.harness import run as runs
from contract_tests.harness.fuzz import fuzz, hold_laws
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


ALTERNATIVES = [(one.id, value) for one in contract.assumptions().values() for value in one.alternatives]

together = [
    {one.id: list(one.alternatives)[number] for one in contract.assumptions().values() if number < len(one.alternatives)}
    for number in range(MOST)
]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.parametrize("version", ["beta", "v2024", "v2026"])
@pytest.mark.parametrize("number", range(MOST))
@pytest.mark.parametrize("command", COMMANDS)
def test_no_alternative_is_a_finding(command: str, number: int, version: str) -> None:
    """All of the assumptions' first alternatives together, then all second ones."""
    assert _found(COMMANDS[command], Settings(assume=together[number]), version, examples=4) == []


@pytest.mark.parametrize(("assumption", "value"), ALTERNATIVES)
def test_no_alternative_is_a_finding_by_itself(assumption: str, value: str) -> None:
    """One can hide what another does: the laws and a few sequences, on each alone."""

    def briefly(run: Run) -> None:
        hold_laws(run, "v2024")
        lifecycle(run)

    assert _found(briefly, Settings(assume={assumption: value}), "v2024", examples=3) == []


@pytest.mark.parametrize("value", ["empty-list", "no-content"])
def test_nothing_pending_is_no_finding(value: str) -> None:
    settings = Settings(assume={"empty-pending": value}, scenario="empty")

    assert _found(lambda run: hold_laws(run, "v2025"), settings, "v2025", examples=1) == []


def _found(command: Callable[[Run], object], settings: Settings, version: str, *, examples: int) -> list[tuple[str, ...]]:
    app = App(settings)
    clients = {client.name: client for client in app.tenant.state.clients.values()}
    credentials = {role: Credentials(clients[name].id, clients[name].secret) for role, name in ROLES.items()}
    with serving(app) as url:
        target = loopback(url, credentials, is_own=True)
        with runs.opened("fuzz", target, runs.Options(versions=(version,), examples=examples)) as run:
            command(run)
    assert run.summary.troubles == []
    return [(hit.finding.operation, hit.finding.check, hit.finding.place, hit.finding.came) for hit in run.summary.findings]
