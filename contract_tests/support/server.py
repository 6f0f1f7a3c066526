"""The fake on a real socket, in a thread of the test process: what clients meet, and a clock that tests can move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from mock_server.app import App
from mock_server.embedded import serving
from mock_server.settings import Settings
from mock_server.state.tenant import Tenant
from mock_server.state.tenants import DEFAULT


@dataclass(frozen=True)
class Running:
    app: App
    url: str
    scenario: str = DEFAULT

    @property
    def tenant(self) -> Tenant:
        return self.app.tenant

    def reset(self) -> None:
        """As a test finds it: the start state, and a clock that runs."""
        self.tenant.clock.run()
        httpx.put(f"{self.url}/_mock/scenario", json={"name": self.scenario}, verify=False).raise_for_status()  # noqa: S501 - plain http


@contextmanager
def running(settings: Settings | None = None) -> Iterator[Running]:
    """Serves on a free port until the block ends."""
    app = App(settings)
    with serving(app) as url:
        yield Running(app, url, app.tenant.scenario)
