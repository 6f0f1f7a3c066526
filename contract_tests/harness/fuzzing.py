"""Schemathesis: all phases, all checks, told as data. The only module that knows it; nothing is trusted to it but making up requests."""

from __future__ import annotations

import copy
import gc
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from contract_tests.harness.exceptions import LITERALS, TAKES_TEXT
from mock_server import contract

Json = Any

SELDOM = 50_000
"""New objects between two collections; Python's default is 700."""

Accepts = Callable[[str, str, bytes], bool]
"""Whether a request may be sent at all: method, URL, body."""


@dataclass(frozen=True)
class Plan:
    """`exempt`: operationId, check, and the statuses that it also accepts. `formats`: strategies of strings, by the name of a format.

    `examples` is for each operation and phase.
    """

    document: Json
    base_url: str
    seed: int
    examples: int
    headers: Mapping[str, str] = field(default_factory=dict)
    exempt: Sequence[tuple[str, str, Sequence[int]]] = ()
    formats: Mapping[str, st.SearchStrategy[str]] = field(default_factory=dict)
    kept: frozenset[str] | None = None
    """The operationIds that may be tried; None: all, and with methods that no operation has."""
    accepts: Accepts | None = None
    pairs: Mapping[str, str] = field(default_factory=dict)
    """Approval item → the work item that it belongs to."""


@dataclass(frozen=True)
class Failure:
    """A check that failed. `kind` tells failures of one check apart, without data. `case`: the id of the request that shows it."""

    check: str
    kind: str
    title: str
    message: str
    case: str


@dataclass(frozen=True)
class Sent:
    """One request of schemathesis, and what came back; no status: nothing did."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int | None
    answer_headers: tuple[tuple[str, str], ...]
    answer: bytes


@dataclass(frozen=True)
class Scenario:
    """`label`: `GET /work-items`, or of a chain of several. `statuses`: of each request that was sent; None: nothing came back.

    By case: its own label, the request (None: it was not sent), and the cases that lead to it, itself last. They are put together when
    somebody asks: few cases fail, and doing it for each was 3 % of a run.
    """

    phase: str
    label: str
    statuses: Sequence[int | None]
    failures: Sequence[Failure]
    checks: Counter[str]
    label_of: Callable[[str], str]
    sent: Callable[[str], Sent | None]
    chain: Callable[[str], list[Sent]]


@dataclass(frozen=True)
class Trouble:
    """A request could not be made or sent; `error` is what schemathesis met."""

    label: str
    text: str
    error: BaseException


def fuzz(plan: Plan) -> Iterator[Scenario | Trouble]:
    """In the order in which they end. Raises KeyboardInterrupt if one came up below."""
    engine = from_schema(_schema(plan))
    with _collected_seldom():
        for event in engine.execute():
            if isinstance(event, events.ScenarioFinished):
                yield _scenario(event)
            elif isinstance(event, events.NonFatalError):
                yield Trouble(event.label, f"{event.info.title}: {event.info.message}", event.value)
            elif isinstance(event, events.FatalError):
                raise event.exception
            elif isinstance(event, events.Interrupted):
                raise KeyboardInterrupt  # which the engine has swallowed


@contextmanager
def _collected_seldom() -> Iterator[None]:
    """Until the block ends, Python looks for cycles in what is new only, and less often: that was 8 % of a run."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(SELDOM, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def supported_filters(supported: Mapping[str, Mapping[str, Any]], known: Sequence[str] = ()) -> st.SearchStrategy[str]:
    """Expressions, as text, of the fields, operators and values that an endpoint supports (`x-isc-filters`)."""
    comparisons = st.one_of(
        [_comparison(name, operator, support, known) for name, support in supported.items() for operator in support["operators"]]
    )
    return st.recursive(
        comparisons,
        lambda inner: st.one_of(
            inner.map("not ({})".format),
            st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda parts: f"({''.join(parts)})"),
        ),
        max_leaves=4,
    )


def sorters(names: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*names, *(f"-{name}" for name in names)])


def _schema(plan: Plan) -> Any:
    for name, strategy in plan.formats.items():
        schemathesis.openapi.format(name, strategy)
    document = _only(plan.document, plan.kept)
    schema: Any = schemathesis.openapi.from_dict(document, config=_config(plan))
    _hook(schema, plan)
    return schema


def _only(document: Json, kept: frozenset[str] | None) -> Json:
    """Without the other operations, and without links to them: what is not in the document is not made up."""
    reduced = copy.deepcopy(document)
    if kept is None:
        return reduced
    for path, item in list(reduced["paths"].items()):
        reduced["paths"][path] = {method: one for method, one in item.items() if one["operationId"] in kept}
        if not reduced["paths"][path]:
            del reduced["paths"][path]
    links = reduced.get("components", {}).get("links", {})
    away = {f"#/components/links/{name}" for name, link in links.items() if link["operationId"] not in kept}
    for one in (one for item in reduced["paths"].values() for one in item.values()):
        for answer in one["responses"].values():
            if "links" in answer:
                answer["links"] = {name: link for name, link in answer["links"].items() if link.get("$ref") not in away}
    return reduced


