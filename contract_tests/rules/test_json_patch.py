"""JSON Patch, held to RFC 6902 written down naively: the same documents, the same refusals, and all or nothing."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from contract_tests.support.strategies import json_objects, json_values
from mock_server.conventions import json_patch
from mock_server.conventions.errors import BadRequest, IllegalContent, IllegalValue, MissingValue

Json = Any
Operation = dict[str, Any]

KEYS = ("a", "b", "0", "-", "", "~", "/")
ELSEWHERE = ("/zz", "/a/zz", "/-", "/a/-", "/a/00", "/a/-1", "/a/1.0", "/a/0x", "/a/\u0660", "/~2", "/~", "a", " /a")

keys = st.sampled_from(KEYS)
documents = json_objects(keys)
values = json_values(keys, max_leaves=3)


@st.composite
def patches(draw: DrawFn) -> tuple[Json, list[Operation]]:
    """A document and operations that mostly name places in it."""
    document = draw(documents)
    there = st.sampled_from([pointer for pointer, _ in places(document)])
    new = st.tuples(there, keys | st.sampled_from(["1", "2"])).map(lambda place: f"{place[0]}/{escaped(place[1])}")
    pointers = there | new | st.sampled_from(ELSEWHERE)
    tests = st.sampled_from([{"op": "test", "path": pointer, "value": value} for pointer, value in places(document)])
    plain = st.builds(
        lambda op, path, value: {"op": op, "path": path, "value": value}, st.sampled_from(["add", "replace"]), pointers, values
    )
    removals = st.builds(lambda path: {"op": "remove", "path": path}, pointers)
    moves = st.builds(
        lambda op, from_, path: {"op": op, "from": from_, "path": path}, st.sampled_from(["move", "copy"]), pointers, pointers
    )
    wrong_tests = st.builds(lambda path, value: {"op": "test", "path": path, "value": value}, pointers, values)
    return document, draw(st.lists(tests | plain | removals | moves | wrong_tests, max_size=4))


@given(patch=patches())
def test_a_patch_does_what_the_standard_says(patch: tuple[Json, list[Operation]]) -> None:
    document, operations = patch

    assert outcome(json_patch.apply, document, operations) == outcome(naively_patched, document, operations)


@given(patch=patches())
def test_a_patch_leaves_the_document_that_it_is_applied_to_as_it_was(patch: tuple[Json, list[Operation]]) -> None:
    document, operations = patch
    before = json.dumps(document)

    outcome(json_patch.apply, document, operations)

    assert json.dumps(document) == before


@given(document=documents, other=documents)
def test_a_test_holds_for_the_document_itself_and_for_no_other(document: Json, other: Json) -> None:
    assert json_patch.apply(document, [{"op": "test", "path": "", "value": copy.deepcopy(document)}]) == document
    if not equal(document, other):
        with pytest.raises(IllegalContent, match="test operation does not hold"):
            json_patch.apply(document, [{"op": "test", "path": "", "value": other}])


@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [value], lambda value: {"b": [value]}])
@pytest.mark.parametrize(("value", "other"), [(1, True), (True, 1), (0, False), (1, "1"), (None, False), ("", None)])
def test_a_test_compares_types(wrap: Any, value: Json, other: Json) -> None:
    with pytest.raises(IllegalContent):
        json_patch.apply({"a": wrap(value)}, [{"op": "test", "path": "/a", "value": wrap(other)}])


@pytest.mark.parametrize(("value", "other"), [(1, 1.0), (True, True), (None, None), ([{"b": 1}], [{"b": 1.0}])])
def test_a_test_compares_numbers_by_value(value: Json, other: Json) -> None:
    assert json_patch.apply({"a": value}, [{"op": "test", "path": "/a", "value": other}]) == {"a": value}


def test_one_operation_that_fails_undoes_those_before_it() -> None:
    document = {"a": 1, "b": [1]}
    operations: list[Operation] = [
        {"op": "replace", "path": "/a", "value": 2},
        {"op": "add", "path": "/b/-", "value": 2},
        {"op": "remove", "path": "/c"},
    ]

    with pytest.raises(IllegalContent):
        json_patch.apply(document, operations)

    assert document == {"a": 1, "b": [1]}


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        ({"op": "add", "path": "/a"}, "value"),
        ({"op": "replace", "path": "/a"}, "value"),
        ({"op": "test", "path": "/a"}, "value"),
        ({"op": "move", "path": "/a"}, "from"),
        ({"op": "copy", "path": "/a"}, "from"),
    ],
)
def test_an_operation_without_what_it_needs_is_named(operation: Operation, field: str) -> None:
    with pytest.raises(MissingValue, match=rf'"\[1\]\.{field}"'):
        json_patch.demand_members([{"op": "remove", "path": "/a"}, operation])


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "copy", "from": "/list/-", "path": "/a"},
        {"op": "move", "from": "/list/-", "path": "/a"},
        {"op": "remove", "path": "/list/-"},
        {"op": "replace", "path": "/list/-", "value": 1},
        {"op": "test", "path": "/list/-", "value": 1},
    ],
)
def test_nothing_stands_behind_the_end_of_an_array(operation: Operation) -> None:
    with pytest.raises(IllegalContent):
        json_patch.apply({"list": [1], "a": None}, [operation])


def test_a_value_may_be_null() -> None:
    assert json_patch.apply({"a": 1}, [{"op": "replace", "path": "/a", "value": None}]) == {"a": None}


@pytest.mark.parametrize("value", [[], "text", 1, None])
def test_a_patch_that_leaves_no_object_is_refused(value: Json) -> None:
    with pytest.raises(IllegalContent, match="does not leave an object"):
        json_patch.apply({"a": 1}, [{"op": "replace", "path": "", "value": value}])


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/progress", "value": "x"},
        {"op": "add", "path": "/completed/x", "value": "x"},
        {"op": "remove", "path": ""},
        {"op": "add", "path": "/Completed", "value": None},
        {"op": "copy", "from": "/completed", "path": "/progress"},
        {"op": "move", "from": "/progress", "path": "/completed"},
        {"op": "move", "from": "/completed", "path": "/progress"},
    ],
)
def test_an_operation_that_would_change_another_place_is_refused_by_its_number(operation: Operation) -> None:
    operations = [{"op": "replace", "path": "/completed", "value": None}, operation]

    with pytest.raises(IllegalValue, match=r'"\[1\]\.path".* Only /completed can be changed\.$'):
        json_patch.refuse_other_paths(operations, ["/completed"])


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/progress", "value": "Started"},
        {"op": "copy", "from": "/progress", "path": "/completed"},
        {"op": "move", "from": "/completionStatus", "path": "/completed"},
        {"op": "remove", "path": "/completed"},
    ],
)
def test_an_operation_may_look_at_any_place_and_change_the_named_ones(operation: Operation) -> None:
    json_patch.refuse_other_paths([operation], ["/completed", "/completionStatus"])


@given(patch=patches(), changeable=st.sets(keys.map(lambda key: f"/{escaped(key)}"), min_size=1))
def test_a_patch_that_is_not_refused_changes_the_named_places_only(patch: tuple[Json, list[Operation]], changeable: set[str]) -> None:
    document, operations = patch
    try:
        json_patch.refuse_other_paths(operations, changeable)
        changed = json_patch.apply(document, operations)
    except BadRequest:
        return

    kept = [key for key in document.keys() | changed.keys() if f"/{escaped(key)}" not in changeable]
    assert all(equal(document.get(key, ...), changed.get(key, ...)) for key in kept)


class Refused(Exception):
    """An operation that the standard does not let pass."""


def outcome(apply: Any, document: Json, operations: list[Operation]) -> str:
    """The patched document as text, which tells 1, 1.0 and true apart, or that it was refused."""
    try:
        return json.dumps(apply(document, operations), sort_keys=True)
    except (IllegalContent, Refused):
        return "refused"


def naively_patched(document: Json, operations: list[Operation]) -> Json:
    whole = {"": copy.deepcopy(document)}  # so that the document itself stands somewhere
    for operation in operations:
        apply_one(whole, operation)
    if not isinstance(whole.get(""), dict):
        raise Refused
    return whole[""]


def apply_one(whole: Json, operation: Operation) -> None:
    path = tokens(operation["path"])
    if operation["op"] == "test":
        if not equal(found(whole, path), operation["value"]):
            raise Refused
    elif operation["op"] == "move":
        move(whole, tokens(operation["from"]), path)
    elif operation["op"] == "remove":
        take(whole, path)
    elif operation["op"] == "replace":
        take(whole, path) if path[1:] else found(whole, path)
        put(whole, path, operation["value"])
    else:
        put(whole, path, copy.deepcopy(found(whole, tokens(operation["from"])) if operation["op"] == "copy" else operation["value"]))


def move(whole: Json, source: list[str], path: list[str]) -> None:
    if path[: len(source)] == source != path:
        raise Refused
    moved = found(whole, source)
    if source != path:
        take(whole, source)
        put(whole, path, moved)


def tokens(pointer: str) -> list[str]:
    """Below `whole`. RFC 6901."""
    if re.fullmatch(r"(/([^~/]|~[01])*)*", pointer) is None:
        raise Refused
    return [token.replace("~1", "/").replace("~0", "~") for token in ("/" + pointer if pointer else "/").split("/")[1:]]


def found(node: Json, path: list[str]) -> Json:
    for token in path:
        node = node[key_in(node, token)]
    return node


def put(whole: Json, path: list[str], value: Json) -> None:
    parent = found(whole, path[:-1])
    if isinstance(parent, dict):
        parent[path[-1]] = value
    elif isinstance(parent, list):
        parent.insert(len(parent) if path[-1] == "-" else position(path[-1], len(parent)), value)
    else:
        raise Refused


def take(whole: Json, path: list[str]) -> Json:
    """The document itself can be taken by nothing: no operation may come after that."""
    if not path[1:]:
        raise Refused
    parent = found(whole, path[:-1])
    key = key_in(parent, path[-1])
    return parent.pop(key)


def key_in(node: Json, token: str) -> str | int:
    """The key of what is there."""
    if isinstance(node, dict) and token in node:
        return token
    if isinstance(node, list):
        return position(token, len(node) - 1)
    raise Refused


def position(token: str, last: int) -> int:
    if re.fullmatch("0|[1-9][0-9]*", token) is None or int(token) > last:
        raise Refused
    return int(token)


def equal(one: Json, other: Json) -> bool:
    """RFC 6902 section 4.6: the same type, numbers by value."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    is_number = [isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other)]
    return bool(one == other) and (type(one) is type(other) or all(is_number))


def places(node: Json, pointer: str = "") -> list[tuple[str, Json]]:
    """Every place of a document, and what stands there."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    below = [place for key, member in members for place in places(member, f"{pointer}/{escaped(str(key))}")]
    return [(pointer, node), *below]


def escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
