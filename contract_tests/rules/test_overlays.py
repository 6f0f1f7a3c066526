"""Overlays: what each kind of action does to a document, and which mistakes in spec/ are told how."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.support.strategies import json_objects
from mock_server import contract
from mock_server.contract import VERSIONS, ContractError, Document

Json = Any

keys = st.sampled_from(["a", "b", "c"])
objects = json_objects(keys)


def overlaid(document: Document, *actions: Json) -> Document:
    document = copy.deepcopy(document)
    contract.apply_overlay(document, {"actions": copy.deepcopy(list(actions))}, "overlays/test.yaml")
    return document


def merged(old: Json, new: Json) -> Json:
    """What the Overlay standard says of `update`."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: merged(old[key], new[key]) if key in old and key in new else (new | old)[key] for key in {**old, **new}}
    if isinstance(old, list):
        return [*old, *(new if isinstance(new, list) else [new])]
    return new


@given(document=objects, update=objects)
def test_an_update_of_the_document_merges_objects_and_appends_to_arrays(document: Json, update: Json) -> None:
    assert overlaid(document, {"target": "$", "update": update}) == merged(document, update)


@given(documents=st.lists(objects, min_size=1, max_size=3), update=objects)
def test_an_update_of_several_targets_happens_to_each_of_them(documents: list[Json], update: Json) -> None:
    document = {"list": documents, "other": copy.deepcopy(documents)}

    assert overlaid(document, {"target": "$.list[*]", "update": update}) == {
        "list": [merged(one, update) for one in documents],
        "other": documents,
    }


def test_targets_share_nothing_of_an_update() -> None:
    document = overlaid(
        {"a": {"x": {}}, "b": {"x": {}}},
        {"target": "$[*]", "update": {"x": {"tags": ["one"]}}},
        {"target": "$.a.x.tags", "update": ["two"]},
        {"target": "$.a.x", "update": {"more": 1}},
    )

    assert document == {"a": {"x": {"tags": ["one", "two"], "more": 1}}, "b": {"x": {"tags": ["one"]}}}


def test_an_update_leaves_the_overlay_as_it_was() -> None:
    overlay = {"actions": [{"target": "$", "update": {"a": {"b": [1]}}}, {"target": "$.a", "update": {"b": [2]}}]}
    before = copy.deepcopy(overlay)

    contract.apply_overlay({}, overlay, "overlays/test.yaml")

    assert overlay == before


@pytest.mark.parametrize(("update", "expected"), [([3, 4], [1, 2, 3, 4]), (3, [1, 2, 3]), ({"a": 1}, [1, 2, {"a": 1}])])
def test_an_update_of_an_array_is_appended(update: Json, expected: Json) -> None:
    assert overlaid({"list": [1, 2]}, {"target": "$.list", "update": update}) == {"list": expected}


def test_an_update_of_a_value_takes_its_place() -> None:
    assert overlaid({"a": {"b": 1}}, {"target": "$.a.b", "update": "new"}) == {"a": {"b": "new"}}


@given(numbers=st.lists(st.integers(0, 5), min_size=1, max_size=8), gone=st.integers(0, 5))
def test_elements_of_an_array_are_removed_wherever_they_stand(numbers: list[int], gone: int) -> None:
    action = {"target": f"$.list[?@ == {gone}]", "remove": True}

    if gone in numbers:
        assert overlaid({"list": numbers}, action) == {"list": [number for number in numbers if number != gone]}
    else:
        with pytest.raises(ContractError, match="selects nothing"):
            overlaid({"list": numbers}, action)


@given(document=objects)
def test_what_stands_in_something_that_is_removed_as_well_does_no_harm(document: Json) -> None:
    def without(node: Json) -> Json:
        if isinstance(node, dict):
            return {key: without(value) for key, value in node.items() if key != "a"}
        return [without(value) for value in node] if isinstance(node, list) else node

    assert overlaid({**document, "a": None}, {"target": "$..a", "remove": True}) == without(document)


def test_members_are_removed_by_name() -> None:
    assert overlaid({"a": {"x": 1, "y": 2, "z": 3}}, {"target": "$.a['x', 'z']", "remove": True}) == {"a": {"y": 2}}


