"""What each test of the command has: a folder of its own, and fakes with their credentials in the environment."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract_tests.conftest import credentials
from contract_tests.support.command import (
    FAULT,
    started,
)
from contract_tests.support.faulty import planted
from contract_tests.support.server import Running
from mock_server.state.people import Client


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the test's own, without profiles and without anybody's credentials."""
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("SAIL_BASE_URL", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET", "ISC_CONTRACT_TARGET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Client], None]:
    def logged_in(client: Client) -> None:
        monkeypatch.setenv("SAIL_CLIENT_ID", client.id)
        monkeypatch.setenv("SAIL_CLIENT_SECRET", client.secret)

    return logged_in


@pytest.fixture
def url(server: Running, log_in: Callable[[Client], None]) -> str:
    """Of a sound fake that somebody else has started, with the credentials for it in the environment."""
    log_in(credentials(server, "org-admin"))
    return server.url


@pytest.fixture
def faulty(log_in: Callable[[Client], None]) -> Iterator[str]:
    """Of a running fake with a fault."""
    with started(planted(FAULT).fault, log_in) as fake:
        yield fake.url
