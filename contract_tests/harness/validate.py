"""Judges recorded traffic by the contract: what violates it, and which of its operations nobody asked for."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from contract_tests.harness import oracle, paths, traffic
from contract_tests.harness.errors import FOUND, FOUND_NOTHING
from contract_tests.harness.findings import Finding, Findings, Step, excerpt, steps
from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import ORIGIN, Answer, Exchange, Headers, Request, without
from contract_tests.harness.redaction import STUB_KEY, Redaction
from contract_tests.harness.summary import Row
from contract_tests.harness.traffic import Recorded
from contract_tests.harness.vocabulary import texts
from mock_server import contract
from mock_server.contract import VERSIONS, Operation

Json = Any

UNNAMED = "/…"
"""The first segment of a foreign path that could be anything, a name as well."""


@dataclass
class Report:
    """`rows`: by operation, as v2024 has it, and version, as in a Summary. `foreign`: what is no operation, by method and first segment.

    `unjudged`: exchanges without an answer, or of which the file has no bodies. `wanted`: versions that are to be touched; empty: those
    that are.
    """

    findings: Findings
    wanted: tuple[str, ...] = ()
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    foreign: Counter[str] = field(default_factory=Counter)
    unjudged: int = 0

    @property
    def exchanges(self) -> int:
        """Those of the contract's operations."""
        return sum(row.cases for row in self.rows.values())

    def untouched(self) -> dict[str, list[str]]:
        """Operations that the traffic never asks for, by version; versions of which it asks for all are left out."""
        versions = self.wanted or [version for version in VERSIONS if any(touched == version for _, touched in self.rows)]
        missing = {version: [name for name in paths.operations(version) if (name, version) not in self.rows] for version in versions}
        return {version: names for version, names in missing.items() if names}

    def exit_code(self, *, require_all: bool = False) -> int:
        """What was never touched counts with `require_all` alone."""
        is_lacking = require_all and (not self.rows or bool(self.untouched()))
        return FOUND if len(self.findings) or is_lacking else FOUND_NOTHING


def validate(
    places: Iterable[Path],
    *,
    versions: Sequence[str] = (),
    redaction: Redaction | None = None,
    accepted: Mapping[str, str] | None = None,
) -> Report:
    """Each exchange is judged by the version that its path names.

    Pseudonyms stand in for the data before anything is judged, in a path, a filter or a header too, so that no finding can show it.
    `redaction`: None makes them with the key that everybody has. `versions`: those of which the report tells what was never touched.

    Raises:
        Misuse: a file cannot be read, or is no traffic.
    """
    report = Report(Findings(dict(accepted or {})), tuple(versions))
    hiding = Redaction(STUB_KEY, trusting=True) if redaction is None else redaction
    for place in places:
        for recorded in traffic.read(place):
            _take(report, recorded, hiding)
    return report


def _take(report: Report, recorded: Recorded, redaction: Redaction) -> None:
    found = paths.find(recorded.request.method, recorded.request.path)
    if found is None:
        report.foreign[_foreign(recorded.request, redaction)] += 1
        return
    operation, parameters = found
    name = contract.canonical_ids()[operation.id]
    row = report.rows.setdefault((name, operation.version), Row())
    row.cases += 1
    if recorded.answer is None:
        report.unjudged += 1
        return
    row.statuses[recorded.answer.status] += 1
    for finding in _judged(recorded.request, recorded.answer, operation, parameters, redaction):
        report.findings.add(finding)
        row.findings += 1


def _judged(request: Request, answer: Answer, operation: Operation, parameters: Mapping[str, str], redaction: Redaction) -> list[Finding]:
    version, name = operation.version, contract.canonical_ids()[operation.id]
    says = f"the document of {version} describes it otherwise: "
    try:
        sent = _request(request, answer.status, operation, parameters, redaction)
        exchange = Exchange(sent, _answer(answer, redaction), version, name)
        problems = oracle.judge(version, exchange.request, exchange.answer)
    except (ValueError, RecursionError) as error:  # a header that openapi-core cannot read, or JSON that is too deep for Python
        step = Step(operation.method, contract.base_path(contract.compose(version)) + operation.path)
        says += f"its form is one that cannot be looked at ({type(error).__name__})"
        return [Finding("contract", name, "form", says, f"{answer.status}, of a form that is not shown", (step,), version, answer.status)]
    return [
        Finding("contract", name, one.place, says + one.text, excerpt(exchange), steps([exchange]), version, answer.status)
        for one in problems
    ]


