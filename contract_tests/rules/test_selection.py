"""What a filter selects, by the index or not, held to filtering a plain list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.support import strategies
from contract_tests.support.strategies import START, Document, collections, expressions, near_moments, task_values
from mock_server.conventions.filters import Comparison, Expression
from mock_server.state.collection import Collection, Record
from mock_server.state.kinds import TaskFields, TaskKind
from mock_server.state.selection import Selection, select

documents = collections(strategies.tasks)
filters = expressions(task_values())
places = st.sampled_from(["all", "completed", "pending"])
sources = st.sampled_from(["target", "attributes"])
kinds = {source: TaskKind(source, age="created") for source in ("target", "attributes")}
compiling = settings(deadline=None, max_examples=150)  # the first example compiles the schemas
every_order = pytest.mark.parametrize("newest_first", [True, False])


@every_order
@compiling
@given(documents=documents, expression=st.none() | filters, holds=places, source=sources, since=st.none() | near_moments())
def test_a_selection_is_what_filtering_every_task_finds(
    documents: list[Document], expression: Expression | None, holds: str, source: str, since: int | None, newest_first: bool
) -> None:
    selection = select(collection(documents, source), expression, holds=holds, since=since or 0)

    expected = scan(documents, expression, holds, source, since or 0)
    assert whole(selection, newest_first) == (expected[::-1] if newest_first else expected)


@compiling
@given(documents=documents, expression=st.none() | filters, holds=places, since=st.none() | near_moments())
def test_the_total_is_the_length_of_the_whole_selection(
    documents: list[Document], expression: Expression | None, holds: str, since: int | None
) -> None:
    selection = select(collection(documents), expression, holds=holds, since=since or 0)

    assert selection.total() == len(scan(documents, expression, holds, "target", since or 0))


@every_order
@compiling
@given(
    documents=documents,
    expression=st.none() | filters,
    since=st.none() | near_moments(),
    offset=st.integers(0, 30),
    limit=st.integers(0, 30),
)
def test_a_page_is_a_slice_of_the_whole_selection(
    documents: list[Document], expression: Expression | None, since: int | None, offset: int, limit: int, newest_first: bool
) -> None:
    selection = select(collection(documents), expression, holds="all", since=since or 0)

    page = [record.id for record in selection.page(offset, limit, newest_first=newest_first)]

    assert page == whole(selection, newest_first)[offset : offset + limit]


@pytest.mark.parametrize("field", ["id", "launcher"])
def test_a_task_is_selected_once_however_often_its_value_is_named(field: str) -> None:
    document = strategies.TASK | {"id": "a" * 32, "launcher": "lena.fischer"}
    expression = Comparison(field, "in", (document[field], document[field].upper(), document[field]))

    selection = select(collection([document]), expression, holds="all")

    assert whole(selection, newest_first=True) == [document["id"]]
    assert selection.total() == 1


@compiling
@given(documents=documents, expression=st.none() | filters, holds=places)
def test_further_conditions_hold_beside_the_filter(documents: list[Document], expression: Expression | None, holds: str) -> None:
    def has_even_id(record: Record[TaskFields]) -> bool:
        return int(record.id, 16) % 2 == 0

    selection = select(collection(documents), expression, holds=holds, also=(has_even_id,))

    expected = [id_ for id_ in scan(documents, expression, holds, "target", 0) if int(id_, 16) % 2 == 0]
    assert whole(selection, newest_first=False) == expected
    assert selection.total() == len(expected)


def collection(documents: list[Document], source: str = "target") -> Collection[TaskFields]:
    return Collection(kinds[source], documents)


def whole(selection: Selection, newest_first: bool) -> list[str]:
    return [record.id for record in selection.page(0, 1000, newest_first=newest_first)]


def scan(documents: list[Document], expression: Expression | None, holds: str, source: str, since: int) -> list[str]:
    """The ids, oldest first."""
    chosen = [
        (milliseconds(document["created"]), document["id"])
        for document in documents
        if (holds == "all" or (document["completionStatus"] is None) == (holds == "pending"))
        and (expression is None or strategies.holds(expression, seen_by_filters(document, source)))
    ]
    return [id_ for moment, id_ in sorted(chosen) if moment >= since]


def seen_by_filters(document: Document, source: str) -> dict[str, str | None]:
    definition = document.get("taskDefinitionSummary")
    target: dict[str, Any] = document.get("target") or {"type": None}
    app_id = document["attributes"].get("appId")
    by_source = {
        "target": target["id"] if target["type"] == "APPLICATION" else None,
        "attributes": app_id if isinstance(app_id, str) else None,
    }
    return {
        "id": document["id"],
        "completionStatus": document["completionStatus"],
        "launcher": document["launcher"],
        "sourceId": by_source[source],
        "type": definition and definition["uniqueName"].replace(" ", "_"),
    }


def milliseconds(text: str) -> int:
    return START + round((datetime.fromisoformat(text) - datetime.fromisoformat("2026-01-01T00:00:00Z")).total_seconds() * 1000)
