"""The harness can fail: each fault that is planted into the fake is found, within the default budget, and by the operation's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.fuzz.mutants import Answered, Asked, Call, Memory, Mutated
from contract_tests.fuzz.planted import PLANTED, Planted
from contract_tests.harness import run as runs
from contract_tests.harness.findings import Finding
from contract_tests.harness.fuzz import fuzz
from contract_tests.harness.lifecycle import lifecycle
from contract_tests.harness.run import Run
from contract_tests.harness.target import Credentials, loopback
from mock_server.app import App
from mock_server.embedded import serving

COMMANDS: dict[str, Callable[[Run], object]] = {"fuzz": fuzz, "lifecycle": lifecycle}
ROLES = {"main": "org-admin", "plain": "lena", "reader": "task-reader"}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name.replace(" ", "-"))
def test_the_harness_finds(planted: Planted) -> None:
    found = _found(planted, lambda finding: finding.operation == planted.operation)

    assert found, "it survived"
    assert planted.operation in {finding.operation for finding in found}, [(one.operation, one.check, one.place) for one in found]


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_fault_it_finds_nothing(command: str) -> None:
    async def nothing(asked: Asked, call: Call, _memory: Memory) -> Answered:
        return await call(asked)

    assert _found(Planted("nothing", "", nothing, command), lambda _finding: False) == []


def _found(planted: Planted, stop_at: Callable[[Finding], bool]) -> list[Finding]:
    app = App()
    by_name = {client.name: client for client in app.tenant.state.clients.values()}
    credentials = {role: Credentials(by_name[name].id, by_name[name].secret) for role, name in ROLES.items()}
    with serving(Mutated(app, planted.fault)) as url:  # type: ignore[arg-type]  # an ASGI application like any other
        target = loopback(url, credentials, is_own=True)
        with runs.opened(planted.command, target, runs.Options(versions=(planted.version,))) as run:
            run.stop_at = stop_at
            COMMANDS[planted.command](run)
    assert not run.summary.troubles
    return [hit.finding for hit in run.summary.findings]
