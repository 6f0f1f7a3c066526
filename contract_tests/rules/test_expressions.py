"""The harness' filter expressions: their text says what they mean, judged by the fake's own reading of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from contract_tests.harness import expressions, fuzzing
from contract_tests.harness.expressions import NEVER, Both, Comparison, Expression, Not
from contract_tests.harness.inventory import field_of
from contract_tests.harness.paths import operations
from contract_tests.support import strategies
from mock_server.contract import VERSIONS
from mock_server.conventions import filters
from mock_server.conventions.errors import IllegalValue

Json = Any

FIELDS: dict[str, Any] = {
    version: next(parameter for parameter in operations(version)["getTaskStatusList"].parameters if parameter["name"] == "filters")[
        "x-isc-filters"
    ]
    for version in VERSIONS
    if "getTaskStatusList" in operations(version)
}

versions = st.sampled_from(sorted(FIELDS))

texts = st.sampled_from(["SUCCESS", "error", "a", 'a "quoted" \\ value', "(", ") or (", "\n"]) | st.text('aB"\\ ()', max_size=4)


def documents() -> st.SearchStrategy[Json]:
    """Tasks, and some that lack what tasks have."""
    return strategies.tasks() | strategies.tasks().map(lambda task: {key: value for key, value in task.items() if key[0] > "d"})


def known(tasks: list[Json]) -> dict[str, list[str]]:
    names = {name for fields in FIELDS.values() for name in fields}
    return {name: [value for task in tasks if (value := field_of(task, name)) is not None] for name in names}


def parsed(text: str, version: str) -> filters.Expression:
    """As the fake reads it; what it does not support is refused."""
    expression = filters.parse(text)
    filters.check(expression, FIELDS[version])
    return expression


def matches(text: str, version: str, document: Json) -> bool:
    return filters.matches(parsed(text, version), lambda name: field_of(document, name))


@given(version=versions, tasks=st.lists(documents(), min_size=1, max_size=5), data=st.data())
def test_an_expression_holds_for_what_its_text_finds(version: str, tasks: list[Json], data: DataObject) -> None:
    expression = data.draw(expressions.supported(FIELDS[version], known(tasks)))

    for task in tasks:
        assert expression.holds(task) == matches(expression.text(), version, task), expression.text()


@given(
    expression=st.recursive(
        st.builds(lambda name, value: Comparison(name, "eq", (value,)), st.sampled_from(["id", "launcher"]), texts)
        | st.builds(lambda values: Comparison("launcher", "in", tuple(values)), st.lists(texts, min_size=1, max_size=3))
        | st.builds(Comparison, st.just("launcher"), st.just("isnull")),
        lambda inner: st.builds(Not, inner) | st.builds(Both, st.sampled_from(["and", "or"]), inner, inner),
        max_leaves=6,
    ),
    document=st.fixed_dictionaries({"id": texts, "launcher": st.none() | texts}),
)
def test_parentheses_and_quotes_keep_what_is_meant(expression: Expression, document: Json) -> None:
    text = expression.text()

    assert filters.matches(filters.parse(text), document.get) == expression.holds(document)


@given(version=versions, data=st.data())
def test_every_invalid_text_is_refused(version: str, data: DataObject) -> None:
    text = data.draw(expressions.invalid(FIELDS[version]))

    with pytest.raises(IllegalValue):
        parsed(text, version)


@given(version=versions, tasks=st.lists(strategies.tasks(), max_size=5))
def test_the_simplest_are_one_for_each_field_and_operator(version: str, tasks: list[Json]) -> None:
    simplest = expressions.simplest(FIELDS[version], known(tasks))

    assert [(one.field, one.operator) for one in simplest if isinstance(one, Comparison)] == [
        (name, operator) for name, support in FIELDS[version].items() for operator in support["operators"]
    ]
    for one in simplest:
        parsed(one.text(), version)


@given(version=versions, tasks=st.lists(strategies.tasks(), min_size=1, max_size=5))
def test_the_simplest_look_for_what_there_is(version: str, tasks: list[Json]) -> None:
    values = known(tasks)

    for one in expressions.simplest(FIELDS[version], values):
        assert isinstance(one, Comparison)
        if one.values != (NEVER,) and one.operator != "isnull" and set(one.values) <= set(values[one.field]):
            assert any(one.holds(task) for task in tasks)


@given(version=versions, values=st.lists(texts.filter(str.strip), max_size=3), data=st.data())
def test_what_schemathesis_draws_is_supported(version: str, values: list[str], data: DataObject) -> None:
    parsed(data.draw(fuzzing.supported_filters(FIELDS[version], values)), version)


@given(data=st.data())
def test_sorters_are_names_up_and_down(data: DataObject) -> None:
    drawn = data.draw(fuzzing.sorters(["created", "name"]))

    assert drawn in {"created", "name", "-created", "-name"}


@given(value=st.text(max_size=20))
def test_a_quoted_value_is_read_as_it_was(value: str) -> None:
    assert filters.parse(f"id eq {expressions.quoted(value)}") == filters.Comparison("id", "eq", (value,))


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (Comparison("id", "eq", ('a"b\\c',)), r'id eq "a\"b\\c"'),
        (Comparison("id", "in", ("a", "b")), 'id in ("a", "b")'),
        (Comparison("id", "isnull"), "id isnull"),
        (Not(Comparison("id", "isnull")), "not (id isnull)"),
        (
            Both("and", Both("or", Comparison("a", "isnull"), Comparison("b", "isnull")), Comparison("c", "isnull")),
            "(a isnull or b isnull) and c isnull",
        ),
        (
            Both("and", Both("and", Comparison("a", "isnull"), Comparison("b", "isnull")), Comparison("c", "isnull")),
            "a isnull and b isnull and c isnull",
        ),
    ],
)
def test_the_text_of_an_expression(expression: Expression, text: str) -> None:
    assert expression.text() == text


def test_null_equals_nothing_and_is_null() -> None:
    assert not Comparison("launcher", "eq", ("null",)).holds({"launcher": None})
    assert Comparison("launcher", "isnull").holds({})
    assert Not(Comparison("launcher", "eq", ("a",))).holds({"launcher": None})
