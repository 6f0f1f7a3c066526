"""A sequence of changes as it is carried out: what was sent, what must hold after each step, and the first thing that does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import reject

from contract_tests.harness.aspects import Aspect, Expected
from contract_tests.harness.caller import Caller
from contract_tests.harness.errors import NoAnswer, Refused
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
            says = f"in this state, {name} is answered with {' or '.join(map(str, statuses))}"
            self._break(name, "status", says, excerpt(answer.exchange), self.steps, self.asserts)
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
        wanted = Expected(Aspect("field", "state"), tuple(dict.fromkeys(allowed)))
        if not wanted.holds(answer.body):
            says = f"the answer is the work item afterwards, and its state then {' or '.join(wanted.values)}"
            asserts = [*self.asserts[:-1], wanted.source()]
            self._break(name, "state of the answer", says, excerpt(answer.exchange), self.steps, asserts, wanted)
        return str(wanted.aspect.of(answer.body))

    def same(self, name: str, place: str, says: str, aspect: Aspect, value: Json) -> None:
        """Breaks if an aspect of what was read last is another."""
        wanted, body = Expected(aspect, (value,)), self.last.body if self.last else None
        if not wanted.holds(body):
            came = f"{_short(aspect.of(body))} instead of {_short(value)}"
            self._break(name, place, says, came, self._with_last(), [*self.asserts, wanted.source()], wanted)

    def _send(self, name: str, **parameters: Any) -> Answer:
        self.caller.begin()
        try:
            self.last = Answer(self.caller.call(name, **parameters))
        except (NoAnswer, Refused):
            reject()  # told, or counted at the gate: this sequence ends here, and another one begins
        return self.last

    def _with_last(self) -> list[Step]:
        return self.steps if self.last is None else [*self.steps, Step.of(self.last.exchange.request)]

    def _break(
        self, name: str, place: str, says: str, came: str, steps: Sequence[Step], asserts: Sequence[str], wanted: Expected | None = None
    ) -> None:
        status = None if self.last is None else self.last.status
        told = None if wanted is None else wanted.as_json()
        finding = Finding("lifecycle", name, place, says, came, tuple(steps), self.caller.version, status, told)
        self.broken.append(Broken(finding, asserts))
        raise self.broken[-1]


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