@pytest.mark.parametrize("remove", [False, None])
def test_nothing_is_removed_unless_it_says_true(remove: bool | None) -> None:
    assert overlaid({"a": 1}, {"target": "$.a", "remove": remove}) == {"a": 1}


def test_a_copy_is_merged_into_its_target_and_shares_nothing_with_its_source() -> None:
    document = overlaid(
        {"source": {"tags": [1], "more": {"a": 1}}, "target": {"old": True}},
        {"target": "$.target", "copy": "$.source"},
        {"target": "$.source", "update": {"tags": [2], "more": {"b": 2}}},
    )

    assert document == {
        "source": {"tags": [1, 2], "more": {"a": 1, "b": 2}},
        "target": {"old": True, "tags": [1], "more": {"a": 1}},
    }


def test_a_path_is_renamed_by_an_empty_place_a_copy_and_a_removal() -> None:
    item = {"get": {"operationId": "getItem", "responses": {"200": {"description": "It."}}}}

    document = overlaid(
        {"paths": {"/items/{id}": item}},
        {"target": "$.paths", "update": {"/items/v1/{id}": {}}},
        {"target": "$.paths['/items/v1/{id}']", "copy": "$.paths['/items/{id}']"},
        {"target": "$.paths['/items/{id}']", "remove": True},
        {"target": "$..[?@.operationId == 'getItem']", "update": {"operationId": "getItemV1"}},
    )

    assert document == {"paths": {"/items/v1/{id}": {"get": {**item["get"], "operationId": "getItemV1"}}}}


@pytest.mark.parametrize(
    "action",
    [
        {"target": "$.paths['/c']", "update": {}},
        {"target": "$.paths['/c']", "remove": True},
        {"target": "$.paths[?@.x == 2]", "remove": True},
        {"target": "$.paths['/a']", "copy": "$.paths['/c']"},
    ],
)
def test_a_target_that_selects_nothing_is_refused_with_file_action_and_path(action: Json) -> None:
    first = {"target": "$.paths['/a']", "update": {"x": 2}}

    with pytest.raises(ContractError, match=r"^spec/overlays/test\.yaml: action 2 \(\$\.paths.*\): \$\.paths.* selects nothing$"):
        overlaid({"paths": {"/a": {}}}, first, {**action, "target": action["target"].replace("@.x == 2", "@.x == 3")})


@pytest.mark.parametrize("target", ["", "paths", "$.paths[", "$.paths[?]", "$['a' 'b']"])
def test_a_target_that_is_no_json_path_is_refused_with_file_and_action(target: str) -> None:
    with pytest.raises(ContractError, match=r"^spec/overlays/test\.yaml: action 1 \("):
        overlaid({"paths": {}}, {"target": target, "remove": True})


def test_a_copy_of_several_sources_is_refused_with_file_and_action() -> None:
    with pytest.raises(ContractError, match=r"^spec/overlays/test\.yaml: action 1 \(\$\.a\)"):
        overlaid({"a": {}, "b": [{}, {}]}, {"target": "$.a", "copy": "$.b[*]"})


@pytest.mark.parametrize("version", ["v4", "", "V3", "2024"])
def test_an_unknown_version_is_refused_with_those_that_there_are(version: str) -> None:
    with pytest.raises(ContractError, match=f"there is no version '{version}': choose from {', '.join(VERSIONS)}"):
        contract.compose(version)


def test_v2024_is_the_document_itself() -> None:
    assert contract.compose("v2024") == contract.load("openapi.yaml")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_composed_document_shares_nothing_with_the_one_it_is_made_of(version: str) -> None:
    own = contract.compose(version)
    ids = {id(node) for node in nodes(contract.load("openapi.yaml"))}

    assert not [node for node in nodes(own) if id(node) in ids]


def test_the_version_of_v1_stands_behind_the_service_in_every_path() -> None:
    described = {
        path.replace("/work-items", "/work-items/v1").replace("/task-status", "/task-status/v1")
        for path in contract.compose("v2024")["paths"]
    }

    assert set(contract.compose("v1")["paths"]) == described - {"/task-status/v1/pending-tasks"}


def nodes(value: Json) -> list[Json]:
    """Every object and array in it, itself included."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict | list) else []
    return own + [node for member in members for node in nodes(member)]
