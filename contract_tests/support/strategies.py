"""What hypothesis draws for the rules: JSON, moments, documents of few values, filter expressions and the ways to write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle, product
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from mock_server.conventions import dates
from mock_server.conventions.filters import All, AnyOf, Comparison, Expression, Not

Json = Any
Document = dict[str, Any]

START = 1_767_225_600_000
"""2026-01-01, in milliseconds: the first of the moments that documents have."""

IDS = tuple(f"{number:032x}" for number in range(1, 25))
SOURCES = tuple(f"{number:032x}" for number in range(0xA1, 0xA4))
OWNERS = tuple(f"{number:032x}" for number in range(0xB1, 0xB4))
DEFINITIONS = ("Cloud Account Aggregation", "Cloud Group Aggregation", "Identity Refresh")
STATUSES = ("SUCCESS", "WARNING", "ERROR")
LAUNCHERS = ("System", "lena.fischer", "SLPT.services")

TASK: Document = {
    "id": IDS[0],
    "type": "QUARTZ",
    "uniqueName": "A task",
    "description": "",
    "parentName": None,
    "launcher": "System",
    "created": dates.write(START),
    "modified": None,
    "launched": None,
    "completed": None,
    "completionStatus": None,
    "messages": [],
    "returns": [],
    "attributes": {},
    "progress": None,
    "percentComplete": 0,
}
"""The plainest one: pending, and of no definition or source."""

SUPPORTED = {
    "id": {"operators": ["eq", "in"]},
    "sourceId": {"operators": ["eq", "in"]},
    "completionStatus": {"operators": ["eq", "in", "isnull"]},
    "type": {"operators": ["eq", "in"]},
    "launcher": {"operators": ["eq", "in"]},
}
"""What v2026 lets a client filter by, but for the constants of type."""


def moments() -> SearchStrategy[int]:
    """Every millisecond that has a year of four digits."""
    return st.integers(dates.parse("0001-01-01T00:00:00Z"), dates.parse("9999-12-31T23:59:59.999Z"))


def near_moments() -> SearchStrategy[int]:
    """So few that documents share them."""
    return st.integers(START, START + 9)


def json_values(keys: SearchStrategy[str], max_leaves: int = 8) -> SearchStrategy[Json]:
    numbers = st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 1.5])
    scalars = st.none() | st.booleans() | numbers | st.text(max_size=3)
    return st.recursive(scalars, lambda inner: _containers(keys, inner), max_leaves=max_leaves)


def json_objects(keys: SearchStrategy[str], max_leaves: int = 8) -> SearchStrategy[Document]:
    return st.dictionaries(keys, json_values(keys, max_leaves), max_size=4)


def tasks(id_: str | None = None) -> SearchStrategy[Document]:
    """TaskStatus that the spec allows in every version, of few different values."""
    ids = st.sampled_from(IDS) if id_ is None else st.just(id_)
    return st.builds(_task, ids, st.sampled_from(_TASKS))


def work_items(id_: str | None = None) -> SearchStrategy[Document]:
    """WorkItems that the spec allows in every version, of few different values."""
    ids = st.sampled_from(IDS) if id_ is None else st.just(id_)
    return st.builds(_work_item, ids, st.sampled_from(_WORK_ITEMS))


def collections(documents: Callable[[], SearchStrategy[Document]]) -> SearchStrategy[list[Document]]:
    """Documents of different ids, in any order; mostly enough of them for several pages."""
    few, many = (st.lists(documents(), unique_by=lambda document: document["id"], min_size=least, max_size=least + 9) for least in (0, 10))
    return few | many


def recased(values: Sequence[str]) -> SearchStrategy[str]:
    """One of the values, in upper, lower or its own case."""
    return st.sampled_from(values).flatmap(lambda value: st.sampled_from([value, value.upper(), value.lower()]))


def task_values() -> dict[str, SearchStrategy[str]]:
    """For each field that tasks are filtered by, what finds something and what does not."""
    return {
        "id": recased((*IDS, "nowhere")),
        "sourceId": recased((*SOURCES, "nowhere")),
        "completionStatus": recased((*STATUSES, "TERMINATED", "")),
        "type": recased((*(name.replace(" ", "_") for name in DEFINITIONS), "ACCOUNT_DELETION")),
        "launcher": recased((*LAUNCHERS, "nobody")),
    }


def expressions(values: Mapping[str, SearchStrategy[str]], max_leaves: int = 6) -> SearchStrategy[Expression]:
    """Expressions over these fields, by the operators that the fake evaluates, each with its true depth."""
    return st.recursive(comparisons(values), _composites, max_leaves=max_leaves)


@st.composite
def comparisons(draw: DrawFn, values: Mapping[str, SearchStrategy[str]]) -> Comparison:
    field, operator = draw(st.sampled_from(sorted(values))), draw(st.sampled_from(["eq", "in", "isnull"]))
    if operator == "isnull":
        return Comparison(field, operator)
    most = 1 if operator == "eq" else 3
    return Comparison(field, operator, tuple(draw(st.lists(values[field], min_size=1, max_size=most))))


@st.composite
def texts(draw: DrawFn, expression: Expression) -> str:
    """One of the ways to write an expression: with any white space, and with more parentheses than it needs."""
    gaps = cycle(draw(st.lists(st.sampled_from(["", " ", "  ", "\t", "\n"]), min_size=1, max_size=6)))
    superfluous = cycle(draw(st.lists(st.booleans(), min_size=1, max_size=6)))
    text = next(gaps)
    for token in _tokens(expression, 0, lambda: next(superfluous)):
        gap = next(gaps)
        text += gap or " " if _is_word(text[-1:]) and _is_word(token[0]) else gap
        text += token
    return text + next(gaps)


def quoted(value: str) -> str:
    """As a filter expression writes a string."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def holds(expression: Expression, document: Mapping[str, str | None]) -> bool:
    """Whether an expression holds for a document, field by field: the model that everything else is held to."""
    if isinstance(expression, All):
        return all(holds(part, document) for part in expression.parts)
    if isinstance(expression, AnyOf):
        return any(holds(part, document) for part in expression.parts)
    if isinstance(expression, Not):
        return not holds(expression.part, document)
    value = document[expression.field]
    if expression.operator == "isnull":
        return value is None
    return value is not None and value.lower() in [wanted.lower() for wanted in expression.values]


