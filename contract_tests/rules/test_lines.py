"""JSON with one item a line: read by lines where that gives the same, and whole where it would not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.support.folders import ITEM, Folder, small
from contract_tests.support.strategies import json_objects
from mock_server.state.lines import Lines

mappings = st.lists(json_objects(st.text(max_size=3)), min_size=1, max_size=5)


@given(mappings, st.sampled_from(["\n", "\r\n", " \n\t"]))
def test_one_item_a_line_is_what_the_whole_is(items: list[object], end: str) -> None:
    content = written(items, end)

    lines = Lines.of(content)

    assert lines is not None
    assert list(lines) == orjson.loads(content) == list(lines)


@given(mappings, st.data())
def test_whatever_is_read_by_lines_is_json(items: list[object], data: st.DataObject) -> None:
    content = written(items, "\n")
    at = data.draw(st.integers(0, len(content)))
    odd = content[:at] + data.draw(st.sampled_from([b"", b"\n", b",", b"]", b"[", b"}", b" ", b"\x0c", b"\xff", b"1"])) + content[at + 1 :]

    lines = Lines.of(odd)

    assert lines is None or list(lines) == orjson.loads(odd)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"[\n]\n",
        b'[{"a": 1}]',
        b'[\n{"a": 1},\n]\n',
        b'[\n{"a": 1}\n{"a": 2}\n]\n',
        b'[\n{"a": 1},{"a": 2}\n]\n',
        b'[\n{"a": 1}\n',
        b'[\n{"a": 1}\n]\n[]',
        b'[\n{"a": 1},\n2\n]\n',
        b'{"merge": [\n{"a": 1}\n]}\n',
    ],
)
def test_any_other_form_is_not_read_by_lines(content: bytes) -> None:
    assert Lines.of(content) is None


def test_a_folder_reads_the_same_items_in_either_form(tmp_path: Path) -> None:
    items = [{**ITEM, "id": f"{number:032x}"} for number in range(3)]

    by_lines = tenant(tmp_path / "lines", written(items, "\n")).work_items()
    whole = tenant(tmp_path / "whole", orjson.dumps(items)).work_items()

    assert by_lines == whole
    assert len(by_lines) == 3


def test_mistakes_in_lines_are_told_with_their_places(tmp_path: Path) -> None:
    items = [ITEM, {**ITEM, "id": "f3" * 16, "color": "red"}, ITEM]

    mistakes = tenant(tmp_path, written(items, "\n")).mistakes()

    assert mistakes == [
        f"work-items.json: item 2 (id {'f3' * 16}): Additional properties are not allowed ('color' was unexpected)",
        f"work-items.json: item 3 (id {ITEM['id']}): id: {ITEM['id']} is taken by {tmp_path}/work-items.json: item 1 (id {ITEM['id']})",
    ]


def tenant(path: Path, work_items: bytes) -> Folder:
    folder = small(path).write("work-items.json", work_items)
    (path / "work-items.yaml").unlink()
    return folder


def written(items: Sequence[object], end: str) -> bytes:
    return f"[{end}".encode() + f",{end}".encode().join(map(orjson.dumps, items)) + f"{end}]{end}".encode()
