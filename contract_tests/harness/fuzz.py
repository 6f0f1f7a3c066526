"""What `isc-contract fuzz` does on each version: learn what is there, hold the laws, let schemathesis try."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from contract_tests.harness import fuzzing, oracle, paths, preparing
from contract_tests.harness.caller import Caller
from contract_tests.harness.errors import NoAnswer, Refused
from contract_tests.harness.findings import Finding, Step, excerpt
from contract_tests.harness.fuzzing import Failure, Scenario, Sent, Trouble
from contract_tests.harness.guard import READS
from contract_tests.harness.inventory import Inventory, learn
from contract_tests.harness.laws import Case, Law, access, counts, pages, selection
from contract_tests.harness.message import Answer, Exchange, Request
from contract_tests.harness.paths import operations
from contract_tests.harness.run import Run

LAWS: tuple[Law, ...] = (*pages.LAWS, *counts.LAWS, *selection.LAWS, *access.LAWS)

DRAWN = 3
"""Filters that a law draws for each example of a schemathesis phase: they are cheap, and the grammar is large."""

CHANGES = 3
"""Approval items are few, and each can be decided once."""

TRIES = 3
"""How often a law is tried while others change the lists that it looks at."""

_SHAPE = {"response_schema_conformance", "status_code_conformance", "content_type_conformance", "response_headers_conformance"}
"""Checks of schemathesis that look at the same as the oracle does."""


def fuzz(run: Run) -> None:
    """Raises KeyboardInterrupt where the run ends early."""
    run.watchers.append(_Refresh(run))
    for version in run.versions:
        with run.share(version):
            _schemathesis(run, version, hold_laws(run, version))


def hold_laws(run: Run, version: str) -> Inventory:
    """Learns what a version shows, and holds the laws to it. Returns what it shows then."""
    run.reset()
    run.step(f"{version}: learning what is there")
    caller = run.caller(version)
    inventory = learn(caller)
    tasks = inventory.tasks + inventory.pending
    for what, documents, name in (("work items", inventory.work_items, "listWorkItems"), ("tasks", tasks, "getTaskStatus")):
        if not documents and caller.has(name):
            run.summary.notes.append(f"{version}: there are no {what} to look at, so little was tried on them")
    for name in sorted(caller.denied):
        run.summary.notes.append(f"{version}: the client may not call {name} (403), so it was not looked at")
    for law in LAWS:
        run.step(f"{version}: {law.__name__.replace('_', ' ')}")
        inventory = _hold(run, caller, law, inventory)
    return inventory


@dataclass
class _Refresh:
    """Brings a fake of the run's own back to its start after a few changes, so that there is always something to change. A watcher."""

    run: Run
    changes: int = 0

    def __call__(self, exchange: Exchange) -> None:
        if exchange.operation is not None and exchange.request.method not in READS and exchange.answer.status in oracle.ADMITTED:
            self.changes += 1
            if self.changes % CHANGES == 0:
                self.run.reset()


def _hold(run: Run, caller: Caller, law: Law, inventory: Inventory) -> Inventory:
    """Tells what breaks a law only if the target's lists are, after it, what they were before: else somebody else was at work.

    Returns what the lists hold now.
    """
    for _ in range(TRIES):
        broken: list[Finding] = []
        trial = Caller(caller.http, caller.version, _sorted_out(run, broken), denied=caller.denied)
        try:
            law(case_of(run, trial, inventory))
        except (NoAnswer, Refused):
            pass  # a finding already, or counted at the gate
        except Exception as error:  # noqa: BLE001 - odd data must not end the run; it is told, and the run fails
            run.summary.troubles.append(f"{caller.version}: {law.__name__}: {type(error).__name__} at {_place(error)}")
        if not broken:
            return inventory
        now = learn(run.caller(caller.version))
        if now.steady() == inventory.steady():
            break
        inventory = now
    else:
        run.summary.notes.append(
            f"{caller.version}: {law.__name__.replace('_', ' ')}: others kept changing the lists, so nothing can be said"
        )
        return inventory
    for finding in broken:
        run.tell(finding)
    return inventory


def _sorted_out(run: Run, broken: list[Finding]) -> Callable[[Finding], None]:
    """What the document itself forbids is told at once; what only a law forbids waits for the lists to be looked at again."""
    return lambda finding: run.tell(finding) if finding.check in ("contract", "answers") else broken.append(finding)


def _place(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def case_of(run: Run, caller: Caller, inventory: Inventory) -> Case:
    """What the laws of a run are tried on."""
    return Case(
        caller=caller,
        inventory=inventory,
        roles=frozenset(run.target.credentials),
        examples=DRAWN * run.options.examples,
        seed=run.options.seed,
        may_write=run.gate.guard.is_open,
    )


def _schemathesis(run: Run, version: str, inventory: Inventory) -> None:
    guard = run.gate.guard
    plan = preparing.plan(
        version,
        inventory,
        seed=run.options.seed,
        examples=run.options.examples,
        accepts=None if guard.is_open else run.gate.would_carry,
    )
    for told in fuzzing.fuzz(plan):
        if isinstance(told, Trouble):
            _trouble(run, version, told)
        else:
            run.step(f"{version}: {told.phase} {told.label}".rstrip())
            for failure in told.failures:
                _failed(run, version, told, failure)


def _failed(run: Run, version: str, scenario: Scenario, failure: Failure) -> None:
    sent = scenario.sent(failure.case)
    if sent is None or sent.status is None:
        return
    exchange = _exchange(sent)
    operation = _operation(version, scenario.label_of(failure.case))
    steps = tuple(Step.of(_exchange(one).request) for one in scenario.chain(failure.case))
    problems = oracle.judge(version, exchange.request, exchange.answer) if failure.check in _SHAPE else []
    for problem in problems:
        says = f"the document of {version} describes it otherwise: {problem.text}"
        run.tell(Finding("contract", operation, problem.place, says, excerpt(exchange), steps, version, sent.status))
    if not problems:
        says = " ".join(f"{failure.title}. {failure.message}".split())
        run.tell(Finding(failure.check, operation, failure.kind, says, excerpt(exchange), steps, version, sent.status))


def _trouble(run: Run, version: str, trouble: Trouble) -> None:
    """A request that was sent and not answered is the target's doing; one that could not be made is ours, and is told as such."""
    error: BaseException | None = trouble.error
    while error is not None:
        if isinstance(error, Refused):
            return  # counted at the gate
        error = error.__cause__ or error.__context__
    request = getattr(trouble.error, "request", None)
    if request is not None:
        step = Step.of(Request(str(request.method), str(request.url), tuple(request.headers.items())))
        says = "every request is answered"
        run.tell(Finding("answers", _operation(version, trouble.label), "no answer", says, "the connection broke", (step,), version))
    else:
        run.summary.troubles.append(f"{version}: {trouble.label}: {trouble.text}"[:500])


def _operation(version: str, label: str) -> str:
    """`GET /work-items` → listWorkItems."""
    method, _, path = label.partition(" ")
    known = (name for name, one in operations(version).items() if (one.method, one.path) == (method, path))
    return next(known, label)


def _exchange(sent: Sent) -> Exchange:
    request = Request(sent.method, sent.url, sent.headers, sent.body)
    found = paths.find(sent.method, urlsplit(sent.url).path)
    return Exchange(request, Answer(sent.status or 0, sent.answer_headers, sent.answer), found[0].version if found else None)
