"""What tests share: a running fake, reset for each of them, and clients for every user and version."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import hypothesis
import pytest

from contract_tests.support.client import Client, login
from contract_tests.support.control import judged, made
from contract_tests.support.server import Running, running
from mock_server.handle import Isc
from mock_server.settings import Settings
from mock_server.state.people import Client as Credentials

Connect = Callable[..., Client]
Serve = Callable[..., Running]
Make = Callable[..., Isc]


# The same cases in each run; and no deadline, which a busy machine would miss.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("isc-mock")
    group.addoption("--fuzz-examples", type=int, default=15, help="schemathesis cases for each operation and phase")
    group.addoption("--safety-cases", type=int, default=1500, help="cases of which none may put a write on the wire of a sandbox")
    group.addoption("--fuzz-seed", type=int, default=1, help="another seed, other cases")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many of the planted faults were found: a survivor has failed its test."""
    tried = {
        outcome: sum("test_the_harness_finds[" in getattr(report, "nodeid", "") for report in terminalreporter.stats.get(outcome, ()))
        for outcome in ("passed", "failed")
    }
    if any(tried.values()):
        terminalreporter.write_line(f"planted faults: {tried['passed']} of {sum(tried.values())} found")


@pytest.fixture
def fuzz_examples(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--fuzz-examples"))


@pytest.fixture
def safety_cases(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--safety-cases"))


@pytest.fixture
def fuzz_seed(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--fuzz-seed"))


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Running]:
    with running() as server:
        yield server


@pytest.fixture
def server(shared_server: Running) -> Running:
    """The fake with its defaults, in its start state."""
    shared_server.reset()
    return shared_server


@pytest.fixture
def connect(server: Running) -> Iterator[Connect]:
    """connect("v2024", "org-admin"): a client of that name in clients.yaml, logged in; None: not logged in."""
    clients = []

    def connected(version: str, user: str | None = "org-admin", to: Running = server) -> Client:
        client = Client(to.url, version, None if user is None else login(to.url, credentials(to, user)))
        clients.append(client)
        return client

    yield connected
    for client in clients:
        client.http.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """serve(rate_limit=True): another fake, with other settings."""
    blocks = []

    def served(**settings: object) -> Running:
        block = running(Settings(**settings))  # type: ignore[arg-type]  # the fields of Settings
        blocks.append(block)
        return block.__enter__()

    yield served
    for block in blocks:
        block.__exit__(None, None, None)


@pytest.fixture
def isc(isc: Isc) -> Isc:
    """The plugin's, with all that the control API answers it judged."""
    return judged(isc)


@pytest.fixture
def make() -> Iterator[Make]:
    """make(url, name="mine", ttlSeconds=60): another tenant on a running fake."""
    tenants = []

    def made_one(url: str, **wanted: object) -> Isc:
        tenants.append(made(url, **wanted))
        return tenants[-1]

    yield made_one
    for tenant in tenants:
        tenant.close()


@pytest.fixture
def http(server: Running) -> Iterator[httpx.Client]:
    """Without login, and without the document's judgement."""
    with httpx.Client(base_url=server.url, verify=False) as client:  # noqa: S501 - plain http
        yield client


def credentials(server: Running, user: str) -> Credentials:
    return next(client for client in server.tenant.state.clients.values() if client.name == user)
