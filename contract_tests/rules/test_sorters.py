"""The sorter syntax: fields, each perhaps descending, and what is refused with which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from mock_server.conventions import sorters
from mock_server.conventions.errors import IllegalValue
from mock_server.conventions.sorters import Sorter

FIELDS = ("created", "modified", "name")

gaps = st.sampled_from(["", " ", "  "])


@given(wanted=st.lists(st.builds(Sorter, st.sampled_from(FIELDS), st.booleans()), max_size=4), data=st.data())
def test_what_is_written_is_what_is_meant(wanted: list[Sorter], data: DataObject) -> None:
    written = [f"{data.draw(gaps)}{'-' if one.descending else ''}{one.field}{data.draw(gaps)}" for one in wanted]

    assert sorters.parse(",".join(written), FIELDS) == tuple(wanted)


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_text_sorts_by_nothing(text: str) -> None:
    assert sorters.parse(text, FIELDS) == ()


@pytest.mark.parametrize(
    ("text", "field"), [("color", "color"), ("created,-color", "color"), ("Created", "Created"), ("--created", "-created")]
)
def test_a_field_that_is_not_supported_is_named_with_those_that_are(text: str, field: str) -> None:
    with pytest.raises(IllegalValue, match=rf'"sorters" .* Sorting by "{field}" is not supported; supported: created, modified, name\.$'):
        sorters.parse(text, FIELDS)


@pytest.mark.parametrize("text", [",", "created,", ",created", "created,,name", "-", "- created", "created desc"])
def test_what_is_no_list_of_fields_is_refused(text: str) -> None:
    with pytest.raises(IllegalValue):
        sorters.parse(text, FIELDS)


@given(text=st.text() | st.lists(st.sampled_from([*FIELDS, "-", ",", " "]), max_size=6).map("".join))
def test_any_text_is_a_list_of_sorters_or_an_illegal_value(text: str) -> None:
    try:
        parsed = sorters.parse(text, FIELDS)
    except IllegalValue:
        return

    assert {sorter.field for sorter in parsed} <= set(FIELDS)
