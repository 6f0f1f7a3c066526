"""A sequence of changes as it is carried out: what was sent, what must hold after each step, and the first thing that does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from contract_tests.harness.caller import Caller
from contract_tests.harness.findings import Finding, Step, excerpt
from contract_tests.harness.message import Exchange

Json = Any


class Broken(AssertionError):
    """A step's answer, or what the target tells after it, is not what the model says.

    `asserts`: for each step of the finding, a line of Python about `answer` (an httpx.Response); the last one fails.
    """

    def __init__(self, finding: Finding, asserts: Sequence[str]) -> None:
        super().__init__(finding.says)
        self.finding = finding
        self.asserts = list(asserts)


@dataclass(frozen=True)
class Answer:
    exchange: Exchange

    @property
    def status(self) -> int:
        return self.exchange.answer.status

    @property
    def body(self) -> Json:
        """None for what is not JSON: the oracle has told that."""
        try:
            return self.exchange.answer.json()
        except ValueError:
            return None


@dataclass
class Script:
    """`broken`: all that were found, the shrunk ones among them."""

    caller: Caller
    broken: list[Broken]
    steps: list[Step] = field(default_factory=list)
    asserts: list[str] = field(default_factory=list)
    last: Answer | None = None

    def change(self, name: str, statuses: tuple[int, ...], **parameters: Any) -> Answer:
        """Sends it, and breaks if the status is none of these."""
        answer = self._send(name, **parameters)
        self.steps.append(Step.of(answer.exchange.request))
        self.asserts.append(f"assert answer.status_code in {statuses!r}")
        if answer.status not in statuses:
            told = " or ".join(map(str, statuses))
            self._break(
                name, "status", f"in this state, {name} is answered with {told}", excerpt(answer.exchange), self.steps, self.asserts
            )
        return answer

    def read(self, name: str, **parameters: Any) -> Json:
        """The body of a 200, which it must be."""
        answer = self._send(name, judged=False, **parameters)  # lists are long, and `fuzz` has them judged
        if answer.status != 200:
            asserts = [*self.asserts, "assert answer.status_code == 200"]
            self._break(name, "reading", "what was changed can be read", excerpt(answer.exchange), self._with_last(), asserts)
        return answer.body

    def stated(self, name: str, answer: Answer, allowed: tuple[str, ...]) -> str:
        """The state that the answer to a change tells, where several may be."""
        state = answer.body.get("state") if isinstance(answer.body, dict) else None
        if state not in allowed:
            allowed = tuple(dict.fromkeys(allowed))
            says = f"the answer is the work item afterwards, and its state then {' or '.join(allowed)}"
            asserts = [*self.asserts[:-1], f'assert answer.json()["state"] in {allowed!r}']
            self._break(name, "state of the answer", says, excerpt(answer.exchange), self.steps, asserts)
        return str(state)

    def same(self, name: str, place: str, says: str, told: Json, expected: Json, source: str) -> None:
        """Of what was read last. `source`: how a test gets at what was told."""
        if told != expected:
            came = f"{_short(told)} instead of {_short(expected)}"
            self._break(name, place, says, came, self._with_last(), [*self.asserts, f"assert {source} == {expected!r}"])

    def _send(self, name: str, **parameters: Any) -> Answer:
        self.caller.begin()
        self.last = Answer(self.caller.call(name, **parameters))
        return self.last

    def _with_last(self) -> list[Step]:
        return self.steps if self.last is None else [*self.steps, Step.of(self.last.exchange.request)]

    def _break(self, name: str, place: str, says: str, came: str, steps: Sequence[Step], asserts: Sequence[str]) -> None:
        status = None if self.last is None else self.last.status
        broken = Broken(Finding("lifecycle", name, place, says, came, tuple(steps), self.caller.version, status), asserts)
        self.broken.append(broken)
        raise broken


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