_MOMENTS = tuple(dates.write(START + number) for number in range(10))
_TARGETS = (None, *product(SOURCES, ("APPLICATION", "IDENTITY")))
_TASKS = tuple(product((None, *STATUSES), _MOMENTS, _TARGETS, (None, *DEFINITIONS), (None, 0, *SOURCES), LAUNCHERS, (True, False)))
_WORK_ITEMS = tuple(product(("Pending", "Finished", "Rejected"), _MOMENTS, _MOMENTS, (None, *OWNERS)))
"""All there are: one choice for a document instead of one for each value makes examples cheap."""


def _task(id_: str, values: tuple[Any, ...]) -> Document:
    status, moment, target, definition, app_id, launcher, has_ended = values
    document: Document = {
        **TASK,
        "id": id_,
        "launcher": launcher,
        "created": moment,
        "completed": moment if has_ended else None,
        "completionStatus": status,
        "attributes": {} if app_id is None else {"appId": app_id},
    }
    if target is not None:
        document["target"] = {"id": target[0], "type": target[1], "name": "A target"}
    if definition is not None:
        summary = {"uniqueName": definition, "description": None, "parentName": definition, "executor": None, "arguments": {}}
        document["taskDefinitionSummary"] = {"id": "1" * 32, **summary}
    return document


def _work_item(id_: str, values: tuple[Any, ...]) -> Document:
    state, created, completed, owner = values
    return {
        "id": id_,
        "requesterId": None,
        "requesterDisplayName": None,
        "ownerId": owner,
        "created": created,
        "modified": None,
        "description": "",
        "state": state,
        "type": "Generic",
        "remediationItems": None,
        "approvalItems": None,
        "name": None,
        "completed": None if state == "Pending" else completed,
        "numItems": None,
        "form": None,
    }


_OR, _AND, _NOT = range(3)
"""How strongly each binds."""


def _containers(keys: SearchStrategy[str], inner: SearchStrategy[Json]) -> SearchStrategy[Json]:
    return st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)


def _composites(inner: SearchStrategy[Expression]) -> SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return (
        several.map(lambda parts: All(parts, _around(*parts)))
        | several.map(lambda parts: AnyOf(parts, _around(*parts)))
        | inner.map(lambda part: Not(part, _around(part)))
    )


def _around(*parts: Expression) -> int:
    return 1 + max(part.depth for part in parts)


def _tokens(expression: Expression, binding: int, parenthesised: Callable[[], bool]) -> list[str]:
    """`binding`: what the surroundings need; an expression that binds less stands in parentheses."""
    if isinstance(expression, Comparison):
        own, tokens = _NOT, _comparison(expression)
    elif isinstance(expression, Not):
        own, tokens = _NOT, ["not", *_tokens(expression.part, _NOT, parenthesised)]
    else:
        own, word = (_AND, "and") if isinstance(expression, All) else (_OR, "or")
        tokens = []
        for part in expression.parts:
            tokens += [word] * bool(tokens) + _tokens(part, own, parenthesised)
    return ["(", *tokens, ")"] if own < binding or parenthesised() else tokens


def _comparison(comparison: Comparison) -> list[str]:
    literals = [quoted(value) for value in comparison.values]
    if comparison.operator != "in":
        return [comparison.field, comparison.operator, *literals]
    listed = [token for literal in literals for token in (",", literal)][1:]
    return [comparison.field, comparison.operator, "(", *listed, ")"]


def _is_word(character: str) -> bool:
    return character.isalnum() or character in tuple("_.-")