def _foreign(request: Request, redaction: Redaction) -> str:
    parts = request.parts
    method = request.method if re.fullmatch(r"[A-Z]{1,10}", request.method) else "?"
    if not parts.netloc:
        return f"{method} {parts.scheme}:"
    segment = request.path.lstrip("/").partition("/")[0]
    is_plain = redaction.key is None or segment in _PLAIN or re.fullmatch(r"v\d{1,4}", segment)
    return f"{method} /{segment}" if is_plain else f"{method} {UNNAMED}"


_PLAIN = frozenset((*VERSIONS, "", "_mock", "api", "cc", "oauth", "ui", "work-items", "task-status"))


def _answer(answer: Answer, redaction: Redaction) -> Answer:
    return redaction.hide_answer(replace(answer, headers=without(answer.headers, "Content-Encoding", "Transfer-Encoding")))


def _request(request: Request, status: int, operation: Operation, parameters: Mapping[str, str], redaction: Redaction) -> Request:
    """As a run would have sent it: pseudonyms for what is somebody's, a placeholder for the token."""
    headers = _headers(request, operation, redaction)
    if status != 401:  # whoever was let in had a token, though most recorders leave it out
        headers = (*headers, ("Authorization", placeholder()))
    if redaction.key is None:
        return replace(request, headers=headers)
    path = contract.base_path(contract.compose(operation.version)) + operation.path
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", quote(redaction.hide(value, "id"), safe=""))
    query = _query(request.parts.query, operation, redaction)
    return Request(request.method, f"{ORIGIN}{path}{query}", headers, _body(request.body, operation, redaction))


def _headers(request: Request, operation: Operation, redaction: Redaction) -> Headers:
    """Those alone that the contract knows."""
    declared = {parameter["name"].lower() for parameter in operation.parameters if parameter["in"] == "header"}
    return tuple(
        (name, value if name.lower() in _MEDIA else redaction.hide(value, name))
        for name, value in request.headers
        if name.lower() in _MEDIA | declared
    )


_MEDIA = frozenset({"content-type", "accept"})


def _query(query: str, operation: Operation, redaction: Redaction) -> str:
    declared = {parameter["name"]: parameter["schema"].get("type") for parameter in operation.parameters if parameter["in"] == "query"}
    hidden: list[tuple[str, str]] = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in ("filters", "sorters"):
            hidden.append((name, _expression(value, operation, redaction)))
        elif declared.get(name) in ("integer", "boolean") and re.fullmatch(r"[+-]?\d{1,20}|true|false", value):
            hidden.append((name, value))
        else:
            hidden += redaction.hide({name: value}).items()
    return f"?{urlencode(hidden, quote_via=quote, errors='replace')}" if hidden else ""


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s()",]+')
_OPERATORS = frozenset("eq ne gt ge lt le co sw ca in isnull pr and or not".split())


def _expression(text: str, operation: Operation, redaction: Redaction) -> str:
    """A filter or sorters: what they compare with is hidden, as the property is that they name before it."""
    words = texts().union(*(parameter.get("x-isc-filters", ()) for parameter in operation.parameters))
    field_named = "value"

    def hidden(match: re.Match[str]) -> str:
        nonlocal field_named
        token = match.group()
        if token.startswith('"'):
            return f'"{redaction.hide(token[1:-1], field_named)}"'
        if token.lower() in _OPERATORS or token.lstrip("+-") in words:
            field_named = field_named if token.lower() in _OPERATORS else token
            return token
        return str(redaction.hide(token, field_named))

    return _TOKEN.sub(hidden, text)


def _body(body: bytes, operation: Operation, redaction: Redaction) -> bytes:
    content = operation.spec.get("requestBody", {}).get("content", {})
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return redaction.hide_body(body)
    if "application/json-patch+json" in content and isinstance(value, list):
        return json.dumps([_patch(step, redaction) for step in value]).encode()
    is_free = content.get("application/json", {}).get("schema", {}).get("additionalProperties") is True
    return json.dumps(redaction.hide(value, free=is_free)).encode()


def _patch(step: Json, redaction: Redaction) -> Json:
    """A pointer to a property of the contract says nothing about anybody."""
    hidden = redaction.hide(step)
    if isinstance(step, dict):
        hidden |= {name: step[name] for name in ("path", "from") if _is_plain_pointer(step.get(name))}
    return hidden


def _is_plain_pointer(pointer: Json) -> bool:
    return isinstance(pointer, str) and all(part in texts() or part.isdigit() or part in ("", "-") for part in pointer.split("/"))
