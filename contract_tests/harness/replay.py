"""Sends the requests of a finding to another target, and says whether it shows the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import ModuleType
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx

from contract_tests.harness import aspects, oracle, paths, preparing
from contract_tests.harness.aspects import Expected
from contract_tests.harness.caller import Caller
from contract_tests.harness.errors import Ended, NoAnswer, Refused
from contract_tests.harness.findings import Finding, Step, excerpt
from contract_tests.harness.fuzz import case_of
from contract_tests.harness.guard import READS
from contract_tests.harness.inventory import Inventory, learn
from contract_tests.harness.laws import access, counts, pages, selection
from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import ORIGIN, Answer, Exchange, Request, header
from contract_tests.harness.redaction import PSEUDONYM
from contract_tests.harness.run import Run

Json = Any

LAWS: Mapping[str, ModuleType] = {
    **dict.fromkeys(("pages", "total", "parameters"), pages),
    **dict.fromkeys(("counts", "list", "owner", "single", "not found", "errors", "deprecated"), counts),
    **dict.fromkeys(("filters", "sorters"), selection),
    **dict.fromkeys(("login", "scopes", "levels", "owners"), access),
}
"""Where the laws are that tell a check's findings."""

UNTOLD_BY_STATUS: Mapping[str, str] = {
    "lifecycle": "run `isc-contract lifecycle` on this target, or the pytest file of the finding",
    **dict.fromkeys(
        ("response_schema_conformance", "response_headers_conformance", "content_type_conformance"),
        "run `isc-contract fuzz` on this target",
    ),
}
"""Checks that look at more than the status, and not with the oracle. What to do instead."""


class State(StrEnum):
    SHOWS = "shows the same"
    DIFFERS = "does not show it"
    IMPOSSIBLE = "cannot be replayed"


@dataclass(frozen=True)
class Replayed:
    """`says`: one line, why it is so. `status`, `came`: the last answer; None and "" where there is none.

    `stood_in`: pseudonyms of the finding that the target knows nothing of → the object of the same kind that took their place.
    """

    finding: Finding
    state: State
    says: str
    status: int | None = None
    came: str = ""
    stood_in: Mapping[str, str] = field(default_factory=dict)


class _Impossible(Exception):
    """The message says why."""


class _Shown(Ended):
    """Stops a law at the finding that was looked for; hypothesis lets it through."""

    def __init__(self, finding: Finding) -> None:
        super().__init__("the finding that was looked for is found")
        self.finding = finding


def replay(run: Run, finding: Finding) -> Replayed:
    """A fake of the run's own goes back to its start first. A finding of a law is looked for by that law, any other by its requests.

    The run's summary counts the requests; what else they show is not added to its findings.

    Raises:
        Ended: the budget is used up, or the target is gone.
    """
    try:
        _check(run, finding)
        run.reset()
        inventory = learn(_caller(run, finding, lambda _finding: None))
        return _by_law(run, finding, inventory) if finding.check in LAWS else _by_steps(run, finding, inventory)
    except _Impossible as error:
        return Replayed(finding, State.IMPOSSIBLE, str(error))
    except Refused as error:
        return Replayed(finding, State.IMPOSSIBLE, f"the guard holds it back: {error}")


def _check(run: Run, finding: Finding) -> None:
    if finding.version not in run.versions:
        raise _Impossible(f"the target is not asked in {finding.version}, but in {', '.join(run.versions)}")
    if not finding.steps:
        raise _Impossible("the finding has no requests")
    for step in finding.steps:
        role = (header(step.headers, "Authorization") or "").partition(placeholder(""))[2]
        if role and role not in run.target.credentials:
            raise _Impossible(f"it takes a client {role!r}, and the target has credentials for {', '.join(run.target.credentials)}")


def _caller(run: Run, finding: Finding, tell: Callable[[Finding], None]) -> Caller:
    return Caller(run.http, finding.version, tell)


def _by_law(run: Run, finding: Finding, inventory: Inventory) -> Replayed:
    """All laws of its kind, until one tells the same finding."""

    def tell(found: Finding) -> None:
        if found.id == finding.id:
            raise _Shown(found)

    case = case_of(run, _caller(run, finding, tell), inventory)
    try:
        for law in LAWS[finding.check].LAWS:
            case.caller.begin()
            law(case)
    except _Shown as shown:
        return Replayed(finding, State.SHOWS, "the same law is broken", shown.finding.status, shown.finding.came)
    return Replayed(finding, State.DIFFERS, "the law holds here")


def _by_steps(run: Run, finding: Finding, inventory: Inventory) -> Replayed:
    stand_ins = _StandIns(finding, inventory, known=run.gate.redaction.seen)
    steps = stand_ins.steps()
    for step in steps:
        try:
            exchange = _sent(run.http, step)
        except NoAnswer as error:
            state = State.SHOWS if finding.status is None and step is steps[-1] else State.DIFFERS
            return Replayed(finding, state, f"no answer: {error}", stood_in=stand_ins.chosen)
    state, says = _compared(finding, exchange, stood_in=bool(stand_ins.chosen))
    return Replayed(finding, state, says, exchange.answer.status, excerpt(exchange), stand_ins.chosen)


def _looked_at(wanted: Expected, exchange: Exchange, *, stood_in: bool) -> tuple[State, str]:
    if stood_in and (wanted.aspect.is_of_the_whole or wanted.aspect.key.startswith("id-")):
        return State.IMPOSSIBLE, f"it is about what the first target holds: {UNTOLD_BY_STATUS['lifecycle']}"
    try:
        holds = wanted.holds(exchange.answer.json())
    except ValueError:
        holds = False
    return (State.DIFFERS, "what was changed is as it should be") if holds else (State.SHOWS, "what was changed is not as it should be")


