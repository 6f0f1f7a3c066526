"""Schemathesis over one document of the fake, in process: what the harness does over HTTP, without a socket between."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from contract_tests.fuzz.exceptions import OWN_EXCEPTIONS
from contract_tests.harness import preparing
from contract_tests.harness.fuzzing import Plan, Scenario
from contract_tests.harness.fuzzing import fuzz as fuzzed
from contract_tests.harness.inventory import Inventory
from contract_tests.support.in_process import reached
from mock_server import contract
from mock_server.app import App


@dataclass
class Outcome:
    """`cases`: how many requests were judged. `findings`: what no exception covers, once for each kind."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    findings: dict[tuple[str, str], str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    checks: set[str] = field(default_factory=set)


def fuzz(app: App, version: str, token: str, *, examples: int, seed: int) -> Outcome:
    """One version. `examples` is for each operation and phase."""
    plan = preparing.plan(version, Inventory(), seed=seed, examples=examples)
    headers = {"Authorization": f"Bearer {token}"}
    return _outcome(app, replace(plan, base_url=_address(plan.document), headers=headers))


def fuzz_own(app: App, name: str, *, examples: int, seed: int) -> Outcome:
    """A document of spec/ that is no version: control.yaml or oauth.yaml."""
    exempt = [(id_, entry.check, entry.statuses) for entry in OWN_EXCEPTIONS[name] for id_ in entry.operations]
    document = {**contract.load(name), "servers": [{"url": contract.base_path(contract.load(name)) or "/"}]}
    return _outcome(app, Plan(document, _address(document), seed, examples, exempt=exempt))


def _address(document: contract.Document) -> str:
    return f"http://testserver{contract.base_path(document)}"


def _outcome(app: App, plan: Plan) -> Outcome:
    outcome = Outcome()
    with reached(app):
        for told in fuzzed(plan):
            if isinstance(told, Scenario):
                _count(told, outcome)
            else:
                outcome.errors.append(f"{told.label}: {told.text}")
    return outcome


def _count(scenario: Scenario, outcome: Outcome) -> None:
    outcome.cases += len(scenario.statuses)
    outcome.checks.update(scenario.checks)
    outcome.statuses.update(status for status in scenario.statuses if status is not None)
    for failure in scenario.failures:
        sent = scenario.sent(failure.case)
        asked = f"{sent.method} {sent.url} {sent.body!r}" if sent else "a request that was not sent"
        told = f"{failure.title}: {failure.message}\n{asked}"
        outcome.findings.setdefault((scenario.label_of(failure.case), failure.check), told)
