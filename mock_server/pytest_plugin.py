"""pytest fixtures: a fake for the session, and a tenant for each test. Imports nothing of the fake until a test asks for it."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from mock_server.handle import Isc

HANDLE: pytest.StashKey[Any] = pytest.StashKey()
"""Where a test item keeps its tenant's handle, for its report."""

SHOWN = 20
"""Requests of a failed test's journal that its report shows."""

WIDTH = 200
"""Characters of an answer that it shows."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("isc-mock", "a fake SailPoint Identity Security Cloud")
    group.addoption("--isc-base-url", metavar="URL", help="use this running isc-mock instead of one of the session's own")
    group.addoption("--isc-control-token", metavar="TOKEN", help="what that one was given as --control-token")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "isc_scenario(name): the scenario that the test's tenant starts from")
    config.addinivalue_line("markers", "isc_level(level): the user level of isc_client, isc_env and isc.env; ORG_ADMIN without it")


@pytest.fixture(scope="session")
def isc_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fake."""
    running = request.config.getoption("--isc-base-url")
    if running:
        yield running.rstrip("/")
        return
    from mock_server.app import App  # noqa: PLC0415 - when a test asks for it
    from mock_server.embedded import serving  # noqa: PLC0415 - as above

    with serving(App()) as url:
        yield url


@pytest.fixture
def isc(request: pytest.FixtureRequest, isc_server: str) -> Iterator[Isc]:
    """A tenant of the test's own, and a hand on it."""
    from mock_server.handle import new_tenant  # noqa: PLC0415 - as above

    tenant = new_tenant(
        isc_server,
        scenario=_marked(request, "isc_scenario", None),
        level=_marked(request, "isc_level", "ORG_ADMIN"),
        token=request.config.getoption("--isc-control-token"),
        ttl_seconds=24 * 3600,
    )
    request.node.stash[HANDLE] = tenant
    yield tenant
    tenant.delete()


@pytest.fixture
def isc_client(isc: Isc) -> Iterator[httpx.Client]:
    """httpx, logged in; its base URL is the fake's address."""
    with isc.client() as client:
        yield client


@pytest.fixture
def isc_env(isc: Isc, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The three SAIL_ variables, set, so that an SDK configures itself."""
    for name, value in isc.env.items():
        monkeypatch.setenv(name, value)
    return isc.env


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    isc = item.stash.get(HANDLE, None)
    if report.when != "teardown" and report.failed and isc is not None:
        report.sections.append(("isc-mock journal", _told(isc)))
    return report


def _told(isc: Isc) -> str:
    """Oldest first, as one reads a story."""
    import httpx  # noqa: PLC0415 - as above

    try:
        entries = isc.journal(limit=SHOWN)
    except (httpx.HTTPError, RuntimeError) as error:  # the test deleted its tenant, stopped the fake, or closed the handle
        return f"cannot be read: {error}"
    return "\n".join(_line(entry) for entry in reversed(entries)) or "no request"


def _line(entry: dict[str, Any]) -> str:
    remarks = [
        f"ignored {', '.join(entry['ignored'])}" if entry["ignored"] else "",
        f"near miss: {entry['nearMiss']}" if entry["nearMiss"] else "",
    ]
    remarks.append(f"fault {json.dumps(entry['fault'])}" if entry["fault"] else "")
    query = "&".join(f"{name}={value}" for name, value in entry["query"].items())
    target = f"{entry['path']}?{query}" if query else entry["path"]
    body = json.dumps(entry["answer"])
    shown = body if len(body) <= WIDTH else f"{body[:WIDTH]}…"
    return " | ".join([f"{entry['method']} {target} → {entry['status'] or 'closed'}", *filter(None, remarks), shown])


def _marked(request: pytest.FixtureRequest, marker: str, default: str | None) -> Any:
    found = request.node.get_closest_marker(marker)
    if found is not None and len(found.args) != 1:
        raise pytest.UsageError(f"{request.node.nodeid}: the marker {marker} takes one argument")
    return found.args[0] if found is not None else default
