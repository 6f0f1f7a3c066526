"""Contract cases a second: schemathesis in process, as the tests run it, beside its own command over HTTP, against the same fake."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from schemathesis.checks import CHECKS

from contract_tests.bench import contestants, material
from contract_tests.bench.figures import Figures
from contract_tests.bench.hooks import VERSION
from contract_tests.bench.processes import Unavailable, finished
from contract_tests.harness.exceptions import EXEMPT
from contract_tests.support import fuzzing
from contract_tests.support.client import login, operations
from mock_server.app import App
from mock_server.embedded import serving
from mock_server.state.people import Client

LONGEST = 600.0
"""Seconds that a run of schemathesis may take."""


def compare(figures: Figures, credentials: Client, folder: Path, rounds: int, examples: int) -> None:
    """Both count what the fake was asked. The command's own start is left out of its time, as the tests' is."""
    document = material.document(folder / "v2024.json")
    for number in range(rounds):
        figures.add("cases", "in process", "/s", _in_process(credentials, examples, seed=number))
        figures.add("cases", "st run", "/s", _command(credentials, document, folder, examples, seed=number))


def _in_process(credentials: Client, examples: int, seed: int) -> float:
    app = App()
    with serving(app) as url:
        token = login(url, credentials)
    before = time.perf_counter()
    outcome = fuzzing.fuzz(app, VERSION, token, examples=examples, seed=seed)
    return outcome.cases / (time.perf_counter() - before)


def _command(credentials: Client, document: Path, folder: Path, examples: int, seed: int) -> float:
    config = folder / "schemathesis.toml"
    with contestants.stub((), credentials) as ours:
        config.write_text("\n".join(_config(ours.url, ours.token, examples, seed)))
        command = [str(Path(sys.executable).with_name("st")), "--config-file", str(config), "run", str(document)]
        told = finished(command, LONGEST, {"SCHEMATHESIS_HOOKS": "contract_tests.bench.hooks"})
        counted = httpx.get(f"{ours.url}/_mock/journal/summary", timeout=60).raise_for_status().json()
    cases: int = sum(number for operation, statuses in counted.items() if operation != "createToken" for number in statuses.values()) - 1
    return cases / seconds_told(told)


def _config(url: str, token: str, examples: int, seed: int) -> Iterator[str]:
    """As contract_tests.support.fuzzing sets schemathesis up, and all checks, which `st run` has to be asked for."""
    yield f"seed = {seed}"
    yield "continue-on-failure = true"
    yield f'base-url = "{url}/{VERSION}"'
    yield f'headers = {{ Authorization = "Bearer {token}" }}'
    yield "[generation]"
    yield f'max-examples = {examples}\ndatabase = "none"'
    yield "[checks]"
    yield from (f"{name}.enabled = true" for name in CHECKS.get_all_names() if name != "max_response_time")
    known = operations(VERSION)
    for entry in EXEMPT:
        for name in (name for name in entry.operations if name in known):
            accepted = json.dumps(["2xx", 401, 403, 404, 409, 429, *entry.statuses])
            yield f'[[operations]]\ninclude-operation-id = "{known[name].id}"\nchecks.{entry.check}.expected-statuses = {accepted}'


def seconds_told(told: str) -> float:
    """Of the last line of `st run`, which leaves its own start out."""
    times = re.findall(r"in ([0-9.]+)s =*$", told.strip())
    if not times:
        raise Unavailable("st run has not said how long it took")
    return float(times[-1])
