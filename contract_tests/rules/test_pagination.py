"""Pages: joined, they are the list, whatever the limit."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.support import strategies
from contract_tests.support.client import operations
from contract_tests.support.strategies import OWNERS, START, Document, collections, near_moments
from mock_server import contract
from mock_server.conventions.filters import Comparison
from mock_server.conventions.replies import Reply
from mock_server.operations.calls import Call
from mock_server.operations.work_items import get_completed_work_items, list_work_items
from mock_server.state.clock import Clock
from mock_server.state.collection import Collection
from mock_server.state.kinds import TaskKind, WorkItemKind
from mock_server.state.people import Identities
from mock_server.state.selection import select
from mock_server.state.tenant import State, Tenant, TenantSettings
from mock_server.state.tokens import Caller

List = Callable[..., Reply]

task_kind, work_item_kind = TaskKind("target", "created"), WorkItemKind()
compiling = settings(deadline=None, max_examples=80)  # the first example compiles the schemas
limits = st.integers(1, 30)
filters = st.none() | st.just(Comparison("completionStatus", "isnull")) | st.just(Comparison("launcher", "in", ("System", "lena.fischer")))
every_order = pytest.mark.parametrize("newest_first", [True, False])
every_list = pytest.mark.parametrize(
    ("listed", "name", "assumption"),
    [(list_work_items, "listWorkItems", "open-order"), (get_completed_work_items, "getCompletedWorkItems", "completed-order")],
)


@every_order
@compiling
@given(documents=collections(strategies.tasks), expression=filters, since=st.just(0) | near_moments(), limit=limits)
def test_pages_of_tasks_joined_are_the_list(
    documents: list[Document], expression: Comparison | None, since: int, limit: int, newest_first: bool
) -> None:
    selection = select(Collection(task_kind, documents), expression, holds="all", since=since)

    joined = read_all(lambda offset: [record.id for record in selection.page(offset, limit, newest_first=newest_first)], limit)

    assert joined == [record.id for record in selection.page(0, 1000, newest_first=newest_first)]
    assert len(joined) == selection.total()


@every_list
@every_order
@compiling
@given(documents=collections(strategies.work_items), owner=st.none() | st.sampled_from(OWNERS), limit=limits)
def test_pages_of_work_items_joined_are_the_list(
    documents: list[Document], owner: str | None, limit: int, newest_first: bool, listed: List, name: str, assumption: str
) -> None:
    call = administrators_call(name, documents, **{assumption: "newest-first" if newest_first else "oldest-first"})

    joined = read_all(lambda offset: orjson.loads(listed(call, limit, offset, False, owner).body), limit)

    assert joined == scan(documents, owner, name == "listWorkItems", newest_first)


@every_list
@compiling
@given(documents=collections(strategies.work_items), offset=st.integers(0, 30), limit=st.integers(0, 30))
def test_every_page_of_work_items_tells_the_length_of_the_list_when_asked(
    documents: list[Document], offset: int, limit: int, listed: List, name: str, assumption: str
) -> None:
    call = administrators_call(name, documents)

    asked, unasked = (listed(call, limit, offset, count, None).headers for count in (True, False))

    assert asked == {"X-Total-Count": str(len(scan(documents, None, name == "listWorkItems", newest_first=False)))}
    assert unasked == {}


@every_list
@every_order
@compiling
@given(documents=collections(strategies.work_items), offset=st.integers(0, 30), limit=st.integers(0, 30))
def test_a_page_of_work_items_is_a_slice_of_the_list(
    documents: list[Document], offset: int, limit: int, newest_first: bool, listed: List, name: str, assumption: str
) -> None:
    call = administrators_call(name, documents, **{assumption: "newest-first" if newest_first else "oldest-first"})

    page = orjson.loads(listed(call, limit, offset, False, None).body)

    assert page == scan(documents, None, name == "listWorkItems", newest_first)[offset : offset + limit]


def read_all(page: Callable[[int], list[Any]], limit: int) -> list[Any]:
    """As the paginators of the vendor's SDKs read: page after page, until one is shorter than the limit."""
    joined = []
    for offset in itertools.count(step=limit):
        found = page(offset)
        joined += found
        if len(found) < limit:
            return joined
    raise AssertionError


def scan(documents: list[Document], owner: str | None, is_open: bool, newest_first: bool) -> list[Document]:
    chosen = [item for item in documents if (item["state"] == "Pending") == is_open and owner in (None, item["ownerId"])]
    return sorted(chosen, key=lambda item: (item["created" if is_open else "completed"], item["id"]), reverse=newest_first)


def administrators_call(name: str, work_items: list[Document], **assumed: str) -> Call:
    """A call of a tenant that has these work items and nothing else."""
    assumptions = {assumption.id: assumption.default for assumption in contract.assumptions().values()}
    state = State(Identities({}), {}, {}, {}, Collection(work_item_kind, work_items), Collection(task_kind))
    tenant = Tenant(TenantSettings("example", "1" * 32, "pod", assumptions | assumed), state, Clock())
    caller = Caller(tenant, "2" * 32, "3" * 32, "somebody", frozenset({"ORG_ADMIN"}), frozenset({"sp:scopes:all"}), START)
    return Call(tenant, caller, operations("v2024")[name])