def _compared(finding: Finding, exchange: Exchange, *, stood_in: bool) -> tuple[State, str]:
    was, status = finding.status, exchange.answer.status
    says = f"the status was {was} and is {status} here" if was else f"there was no answer, and there is one here, of status {status}"
    if finding.check == "contract":
        return _judged(finding, exchange, says)
    if status != was:
        return State.DIFFERS, says
    wanted = aspects.expected(finding.expected)
    if wanted is not None:
        return _looked_at(wanted, exchange, stood_in=stood_in)
    if finding.check in UNTOLD_BY_STATUS and status < 400:
        return State.IMPOSSIBLE, f"{says}, which alone does not tell it: {UNTOLD_BY_STATUS[finding.check]}"
    return State.SHOWS, says


def _judged(finding: Finding, exchange: Exchange, says: str) -> tuple[State, str]:
    places = [problem.place for problem in oracle.judge(finding.version, exchange.request, exchange.answer)]
    if finding.place in places:
        return State.SHOWS, f"the same place is otherwise than described; {says}"
    others = f", but not at {', '.join(places)}" if places else ""
    return State.DIFFERS, f"that place is as described{others}; {says}"


def _sent(http: httpx.Client, step: Step) -> Exchange:
    request = Request(step.method, ORIGIN + step.path, step.headers, step.body.encode("utf-8", errors="surrogatepass"))
    try:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
        response = http.request(request.method, request.url, headers=headers, content=request.body or None)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise _Impossible(f"its request has a form that cannot be sent again: {type(error).__name__}") from None
    return Exchange(request, Answer(response.status_code, tuple(response.headers.multi_items()), response.content))


@dataclass
class _StandIns:
    """Objects of the target in place of those that only the finding's target has; the same one for the same pseudonym in all steps."""

    finding: Finding
    inventory: Inventory
    known: Mapping[str, str]
    chosen: dict[str, str] = field(default_factory=dict)

    def steps(self) -> list[Step]:
        """The finding's, as the target can take them. Raises _Impossible where it has no such object."""
        *_, last = self.finding.steps
        for step in sorted(self.finding.steps, key=_demands, reverse=True):  # who asks for most chooses first
            self._step(step, is_last=step is last)
        return [self._step(step, is_last=step is last) for step in self.finding.steps]

    def _step(self, step: Step, *, is_last: bool) -> Step:
        parts = urlsplit(step.path)
        is_nowhere = is_last and self.finding.status == 404  # what was not found there is to be found here neither
        path = parts.path if is_nowhere else self._path(step.method, parts.path)
        query = PSEUDONYM.sub(lambda match: quote(self._in_query(match, parts.query), safe=""), parts.query)
        return replace(step, path=path + (f"?{query}" if query else ""), body=self._body(step.body))

    def _path(self, method: str, path: str) -> str:
        found = paths.find(method, path)
        if found is None:
            return path
        operation, parameters = found
        name = next(name for name, one in paths.operations(operation.version).items() if one == operation)
        strangers = {key: value for key, value in parameters.items() if self._is_strange(value)}
        pair = self._pair() if {"id", "approvalItemId"} <= strangers.keys() else {}
        for key, value in strangers.items():
            declared = next(parameter for parameter in operation.parameters if parameter["name"] == key)
            candidates = [pair[key]] if key in pair else preparing.known_ids(name, operation, declared, self.inventory)
            path = path.replace(quote(value, safe=""), quote(self._stand_in(value, candidates, f"{key} of {name}"), safe=""))
        return path

    def _pair(self) -> dict[str, str]:
        """A work item and an approval item of its own."""
        return next(({"id": item, "approvalItemId": approval} for item, approval in self.inventory.approvals()), {})

    def _in_query(self, match: re.Match[str], query: str) -> str:
        """An owner, or what a filter compares a property with."""
        if not self._is_strange(match.group()):
            return match.group()
        before = unquote(query[: match.start()].replace("+", " "))
        name = (re.findall(r"(\w+)=$", before) or re.findall(r"(\w+) +(?:eq|in)\b", before) or ["the query"])[-1]
        candidates = self.inventory.owners() if name == "ownerId" else self.inventory.values(name)
        return self._stand_in(match.group(), candidates, name)

    def _body(self, body: str) -> str:
        """Whom a forward makes the owner; what else a body says is what somebody wrote, and goes as it is."""
        try:
            value: Json = json.loads(body)
        except (ValueError, RecursionError):
            return body
        owner = value.get("targetOwnerId") if isinstance(value, dict) else None
        if not isinstance(owner, str) or not self._is_strange(owner):
            return body
        return json.dumps({**value, "targetOwnerId": self._stand_in(owner, self.inventory.owners(), "targetOwnerId")})

    def _is_strange(self, text: str) -> bool:
        return text.startswith("id-") and PSEUDONYM.fullmatch(text) is not None and text.lower() not in self.known

    def _stand_in(self, pseudonym: str, candidates: list[str], kind: str) -> str:
        if pseudonym not in self.chosen:
            if not candidates:
                raise _Impossible(f"the target has no such object: {kind}")
            unused = [candidate for candidate in candidates if candidate not in self.chosen.values()]
            self.chosen[pseudonym] = (unused or candidates)[0]
        return self.chosen[pseudonym]


def _demands(step: Step) -> tuple[int, bool]:
    """An approval item of an open work item is more than a work item, and what can be changed more than what can be read."""
    found = paths.find(step.method, urlsplit(step.path).path)
    return len(found[1]) if found else 0, step.method not in READS
