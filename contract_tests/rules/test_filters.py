"""The filter syntax: what an expression means however it is written, and what is refused with which words."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from contract_tests.support import strategies
from contract_tests.support.strategies import SUPPORTED, expressions, quoted, texts
from mock_server.conventions import filters
from mock_server.conventions.errors import IllegalValue
from mock_server.conventions.filters import MAX_DEPTH, Comparison, Expression

names = st.sampled_from(["id", "type", "launcher", "source.id", "_x", "a-b", "isnull", "and1", "order"])
values = st.text(alphabet='aBß"\\ ()\n', max_size=4)
any_expression = expressions(dict.fromkeys(["id", "type", "launcher"], values))
documents = st.fixed_dictionaries(dict.fromkeys(["id", "type", "launcher"], st.none() | values))


def matches(expression: Expression, **document: str | None) -> bool:
    return filters.matches(expression, document.get)


@given(expression=any_expression, document=documents, data=st.data())
def test_what_is_written_is_what_is_meant(expression: Expression, document: dict[str, str | None], data: DataObject) -> None:
    text = data.draw(texts(expression))

    assert matches(filters.parse(text), **document) == strategies.holds(expression, document)


@given(field=names, value=values, data=st.data())
def test_any_text_can_be_compared_with(field: str, value: str, data: DataObject) -> None:
    text = data.draw(texts(Comparison(field, "eq", (value,))))

    assert filters.parse(text) == Comparison(field, "eq", (value,))


@given(value=st.text(max_size=20))
def test_quotes_and_backslashes_are_escaped_by_a_backslash(value: str) -> None:
    assert filters.parse(f"id eq {quoted(value)}") == Comparison("id", "eq", (value,))


@given(value=st.text(alphabet="abcABC-_ 12"), other=st.text(alphabet="abcABC-_ 12"))
def test_strings_are_compared_without_regard_to_case(value: str, other: str) -> None:
    comparison = Comparison("id", "eq", (value,))

    assert matches(comparison, id=value.swapcase())
    assert matches(comparison, id=other) == (value.lower() == other.lower())


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ('id eq "a" or id eq "b" and id isnull', 'id eq "a" or (id eq "b" and id isnull)'),
        ('id eq "a" and id isnull or id eq "b"', '(id eq "a" and id isnull) or id eq "b"'),
        ('not id eq "a" and id eq "b"', '(not id eq "a") and id eq "b"'),
        ('not id eq "a" or id eq "b"', '(not id eq "a") or id eq "b"'),
        ('not not id eq "a"', 'not (not id eq "a")'),
    ],
)
def test_not_binds_before_and_and_before_or(text: str, meaning: str) -> None:
    assert filters.parse(text) == filters.parse(meaning)


@pytest.mark.parametrize(
    ("text", "field", "operator", "wanted"),
    [
        ('completionStatus eq"ERROR"', "completionStatus", "eq", ("ERROR",)),
        ('type in ("A", "B")', "type", "in", ("A", "B")),
        ('type in("A","B")', "type", "in", ("A", "B")),
        ("completionStatus isnull", "completionStatus", "isnull", ()),
        ("pr completionStatus", "completionStatus", "pr", ()),
        ('name sw "A"', "name", "sw", ("A",)),
        ('names ca ("A")', "names", "ca", ("A",)),
        ('\tid\neq   "a"  ', "id", "eq", ("a",)),
    ],
)
def test_a_comparison_is_field_operator_and_values(text: str, field: str, operator: str, wanted: tuple[str, ...]) -> None:
    assert filters.parse(text) == Comparison(field, operator, wanted)


@pytest.mark.parametrize("literal", ["true", "false", "7", "-1.5", "2026-01-31", "2026-01-31T10:00:00.000Z", "2026-01-31T10:00+01:00"])
def test_text_must_stand_in_quotes_to_be_compared_with(literal: str) -> None:
    expression = filters.parse(f"id eq {literal}")

    with pytest.raises(IllegalValue, match='"id" is compared with text in double quotes'):
        filters.check(expression, SUPPORTED)


@pytest.mark.parametrize(
    "text",
    [
        *('id EQ "a"', 'id Eq "a"', 'id IN ("a")', "id ISNULL", "PR id", 'NOT id eq "a"'),
        *("id isnull AND id isnull", "id isnull OR id isnull", "id isnull And id isnull"),
    ],
)
def test_operators_are_lower_case(text: str) -> None:
    assert filters.parse(text.lower())
    with pytest.raises(IllegalValue):
        filters.check(filters.parse(text), SUPPORTED)


@pytest.mark.parametrize(
    ("text", "operator"),
    [('id EQ "a"', "EQ"), ('id like "x"', "like"), ('id IN ("a", "b")', "IN"), ("id ISNULL", "ISNULL"), ("id eqtrue", "eqtrue")],
)
def test_a_word_that_is_no_operator_is_named_with_those_that_are_supported(text: str, operator: str) -> None:
    with pytest.raises(IllegalValue, match=rf'Operator "{operator}" is not supported for "id"; supported: eq, in'):
        filters.check(filters.parse(text), SUPPORTED)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 1),
        ("id", 3),
        ("id eq", 6),
        ("id eq a", 7),
        ('id eq "a', 7),
        ('id eq "a\\b"', 7),
        ('id eq "a" and', 14),
        ('id eq "a" id eq "b"', 11),
        ('(id eq "a"', 11),
        ('id eq "a")', 10),
        ("id in ()", 8),
        ('id in ("a",)', 12),
        ('id eq ("a")', 7),
        ("id eq 'a'", 7),
        ("id like x", 9),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_place(text: str, place: int) -> None:
    with pytest.raises(IllegalValue, match=rf'"filters" .* makes no sense at character {place}\.$'):
        filters.parse(text)


@pytest.mark.parametrize("field", ["notes", "notid", "progress", "prid", "orderId", "android", "inner", "isnull", "eq"])
def test_a_field_may_begin_like_an_operator(field: str) -> None:
    assert filters.parse(f'{field} eq "a"') == Comparison(field, "eq", ("a",))
    assert filters.parse(f'not {field} eq "a" and {field} isnull') == filters.parse(f'(not ({field} eq "a")) and ({field} isnull)')


@pytest.mark.parametrize("text", ['id eq "a" andid eq "b"', 'id eq "a" ortype eq "b"', 'id isnulland type eq "a"', 'id eq 5or id eq "a"'])
def test_words_that_run_together_are_refused(text: str) -> None:
    with pytest.raises(IllegalValue):
        filters.parse(text)


@given(expression=expressions({"id": values, "color": values, "source.name": values}))
def test_a_field_that_is_not_supported_is_named_with_those_that_are(expression: Expression) -> None:
    supported = {"id": {"operators": ["eq", "in", "isnull"]}}
    others = [one.field for one in comparisons(expression) if one.field != "id"]

    if not others:
        filters.check(expression, supported)
        return

    with pytest.raises(IllegalValue, match=rf'Filtering by "{others[0]}" is not supported; supported: id\.$'):
        filters.check(expression, supported)


@pytest.mark.parametrize("operator", ["ne", "gt", "ge", "lt", "le", "co", "sw"])
@pytest.mark.parametrize(("field", "names"), [("id", "eq, in"), ("completionStatus", "eq, in, isnull")])
def test_an_operator_that_is_not_supported_is_named_with_those_that_are(operator: str, field: str, names: str) -> None:
    expression = filters.parse(f'id eq "a" or not {field} {operator} "a"')

    with pytest.raises(IllegalValue, match=rf'Operator "{operator}" is not supported for "{field}"; supported: {names}\.$'):
        filters.check(expression, SUPPORTED)


@pytest.mark.parametrize(("text", "operator"), [("id isnull", "isnull"), ("pr id", "pr"), ('id ca ("a")', "ca")])
def test_an_operator_of_another_form_is_named_as_well(text: str, operator: str) -> None:
    with pytest.raises(IllegalValue, match=rf'Operator "{operator}" is not supported for "id"; supported: eq, in\.$'):
        filters.check(filters.parse(text), SUPPORTED)


@pytest.mark.parametrize("field", SUPPORTED)
def test_what_is_supported_passes(field: str) -> None:
    for text in (f'{field} eq "a"', f'{field} in ("a", "b")', f'not ({field} eq "a" and {field} eq "b") or {field} eq "c"'):
        filters.check(filters.parse(text), SUPPORTED)


@given(expression=any_expression, field=st.sampled_from(["id", "type", "launcher"]))
def test_the_values_of_a_field_are_found_wherever_they_stand(expression: Expression, field: str) -> None:
    found = list(filters.values_of(expression, field))

    assert found == [value for one in comparisons(expression) if one.field == field for value in one.values]


words = st.sampled_from(
    [
        "id",
        "type",
        " ",
        "eq",
        "in",
        "isnull",
        "pr",
        "and",
        "or",
        "not",
        "(",
        ")",
        ",",
        '"a"',
        '"',
        "\\",
        "5",
        "true",
        "2026-01-01",
        "é",
        "\0",
    ]
)


@given(text=st.text() | st.lists(words, max_size=12).map("".join) | st.lists(words, max_size=12).map(" ".join))
def test_any_text_is_an_expression_or_an_illegal_value(text: str) -> None:
    with contextlib.suppress(IllegalValue):
        filters.check(filters.parse(text), SUPPORTED)


def test_an_expression_may_be_nested_as_deep_as_the_limit_and_no_deeper() -> None:
    deepest = "not " * (MAX_DEPTH - 1) + "id isnull"

    assert matches(filters.parse(deepest), id=None) == (MAX_DEPTH % 2 == 1)
    with pytest.raises(IllegalValue, match=f"nested more than {MAX_DEPTH} deep"):
        filters.parse(f"not {deepest}")


def test_composites_count_as_depth_and_parentheses_do_not() -> None:
    deepest = 'id eq "a"'
    for number in range(MAX_DEPTH - 1):
        deepest = f'((({deepest}))) {"and" if number % 2 else "or"} id eq "b"'

    assert matches(filters.parse(deepest), id="b")
    with pytest.raises(IllegalValue, match="deep"):
        filters.parse(f"({deepest}) and id isnull")


@pytest.mark.parametrize(
    "text", ["(" * 5000 + "id isnull" + ")" * 5000, " and ".join(["id isnull"] * 5000), "id in (" + '"a",' * 5000 + '"b")']
)
def test_an_expression_may_be_long(text: str) -> None:
    expression = filters.parse(text)

    assert matches(expression, id=None) != matches(expression, id="b")


@pytest.mark.parametrize("text", ["(" * 5000, "not " * 5000 + "id isnull", "(not " * 5000 + "id isnull" + ")" * 5000])
def test_no_depth_is_more_than_an_illegal_value(text: str) -> None:
    with pytest.raises(IllegalValue):
        filters.parse(text)


def comparisons(expression: Expression) -> list[Comparison]:
    """From left to right."""
    if isinstance(expression, Comparison):
        return [expression]
    parts = (expression.part,) if isinstance(expression, filters.Not) else expression.parts
    return [found for part in parts for found in comparisons(part)]
