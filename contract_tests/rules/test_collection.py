"""Collections of documents, held to a dict: whatever happens, every bucket of the index is what a scan finds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.strategies import DataObject, SearchStrategy

from contract_tests.support import strategies
from contract_tests.support.strategies import DEFINITIONS, IDS, LAUNCHERS, OWNERS, SOURCES, STATUSES, TASK, Document
from mock_server.conventions.errors import NotFound
from mock_server.state import collection
from mock_server.state.collection import Collection
from mock_server.state.kinds import TaskKind, WorkItemKind

Place = tuple[Hashable, int]


class Stop(Exception):
    """What a change raises."""


@dataclass(frozen=True)
class Pair:
    collection: Collection[Any]
    model: dict[str, Document]


class Machine(RuleBasedStateMachine):
    """Changes collections and copies of them, and the models in step."""

    kind: Any
    buckets: Iterable[Hashable]
    documents: Callable[..., SearchStrategy[Document]]
    forbidden: Callable[[], SearchStrategy[Document]]
    """What a document is overwritten with, so that the spec does not allow it, or nobody can tell where it belongs."""
    places: Callable[[Document], set[Place]]
    together = collection.TOGETHER

    pairs = Bundle("pairs")

    def __init__(self) -> None:
        super().__init__()
        self.known: list[Pair] = []
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(collection, "TOGETHER", self.together)

    def teardown(self) -> None:
        try:
            self.every_bucket_is_what_a_scan_finds()
        finally:
            self.patch.undo()

    @initialize(target=pairs, data=st.data())
    def start(self, data: DataObject) -> Pair:
        documents = data.draw(st.lists(self.documents(), unique_by=lambda document: document["id"], max_size=8))
        return self._known(Pair(Collection(self.kind, documents), {document["id"]: document for document in documents}))

    @rule(target=pairs, pair=pairs)
    def copy(self, pair: Pair) -> Pair:
        return self._known(Pair(pair.collection.copy(), dict(pair.model)))

    @rule(pair=pairs, data=st.data())
    def add(self, pair: Pair, data: DataObject) -> None:
        document = data.draw(self.documents())
        if document["id"] in pair.model:
            with pytest.raises(ValueError, match="is taken"):
                pair.collection.add(document)
        else:
            pair.collection.add(document)
            pair.model[document["id"]] = document

    @rule(pair=pairs, data=st.data())
    def update(self, pair: Pair, data: DataObject) -> None:
        document = data.draw(self.documents())
        if document["id"] in pair.model:
            record = pair.collection.update(document["id"], lambda _: document)
            pair.model[document["id"]] = document
            assert record.document() == document
        else:
            with pytest.raises(NotFound):
                pair.collection.update(document["id"], lambda _: document)

    @rule(pair=pairs, data=st.data())
    def update_one_several_times(self, pair: Pair, data: DataObject) -> None:
        for id_ in list(pair.model)[:1]:
            for document in data.draw(st.lists(self.documents(id_), min_size=2, max_size=3)):
                pair.collection.update(id_, lambda _, document=document: document)  # type: ignore[misc]
                pair.model[id_] = document

    @rule(pair=pairs, data=st.data())
    def update_to_what_is_forbidden(self, pair: Pair, data: DataObject) -> None:
        for id_ in pair.model:
            wrong = data.draw(self.forbidden())
            with pytest.raises((ValueError, TypeError)):
                pair.collection.update(id_, lambda document, wrong=wrong: document | wrong)  # type: ignore[misc]

    @rule(pair=pairs)
    def update_that_raises_after_it_has_changed_its_copy(self, pair: Pair) -> None:
        def change(document: Document) -> Document:
            document.clear()
            raise Stop

        for id_ in pair.model:
            with pytest.raises(Stop):
                pair.collection.update(id_, change)

    @invariant()
    def every_document_is_the_models_in_the_order_in_which_it_came(self) -> None:
        for pair in self.known:
            assert [record.id for record in pair.collection] == list(pair.model)
            for id_ in IDS:
                assert (id_ in pair.collection) == (id_ in pair.model)
                if id_ in pair.model:
                    assert pair.collection.get(id_).document() == pair.model[id_]

    @rule()
    def every_bucket_is_what_a_scan_finds(self) -> None:
        """Not after each step: the index follows when somebody looks, or after some changes."""
        for pair in self.known:
            places = {id_: self.places(document) for id_, document in pair.model.items()}
            for bucket in self.buckets:
                found = sorted((moment, id_) for id_, its in places.items() for name, moment in its if name == bucket)
                entries = list(pair.collection.bucket(bucket))
                assert [entry[:2] for entry in entries] == found
                latest = [pair.collection.get(id_) for _, id_ in found]
                assert pair.collection.records(entries) == latest
                assert pair.collection.bodies(entries) == [record.body for record in latest]

    def _known(self, pair: Pair) -> Pair:
        self.known.append(pair)
        return pair


class TaskMachine(Machine):
    kind = TaskKind(source="target", age="created")
    buckets = (
        *(("all",), ("completed",)),
        *(("completionStatus", value) for value in (None, *map(str.lower, STATUSES))),
        *(("sourceId", value) for value in (None, *SOURCES)),
        *(("type", value) for value in (None, *(name.lower().replace(" ", "_") for name in DEFINITIONS))),
        *(("launcher", value) for value in map(str.lower, LAUNCHERS)),
    )

    def documents(self, id_: str | None = None) -> SearchStrategy[Document]:
        return strategies.tasks(id_)

    def forbidden(self) -> SearchStrategy[Document]:
        return st.sampled_from(
            [{"completionStatus": "DONE"}, {"messages": None}, {"created": None}, {"created": "today"}, {"color": "red"}]
        )

    def places(self, document: Document) -> set[Place]:
        status, target = document["completionStatus"], document.get("target") or {"type": None}
        definition = document.get("taskDefinitionSummary")
        buckets: set[Hashable] = {
            ("all",),
            ("completionStatus", status and status.lower()),
            ("sourceId", target["id"] if target["type"] == "APPLICATION" else None),
            ("type", definition and definition["uniqueName"].lower().replace(" ", "_")),
            ("launcher", document["launcher"].lower()),
            *([] if status is None else [("completed",)]),
        }
        return {(bucket, milliseconds(document["created"])) for bucket in buckets}


class WorkItemMachine(Machine):
    kind = WorkItemKind()
    buckets = tuple(WorkItemKind.bucket(is_open=is_open, owner=owner) for is_open in (True, False) for owner in (None, *OWNERS))

    def documents(self, id_: str | None = None) -> SearchStrategy[Document]:
        return strategies.work_items(id_)

    def forbidden(self) -> SearchStrategy[Document]:
        return st.sampled_from([{"state": "Done"}, {"errors": [1]}, {"state": "Finished", "completed": None}, {"color": "red"}])

    def places(self, document: Document) -> set[Place]:
        is_open = document["state"] == "Pending"
        moment = milliseconds(document["created"] if is_open else document["completed"])
        owners = {None, document["ownerId"]}
        return {(WorkItemKind.bucket(is_open=is_open, owner=owner), moment) for owner in owners}


class FewAtOnce(TaskMachine):
    together = 2


TestCollectionOfTasks = TaskMachine.TestCase
TestCollectionOfWorkItems = WorkItemMachine.TestCase
TestCollectionOfTasksThatMoveInTwos = FewAtOnce.TestCase
for case in (TestCollectionOfTasks, TestCollectionOfWorkItems, TestCollectionOfTasksThatMoveInTwos):
    case.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)


@pytest.fixture
def tasks() -> Collection[Any]:
    return Collection(TaskKind(source="target", age="created"), [TASK])


def test_an_update_is_seen_in_every_bucket_at_once(tasks: Collection[Any]) -> None:
    tasks.update(IDS[0], lambda document: document | {"completionStatus": "ERROR"})

    assert [
        len(tasks.bucket(bucket)) for bucket in (("all",), ("completionStatus", None), ("completed",), ("completionStatus", "error"))
    ] == [1, 0, 1, 1]


def test_a_copy_does_not_see_what_happens_afterwards(tasks: Collection[Any]) -> None:
    twin = tasks.copy()

    tasks.update(IDS[0], lambda document: document | {"progress": "Started"})
    tasks.add(TASK | {"id": IDS[1]})

    assert twin.get(IDS[0]).document() == TASK
    assert IDS[1] not in twin


def test_a_copy_shares_what_neither_side_changes(tasks: Collection[Any]) -> None:
    twin = tasks.copy()

    assert twin.get(IDS[0]) is tasks.get(IDS[0])
    assert twin.bucket(("all",)) is tasks.bucket(("all",))


def test_a_document_that_was_read_can_be_changed_without_changing_the_collection(tasks: Collection[Any]) -> None:
    tasks.get(IDS[0]).document()["messages"].append("changed")

    assert tasks.get(IDS[0]).document() == TASK


def test_a_document_that_the_spec_forbids_is_refused_with_place_and_reason() -> None:
    wrong = TASK | {"target": {"id": SOURCES[0], "type": "PLANET", "name": "Mars"}}

    with pytest.raises(ValueError, match=r"target\.type: \"PLANET\" is not one of"):
        Collection(TaskKind(source="target", age="created"), [wrong])


def test_an_update_that_would_change_the_id_is_refused_and_changes_nothing(tasks: Collection[Any]) -> None:
    with pytest.raises(ValueError, match="id"):
        tasks.update(IDS[0], lambda document: document | {"id": IDS[1]})

    assert tasks.get(IDS[0]).document() == TASK
    assert IDS[1] not in tasks
    assert [entry[:2] for entry in tasks.bucket(("all",))] == [(strategies.START, IDS[0])]


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
