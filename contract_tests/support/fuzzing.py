"""Schemathesis over one document of the fake, in process: all phases, all checks, told as data. The only module that knows schemathesis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from contract_tests.fuzz.exceptions import EXCEPTIONS, LITERALS, OWN_EXCEPTIONS
from contract_tests.support.client import operations
from mock_server import contract
from mock_server.app import App


@dataclass
class Outcome:
    """`cases`: how many requests were judged. `findings`: what no exception covers, once for each kind, with curl to show it."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    findings: dict[tuple[str, str], str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    checks: set[str] = field(default_factory=set)


def fuzz(app: App, version: str, token: str, *, examples: int, seed: int) -> Outcome:
    """One version. `examples` is for each operation and phase."""
    document = contract.compose(version)
    _register_formats(version)
    exceptions = [
        (operations(version)[name].id, entry.check, entry.statuses)
        for entry in EXCEPTIONS
        for name in entry.operations
        if name in operations(version)
    ]
    return _fuzzed(app, document, exceptions, headers={"Authorization": f"Bearer {token}"}, examples=examples, seed=seed)


def fuzz_own(app: App, name: str, *, examples: int, seed: int) -> Outcome:
    """A document of spec/ that is no version: control.yaml or oauth.yaml."""
    exceptions = [(id_, entry.check, entry.statuses) for entry in OWN_EXCEPTIONS[name] for id_ in entry.operations]
    document = {**contract.load(name), "servers": [{"url": contract.base_path(contract.load(name)) or "/"}]}
    return _fuzzed(app, document, exceptions, headers={}, examples=examples, seed=seed)


def _fuzzed(
    app: App,
    document: contract.Document,
    exceptions: Sequence[tuple[str, str, Sequence[int]]],
    *,
    headers: dict[str, str],
    examples: int,
    seed: int,
) -> Outcome:
    """`exceptions`: operationId, check, and the statuses that it also accepts."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "headers": headers,
            "base-url": f"http://testserver{contract.base_path(document)}",
            "continue-on-failure": True,
            "generation": {"max-examples": examples, "database": "none"},
            "operations": [
                {"include-operation-id": id_, "checks": {check: {"expected-statuses": _statuses(statuses)}}}
                for id_, check, statuses in exceptions
            ],
        }
    )
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = app
    schema.hook(filter_case)
    outcome = Outcome()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _count(event, outcome)
        elif isinstance(event, events.NonFatalError):
            outcome.errors.append(f"{event.label}: {event.info.title}: {event.info.message}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return outcome


def filter_case(_context: Any, case: Any) -> bool:
    """schemathesis finds a hook by this name. The reason stands beside LITERALS."""
    return not LITERALS.intersection(map(str, (case.path_parameters or {}).values()))


def _statuses(also: Sequence[int]) -> list[str | int]:
    """What positive_data_acceptance accepts by itself, and more."""
    return ["2xx", 401, 403, 404, 409, 429, *also]


def _count(event: events.ScenarioFinished, outcome: Outcome) -> None:
    outcome.cases += len(event.recorder.interactions)
    for interaction in event.recorder.interactions.values():
        if interaction.response is not None:
            outcome.statuses[interaction.response.status_code] += 1
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            outcome.checks.add(check.name)
            if check.failure_info is not None:
                failure = check.failure_info.failure
                label = event.recorder.cases[case_id].value.operation.label
                told = f"{failure.title}: {failure.message}\n{check.failure_info.code_sample}"
                outcome.findings.setdefault((label, check.name), told)


def _register_formats(version: str) -> None:
    """Tells the generator what is valid where a schema only says `format`."""
    task_list = operations(version).get("getTaskStatusList")
    if task_list is not None:
        parameters = {parameter["name"]: parameter for parameter in task_list.parameters}
        schemathesis.openapi.format("isc-filters", supported_filters(parameters["filters"]["x-isc-filters"]))
        sorters = parameters["sorters"]["x-isc-sorters"]
        schemathesis.openapi.format("isc-sorters", st.sampled_from([*sorters, *(f"-{sorter}" for sorter in sorters)]))


def supported_filters(supported: dict[str, dict[str, Any]]) -> st.SearchStrategy[str]:
    """Expressions, as text, of the fields, operators and values that an endpoint supports (`x-isc-filters`)."""
    comparisons = st.one_of(
        [_comparison(name, operator, support) for name, support in supported.items() for operator in support["operators"]]
    )
    return st.recursive(
        comparisons,
        lambda inner: st.one_of(
            inner.map("not ({})".format),
            st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda parts: f"({''.join(parts)})"),
        ),
        max_leaves=4,
    )


def _comparison(name: str, operator: str, support: dict[str, Any]) -> st.SearchStrategy[str]:
    known = (
        st.sampled_from(support["values"])
        if "values" in support
        else st.sampled_from(["SUCCESS", "Error", "a" * 32, 'a "quoted" \\ value'])
    )
    quoted = known.map(lambda value: '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"')))
    if operator == "isnull":
        return st.just(f"{name} isnull")
    if operator == "in":
        return st.lists(quoted, min_size=1, max_size=3).map(lambda values: f"{name} in ({','.join(values)})")
    return quoted.map(lambda value: f"{name} {operator} {value}")
