"""What a run would send: the run itself, at a gate behind which there is nothing but the contract's own examples."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from contract_tests.harness import paths
from contract_tests.harness.errors import Refused
from contract_tests.harness.guard import READS
from contract_tests.harness.message import Answer, Request
from contract_tests.harness.rates import WINDOW
from contract_tests.harness.run import Options, Run
from mock_server import contract
from mock_server.contract import Operation

Json = Any


@dataclass
class Imagined:
    """Answers every request as the contract's examples do. No socket is opened."""

    def __call__(self, request: Request) -> Answer:
        if request.path.endswith(paths.LOGIN):
            granted = {"access_token": "imagined", "token_type": "bearer", "expires_in": 86_400}
            return _answer(200, granted)
        found = paths.find(request.method, request.path)
        if found is None:
            return Answer(404)
        operation, _ = found
        status, described = operation.success()
        headers = []
        value = _example(operation, described)
        if "count=true" in request.parts.query:
            headers.append(("X-Total-Count", str(len(value) if isinstance(value, list) else 0)))
        if isinstance(value, list) and (offset := parse_qs(request.parts.query).get("offset", ["0"])[0]).isdigit():
            value = value[int(offset) :]
        return _answer(status, value, *headers)


@dataclass(frozen=True)
class Forecast:
    """What is known before a run. `seconds`: at least so long, by the rate; None: there is no limit."""

    requests: int
    budget: int | None
    rate: int | None
    seconds: float | None
    writes: int
    allowed: str
    """The ids that writes may be on."""
    held_back: Mapping[str, str]


def forecast(run: Run, options: Options) -> Forecast:
    """Of the run as it was imagined."""
    budget = min((limit for limit in (options.max_requests, run.target.max_requests) if limit is not None), default=None)
    requests = min(run.summary.sent, budget or run.summary.sent)
    busiest = max((_of_version(run, version) for version in run.versions), default=0)
    seconds = None if run.target.rate is None else max(0, min(busiest, requests) - run.target.rate) * WINDOW / 1000 / run.target.rate
    return Forecast(requests, budget, run.target.rate, seconds, _writes(run), _allowed(run), held_back(run))


def _writes(run: Run) -> int:
    rows = run.summary.rows.items()
    return sum(row.cases for (operation, version), row in rows if paths.operations(version)[operation].method not in READS)


def _allowed(run: Run) -> str:
    if run.gate.guard.is_open:
        return "any id: it is a fake"
    listed = f"the {len(run.target.writable_ids)} ids that the profile lists"
    return f"{listed}, and those that the run finds: the tenant is disposable" if run.target.disposable else listed


def _of_version(run: Run, version: str) -> int:
    return sum(row.cases for (_, of), row in run.summary.rows.items() if of == version)


def held_back(run: Run) -> Mapping[str, str]:
    """The operations of which the guard lets nothing through, and why."""
    reasons = {}
    for version in run.versions:
        for name, operation in paths.operations(version).items():
            path = contract.base_path(contract.compose(version)) + operation.path
            request = Request(operation.method, run.target.base_url + path.replace("{id}", "x").replace("{approvalItemId}", "x"))
            try:
                run.gate.guard.admit(request)
            except Refused as error:
                if not run.may_write:
                    reasons[name] = str(error)
    return reasons


def _example(operation: Operation, described: Mapping[str, Any]) -> Json:
    media = described.get("content", {}).get("application/json")
    if media is None:
        return None
    if "example" in media:
        return media["example"]
    document = contract.compose(operation.version)
    examples = [contract.resolve(document, example) for example in media.get("examples", {}).values()]
    return next((example["value"] for example in examples if example.get("value")), [])


def _answer(status: int, value: Json, *headers: tuple[str, str]) -> Answer:
    body = b"" if value is None else json.dumps(value).encode()
    return Answer(status, (("Content-Type", "application/json"), ("SLPT-Request-ID", "0" * 32), *headers), body)
