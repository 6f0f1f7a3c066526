"""Random sequences of changes, with a model beside them: after each step the target must tell what the model says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from contract_tests.harness.aspects import Aspect
from contract_tests.harness.findings import Finding
from contract_tests.harness.inventory import PAGE, Inventory, learn
from contract_tests.harness.model import FINISHED, PENDING, REJECTED, Item, World
from contract_tests.harness.run import Run
from contract_tests.harness.script import Answer, Broken, Script

Json = Any

STEPS = 10
"""Changes in one sequence, at most."""

OK, REFUSED = (200,), (400,)
UNCHANGED = (200, 400)
"""What is not possible any more is refused or does nothing: an assumption says which."""

_LISTS = (
    (True, "listWorkItems", "the open list holds what is pending"),
    (False, "getCompletedWorkItems", "the completed list holds what is not pending any more"),
)

_choice = st.integers(0, 63)


def lifecycle(run: Run, told: Callable[[Finding, Sequence[str]], None] = lambda _finding, _asserts: None) -> None:
    """Tries each version. `told`: takes each finding, with what a test of it asserts after each step, at once."""
    for version in run.versions:
        run.step(f"{version}: changing, and comparing with the model")
        broken: list[Broken] = []
        try:
            with run.share(version):
                _try(run, version, broken)
        finally:
            shortest = min(broken, key=lambda one: one.finding.weight(), default=None)
            if shortest is not None:
                told(shortest.finding, shortest.asserts)
                run.tell(shortest.finding)
    run.reset()


def _try(run: Run, version: str, broken: list[Broken]) -> None:
    machine = type("Lifecycle", (_Machine,), {"run": run, "version": version, "last": broken, "start": []})
    shrinks = run.target.is_own  # elsewhere, each try uses up what it changes, and none can be repeated
    settings = hypothesis.settings(
        max_examples=run.options.examples,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        phases=[hypothesis.Phase.generate, *([hypothesis.Phase.shrink] if shrinks else [])],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    machine.TestCase = None  # type: ignore[attr-defined]
    try:
        run_state_machine_as_test(hypothesis.seed(run.options.seed)(machine), settings=settings)
    except Broken:
        pass  # the last of those that the script has noted
    except (hypothesis.errors.Flaky, ExceptionGroup):
        if not broken:
            raise


class _Machine(RuleBasedStateMachine):
    run: Run
    version: str
    last: list[Broken]
    start: list[Inventory]

    @initialize()
    def begin(self) -> None:
        self.run.reset()
        self.caller = self.run.caller(self.version)
        self.script = Script(self.caller, self.last)
        inventory = self._learnt()
        self.world = World.of(inventory.work_items, [*inventory.tasks, *inventory.pending])
        self.is_whole = self.run.target.is_stub and all(inventory.whole.values())

    @rule(choice=_choice)
    def complete(self, choice: int) -> None:
        for item in self._one(self._open(), choice):
            statuses = UNCHANGED if item.undecided else OK
            answer = self.script.change("completeWorkItem", statuses, id=item.id, body={})
            if answer.status == 200:
                item.state = FINISHED
            self._look_at(item, "completeWorkItem")

    @rule(choice=_choice)
    def complete_again(self, choice: int) -> None:
        for item in self._one([item for item in self.world.items.values() if not item.is_open and self._may(item.id)], choice):
            self.script.change("completeWorkItem", UNCHANGED, id=item.id, body={})
            self._look_at(item, "completeWorkItem")

    @rule(choice=_choice, to=_choice)
    def forward(self, choice: int, to: int) -> None:
        for item in self._one(self._open(), choice):
            for owner in self._one([owner for owner in self.world.owners() if owner != item.owner and self._may(owner)], to):
                body = {"targetOwnerId": owner, "comment": "Please take this over."}
                answer = self.script.change("forwardWorkItem", UNCHANGED, id=item.id, body=body)
                before, item.owner = item.owner, owner if answer.status == 200 else item.owner
                self._look_at(item, "forwardWorkItem")
                self._lists_of_owners(item, before)

    @rule(choice=_choice, which=_choice, approve=st.booleans())
    def decide(self, choice: int, which: int, approve: bool) -> None:
        for item in self._one([item for item in self._open() if item.undecided], choice):
            for part in self._one([id_ for id_ in item.undecided if self._may(id_)], which):
                name = "approveApprovalItem" if approve else "rejectApprovalItem"
                answer = self.script.change(name, OK, id=item.id, approvalItemId=part)
                item.decisions[part] = FINISHED if approve else REJECTED
                self._settle(item, answer, name)

    @rule(choice=_choice, approve=st.booleans())
    def decide_in_bulk(self, choice: int, approve: bool) -> None:
        for item in self._one([item for item in self._open() if item.undecided], choice):
            name = "approveApprovalItemsInBulk" if approve else "rejectApprovalItemsInBulk"
            answer = self.script.change(name, OK, id=item.id)
            item.decisions.update(dict.fromkeys(item.undecided, FINISHED if approve else REJECTED))
            self._settle(item, answer, name)

    @rule(choice=_choice)
    def select_accounts(self, choice: int) -> None:
        for item in self._one(self._open(), choice):
            is_form = item.type == "Form"
            answer = self.script.change("submitAccountSelection", OK if is_form else REFUSED, id=item.id, body={})
            if is_form:
                item.state = self.script.stated("submitAccountSelection", answer, (FINISHED, PENDING))
            self._look_at(item, "submitAccountSelection")

    @rule(choice=_choice, status=st.sampled_from(["Error", "Success", "TERMINATED"]))
    def clear_a_task(self, choice: int, status: str) -> None:
        pending = [id_ for id_ in self.world.pending() if self._may(id_)] if self.caller.has("updateTaskStatus") else []
        for id_ in self._one(pending, choice):
            task = self.world.tasks[id_]
            patch = [_replacing("completionStatus", status), _replacing("completed", task.created)]
            statuses = OK if status.isupper() else UNCHANGED  # in which case it is taken, is an assumption
            if self.script.change("updateTaskStatus", statuses, id=id_, body=patch).status == 200:
                task.status = status.upper()
            self._look_at_task(id_)

    @rule(choice=_choice)
    def patch_whose_test_fails(self, choice: int) -> None:
        pending = [id_ for id_ in self.world.pending() if self._may(id_)] if self.caller.has("updateTaskStatus") else []
        for id_ in self._one(pending, choice):
            patch = [_replacing("completionStatus", "ERROR"), {"op": "test", "path": "/completionStatus", "value": "SUCCESS"}]
            self.script.change("updateTaskStatus", REFUSED, id=id_, body=patch)
            self._look_at_task(id_)

    def _learnt(self) -> Inventory:
        """A fake that was reset has what it had before; any other target may have changed."""
        if not self.start or not self.run.target.is_own:
            self.start[:] = [learn(self.caller)]
        return self.start[0]

    # What the target must tell then

    def _settle(self, item: Item, answer: Answer, name: str) -> None:
        item.state = self.script.stated(name, answer, item.after_decisions())
        self._look_at(item, name)

    def _look_at(self, item: Item, name: str) -> None:
        """By id, in the lists and in the counts."""
        self.script.read("getWorkItem", id=item.id)
        says = "the work item has the state and the owner that the change gives it"
        self.script.same(name, "state", says, Aspect("field", "state"), item.state)
        self.script.same(name, "ownerId", says, Aspect("field", "ownerId"), item.owner)
        if item.decisions:
            self.script.same(name, "decisions", "each approval item is as it was decided", Aspect("decisions"), item.decisions)
        self._lists(item, name)

    def _lists(self, item: Item, name: str) -> None:
        for is_open, operation, says in _LISTS:
            self.script.read(operation, limit=PAGE)
            if self.is_whole:
                self.script.same(name, operation, says, Aspect("ids"), self.world.ids(is_open=is_open))
            else:
                self.script.same(name, operation, says, Aspect("is listed", item.id), item.is_open == is_open)
        if self.is_whole:
            self._counts(name)

    def _counts(self, name: str) -> None:
        numbers = {"open": len(self.world.ids(is_open=True)), "completed": len(self.world.ids(is_open=False))}
        self.script.read("getWorkItemsSummary")
        self.script.same(name, "summary", "the summary counts what is pending and what is not", Aspect("counts"), numbers)
        for key, operation in (("open", "getCountWorkItems"), ("completed", "getCountCompletedWorkItems")):
            self.script.read(operation)
            self.script.same(name, operation, f"the count of {key} ones moves with them", Aspect("count"), numbers[key])

    def _lists_of_owners(self, item: Item, before: str | None) -> None:
        says = "after a forward, the list of the new owner has the work item, and the list of the old one has not"
        for owner in {before, item.owner} - {None}:
            self.script.read("listWorkItems", ownerId=owner, limit=PAGE)
            self.script.same("forwardWorkItem", "owners' lists", says, Aspect("is listed", item.id), item.owner == owner)

    def _look_at_task(self, id_: str) -> None:
        task = self.world.tasks[id_]
        self.script.read("getTaskStatus", id=id_)
        says = "a patch is stored, whole or not at all"
        self.script.same("updateTaskStatus", "completionStatus", says, Aspect("field", "completionStatus"), task.status)
        self.script.same("updateTaskStatus", "completed", says, Aspect("is set", "completed"), task.status is not None)
        if self.caller.has("getPendingTasks"):
            self.script.read("getPendingTasks", limit=PAGE)
            is_pending = task.status is None
            self.script.same("updateTaskStatus", "pending", "a cleared task is not pending any more", Aspect("is listed", id_), is_pending)

    # What may be changed

    def _open(self) -> list[Item]:
        return [item for item in self.world.items.values() if item.is_open and self._may(item.id)]

    def _may(self, id_: str) -> bool:
        guard = self.run.gate.guard
        return guard.is_open or guard.is_writable(self.run.gate.redaction.real(id_))

    @staticmethod
    def _one(values: Sequence[Any], choice: int) -> Sequence[Any]:
        """One of what there is at this moment, or nothing."""
        return values[choice % len(values) :][:1] if values else ()


def _replacing(name: str, value: str) -> Json:
    return {"op": "replace", "path": f"/{name}", "value": value}