def _config(plan: Plan) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": plan.seed,
            "headers": dict(plan.headers),
            "base-url": plan.base_url,
            "continue-on-failure": True,
            "max-redirects": 0,
            "request-timeout": 30,
            "cache": {"enabled": False, "directory": tempfile.gettempdir()},
            "generation": {"max-examples": plan.examples, "database": "none"},
            # Schemathesis sends what a path does not have (DELETE, TRACE, …) with the real token, and calls it coverage.
            "phases": {} if plan.kept is None else {"coverage": {"unexpected-methods": []}},
            "suppress-health-check": [] if plan.accepts is None else ["filter_too_much"],
            "operations": [
                {"include-operation-id": id_, "checks": {check: {"expected-statuses": _statuses(statuses)}}}
                for id_, check, statuses in plan.exempt
                if plan.kept is None or id_ in plan.kept
            ],
        }
    )


def _statuses(also: Sequence[int]) -> list[str | int]:
    """What positive_data_acceptance accepts by itself, and more."""
    return ["2xx", 401, 403, 404, 409, 429, *also]


def filter_case(_context: Any, case: Any) -> bool:
    """schemathesis finds a hook by this name. The reasons stand beside LITERALS and TAKES_TEXT."""
    if isinstance(case.body, bytes) and _name(case) in TAKES_TEXT and _is_text(case.body):
        return False
    return not LITERALS.intersection(map(str, (case.path_parameters or {}).values()))


def _is_text(body: bytes) -> bool:
    try:
        return body.decode().replace("\n", " ").isprintable()
    except UnicodeDecodeError:
        return False


def _name(case: Any) -> str | None:
    return contract.canonical_ids().get(case.operation.definition.raw.get("operationId"))


def _hook(schema: Any, plan: Plan) -> None:
    def map_path_parameters(_context: Any, path_parameters: Any) -> Any:
        owner = plan.pairs.get((path_parameters or {}).get("approvalItemId", ""))
        return path_parameters if owner is None else {**path_parameters, "id": owner}

    schema.hook(filter_case)
    if plan.accepts is not None:
        accepts = plan.accepts
        schema.hook("filter_case")(lambda _context, case: _is_accepted(case, accepts))
    if plan.pairs:
        schema.hook(map_path_parameters)


def _is_accepted(case: Any, accepts: Accepts) -> bool:
    wanted = case.as_transport_kwargs()
    body = wanted.get("data") or (b"" if wanted.get("json") is None else repr(wanted["json"]).encode())
    return accepts(wanted["method"], wanted["url"], body if isinstance(body, bytes) else str(body).encode())


def _scenario(event: events.ScenarioFinished) -> Scenario:
    recorder = event.recorder
    failures, checks = [], Counter[str]()
    for case, results in recorder.checks.items():
        for result in results:
            checks[result.name] += 1
            if result.failure_info is not None:
                failure = result.failure_info.failure
                failures.append(Failure(result.name, _kind(failure), failure.title, failure.message, failure.case_id or case))
    return Scenario(
        phase=event.phase.value,
        label=event.label or "",
        statuses=[one.response.status_code if one.response is not None else None for one in recorder.interactions.values()],
        failures=failures,
        checks=checks,
        label_of=lambda case: recorder.cases[case].value.operation.label if case in recorder.cases else event.label or "",
        sent=lambda case: _sent(recorder.interactions[case]) if case in recorder.interactions else None,
        chain=lambda case: [
            _sent(recorder.interactions[one.id]) for one in recorder.iter_chain_cases(case_id=case) if one.id in recorder.interactions
        ],
    )


def _kind(failure: Any) -> str:
    """By the attributes that hold no data."""
    told = [getattr(failure, name, None) for name in ("status_code", "scenario", "method", "header_name", "content_type")]
    pointer = getattr(failure, "schema_path", None)
    parts = [str(part) for part in told if part is not None] + (["/".join(map(str, pointer))] if pointer else [])
    return " ".join([type(failure).__name__, *parts])


def _sent(interaction: Any) -> Sent:
    request, response = interaction.request, interaction.response
    return Sent(
        method=request.method,
        url=request.uri,
        headers=_flat(request.headers),
        body=request.body or b"",
        status=None if response is None else response.status_code,
        answer_headers=() if response is None else _flat(response.headers),
        answer=b"" if response is None else response.content,
    )


def _flat(headers: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, values in headers.items() for value in values)


def _comparison(name: str, operator: str, support: Mapping[str, Any], known: Sequence[str]) -> st.SearchStrategy[str]:
    plain = ["SUCCESS", "Error", "a" * 32, 'a "quoted" \\ value', *known]
    values = st.sampled_from(support["values"]) if "values" in support else st.sampled_from(plain)
    quoted = values.map(lambda value: '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"')))
    if operator == "isnull":
        return st.just(f"{name} isnull")
    if operator == "in":
        return st.lists(quoted, min_size=1, max_size=3).map(lambda chosen: f"{name} in ({','.join(chosen)})")
    return quoted.map(lambda value: f"{name} {operator} {value}")
