"""Filters and sorters of the task list, judged by what must come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import hypothesis
from hypothesis.strategies import SearchStrategy

from contract_tests.harness import expressions
from contract_tests.harness.expressions import Comparison, Expression, Not
from contract_tests.harness.inventory import PAGE
from contract_tests.harness.laws import Case
from contract_tests.harness.paths import operations

Json = Any
T = TypeVar("T")

NAME = "getTaskStatusList"


def filters_select(case: Case) -> None:
    """A filter's answer is what the whole list has of it, in the list's order."""
    if not _applies(case):
        return
    fields, values = _fields(case), {name: case.inventory.values(name) for name in _fields(case)}
    for expression in expressions.simplest(fields, values):
        _select(case, expression)
    _drawn(case, expressions.supported(fields, values), lambda expression: _select(case, expression))


def invalid_filters_are_refused(case: Case) -> None:
    if _applies(case):
        _drawn(case, expressions.invalid(_fields(case)), lambda text: _refuse(case, text))


def sorters_sort(case: Case) -> None:
    """By creation, both ways, with the same documents; any other sorter is a 400."""
    if not _applies(case):
        return
    for sorter in ("created", "-created"):
        case.caller.begin()
        page = case.caller.get(NAME, sorters=sorter, limit=PAGE)
        if not isinstance(page, list):
            continue
        moments = [moment for task in page if (moment := _moment(task)) is not None]
        if moments != sorted(moments, reverse=sorter.startswith("-")):
            case.caller.broken(
                "sorters", NAME, sorter, f"sorters={sorter} orders by the date of creation", f"{len(page)} documents, not in this order"
            )
        is_one_page = case.inventory.whole["tasks"] and len(case.inventory.tasks) <= PAGE
        if is_one_page and set(case.inventory.ids(page)) != set(case.inventory.ids(case.inventory.tasks)):
            came = f"{len(page)} documents instead of {len(case.inventory.tasks)}"
            case.caller.broken("sorters", NAME, f"{sorter} loses", "sorting leaves nothing out", came)
    for sorter in ("name", "-uniqueName", "created,nonsense", "+created", "created desc"):
        case.caller.begin()
        if case.caller.call(NAME, sorters=sorter).answer.status != 400:
            case.caller.broken("sorters", NAME, "unsupported", "an unsupported sorter is refused with 400")


def filter_and_sorter_go_together(case: Case) -> None:
    """As clients ask for the history of a source: filtered, newest first, the first few."""
    sources = case.inventory.values("sourceId") if _applies(case) else []
    if not sources or not case.inventory.whole["tasks"]:
        return
    case.caller.begin()
    expression = Comparison("sourceId", "eq", (sources[0],))
    page = case.caller.get(NAME, filters=expression.text(), sorters="-created", limit=2, count=True)
    chosen = [task for task in case.inventory.tasks if expression.holds(task) and _moment(task) is not None]
    chosen.sort(key=lambda task: _moment(task) or _BEGINNING, reverse=True)
    if not isinstance(page, list) or len({_moment(task) for task in chosen}) < len(chosen):
        return
    total = case.caller.last[-1].answer.header("X-Total-Count")
    if (case.inventory.ids(page), total) != (case.inventory.ids(chosen)[:2], str(len(chosen))):
        says = "filter, sorter, limit and count work together: the newest of what is selected, and how many are"
        case.caller.broken("filters", NAME, "together", says, f"{len(page)} documents, X-Total-Count {total}; selected are {len(chosen)}")


LAWS = (filters_select, invalid_filters_are_refused, sorters_sort, filter_and_sorter_go_together)


def _applies(case: Case) -> bool:
    return case.caller.has(NAME) and bool(_fields(case))


def _fields(case: Case) -> dict[str, Any]:
    parameters = {parameter["name"]: parameter for parameter in operations(case.caller.version)[NAME].parameters}
    fields: dict[str, Any] = parameters["filters"]["x-isc-filters"]
    return fields


def _select(case: Case, expression: Expression) -> None:
    case.caller.begin()
    page = case.caller.get(NAME, filters=expression.text(), limit=PAGE)
    if not isinstance(page, list):
        return
    got = [task["id"] for task in page if isinstance(task, dict) and "id" in task]
    expected = [task["id"] for task in case.inventory.tasks if "id" in task and expression.holds(task)]
    wrong = got != expected[:PAGE] if case.inventory.whole["tasks"] else not all(expression.holds(task) for task in page)
    if wrong:
        came = f"{len(got)} documents, where {len(expected)} of the whole list fit"
        case.caller.broken("filters", NAME, _kind(expression), "a filter selects what it says, and nothing else", came)


def _moment(task: Json) -> datetime | None:
    """Of its creation: tenants write one moment in several ways."""
    try:
        moment = datetime.fromisoformat(task["created"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_BEGINNING = datetime.min.replace(tzinfo=UTC)


def _kind(expression: Expression) -> str:
    """Field and operator of a comparison; of anything larger only that it is one."""
    if isinstance(expression, Comparison):
        return f"{expression.field} {expression.operator}"
    return "not" if isinstance(expression, Not) else expression.word


def _refuse(case: Case, text: str) -> None:
    case.caller.begin()
    if case.caller.call(NAME, filters=text).answer.status != 400:
        case.caller.broken("filters", NAME, "invalid", "an expression, field or operator that is not supported is refused with 400")


def _drawn(case: Case, strategy: SearchStrategy[T], tried: Callable[[T], None]) -> None:
    """The same cases for the same seed."""
    settings = hypothesis.settings(
        max_examples=case.examples,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.seed(case.seed)(settings(hypothesis.given(strategy)(tried)))()
