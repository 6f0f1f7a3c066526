"""Who is measured: the fake as a user runs it, the bare limit, and the peers through npx; each started, asked once, and ended."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from contract_tests.bench.processes import Unavailable, finished, free_port, running, wait_for
from contract_tests.support.client import login
from mock_server.state.people import Client

PRISM = ("@stoplight/prism-cli@5", "prism")
MOCKOON = ("@mockoon/cli@9", "mockoon-cli")

START = 60.0
"""Seconds that a contestant has to answer, with few documents."""

INSTALL = 300.0
"""Seconds that npx has, which fetches a peer once and finds it on the disk afterwards."""


@dataclass(frozen=True)
class Contestant:
    """`started` is how many seconds passed from the command to the first 200."""

    url: str
    token: str
    process: int
    started: float


@contextmanager
def stub(arguments: Sequence[str], credentials: Client, seconds: float = START) -> Iterator[Contestant]:
    """`isc-mock serve` with everything on. Its first 200 is that of a list, after a login."""
    port = free_port()
    url, tokens = f"http://127.0.0.1:{port}", [""]

    def answers() -> bool:
        if not _is_up(f"{url}/_mock/health", ""):
            return False
        tokens[0] = login(url, credentials)
        return _is_up(f"{url}/v2024/work-items?limit=1", tokens[0])

    command = [str(Path(sys.executable).with_name("isc-mock")), "serve", "--port", str(port), *arguments]
    with _contestant(command, url, answers, seconds) as (process, started):
        yield Contestant(url, tokens[0], process, started)


@contextmanager
def limit(item: Path, page: Path) -> Iterator[Contestant]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "contract_tests.bench.limit", str(port), str(item), str(page)]
    with _contestant(command, url, lambda: _is_up(f"{url}/one", ""), START) as (process, started):
        yield Contestant(url, "", process, started)


@contextmanager
def prism(program: Path, document: Path) -> Iterator[Contestant]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(program), "mock", "--port", str(port), str(document)]
    with _contestant(command, url, lambda: _is_up(f"{url}/work-items/count", "any"), START) as (process, started):
        yield Contestant(url, "any", process, started)


@contextmanager
def mockoon(program: Path, document: Path) -> Iterator[Contestant]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/v2024"
    command = [str(program), "start", "--data", str(document), "--port", str(port), "--disable-admin-api"]
    with _contestant(command, url, lambda: _is_up(f"{url}/work-items/count", "any"), START) as (process, started):
        yield Contestant(url, "any", process, started)


def peer(package: str, program: str) -> Path:
    """Where npx has a peer's program. It is started without npx, which would only add to its start. Raises Unavailable."""
    if shutil.which("npx") is None:
        raise Unavailable("there is no npx; install Node.js")
    try:
        told = finished(["npx", "--yes", "--prefer-offline", "--package", package, "-c", f"command -v {program}"], INSTALL)
    except Unavailable as error:
        raise Unavailable(f"npx does not get {package}: {error}") from None
    return Path(told.strip().splitlines()[-1])


@contextmanager
def _contestant(command: Sequence[str], url: str, answers: Callable[[], bool], seconds: float) -> Iterator[tuple[int, float]]:
    before = time.perf_counter()
    with running(command) as process:
        wait_for(answers, seconds, process, f"{Path(command[0]).name} at {url}")
        yield process.pid, time.perf_counter() - before


def _is_up(url: str, token: str) -> bool:
    try:
        return _HTTP.get(url, headers={"Authorization": f"Bearer {token}"} if token else None).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


_HTTP = httpx.Client(trust_env=False, timeout=5)
