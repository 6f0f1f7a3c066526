"""Schemas: jsonschema-rs on what contract.json_schema makes of a component, held to a validator that knows OpenAPI 3.0."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, DrawFn
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from contract_tests.support.strategies import START, json_values
from mock_server import contract
from mock_server.contract import VERSIONS
from mock_server.conventions import schemas
from mock_server.conventions.schemas import Schema
from mock_server.state.fixtures import load

Json = Any

COMPONENTS = [
    (version, name)
    for version in VERSIONS
    for name in ("WorkItems", "TaskStatus", "JsonPatchOperation", "ErrorResponseDto")
    if name in contract.compose(version)["components"]["schemas"]
]

ODD: tuple[Json, ...] = (
    None,
    True,
    0,
    -1,
    2**31,
    -(2**31) - 1,
    1.5,
    "",
    "x",
    [],
    {},
    [None],
    ["x"],
    [1],
    [{}],
    {"id": "x"},
    {"name": None},
    {"formItems": [{}]},
)
DATES = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123+01:00", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01 00:00", "yesterday")
WORDS = (
    "Pending",
    "Rejected",
    "pending",
    "PolicyViolation",
    "PolicyVioloation",
    "Unknown",
    "QUARTZ",
    "ERROR",
    "IDENTITY",
    "DEFAULT",
    "add",
)

odd_values = st.sampled_from((*ODD, *DATES, *WORDS)).map(copy.deepcopy) | json_values(
    st.sampled_from(["id", "name", "state", "value", "x"])
)


@cache
def real_documents(name: str) -> list[Json]:
    """What the default tenant answers."""
    if name == "JsonPatchOperation":
        return [{"op": "replace", "path": "/completed", "value": None}, {"op": "move", "path": "/a", "from": "/b"}]
    if name == "ErrorResponseDto":
        return [contract.compose("v2024")["components"]["examples"]["NotFound"]["value"]]
    _, state = load(None, None, {}, START)
    collection: Any = state.work_items if name == "WorkItems" else state.tasks
    return [record.document() for record in collection]


@st.composite
def mutants(draw: DrawFn, name: str) -> Json:
    """A real document with up to three things gone, added or turned into something else."""
    document = copy.deepcopy(draw(st.sampled_from(real_documents(name))))
    for _ in range(draw(st.integers(0, 3))):
        holders = [node for node in nodes(document) if node]
        holder = draw(st.sampled_from(holders)) if holders else document
        key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder)))) if holder else None
        change = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if change == "replace" and key is not None:
            holder[key] = draw(odd_values)
        elif change == "remove" and key is not None:
            del holder[key]
        elif isinstance(holder, dict):
            holder["color"] = draw(odd_values)
    return document


def openapi_schemas() -> st.SearchStrategy[Json]:
    """Schemas as spec/ writes them: nullable beside a type, and null among the values of a nullable enumeration."""
    typed = st.builds(
        lambda name, nullable: {"type": name, "nullable": nullable},
        st.sampled_from(["string", "integer", "boolean", "array", "object"]),
        st.booleans(),
    )
    enumerations = [{"type": "string", "enum": ["", "a"]}, {"type": "string", "nullable": True, "enum": ["", None]}]
    return st.recursive(typed | st.sampled_from([*enumerations, {}, {"$ref": "#/components/schemas/Leaf"}]), schemas_around, max_leaves=4)


def schemas_around(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    objects = st.fixed_dictionaries(
        {"type": st.just("object"), "nullable": st.booleans(), "properties": st.dictionaries(st.sampled_from("ab"), inner)},
        optional={"additionalProperties": st.booleans() | inner, "required": st.just(["a"])},
    )
    arrays = st.fixed_dictionaries({"type": st.just("array"), "nullable": st.booleans(), "items": inner})
    several = st.dictionaries(st.sampled_from(["allOf", "anyOf", "oneOf"]), st.lists(inner, min_size=1, max_size=2), min_size=1, max_size=1)
    return objects | arrays | several | st.fixed_dictionaries({"not": inner})


def instances(schema: Json) -> st.SearchStrategy[Json]:
    """What comes near to a schema, and null."""
    near: st.SearchStrategy[Json] = st.sampled_from(["", "a", 1, True, [], {}]).map(copy.deepcopy)
    inner = [member for key in ("allOf", "anyOf", "oneOf") for member in schema.get(key, ())]
    if inner or "not" in schema:
        near = st.one_of([near, *map(instances, inner or [schema["not"]])])
    elif "items" in schema:
        near = st.lists(instances(schema["items"]), min_size=1, max_size=2)
    elif "properties" in schema:
        more = schema.get("additionalProperties")
        known = {key: instances(member) for key, member in schema["properties"].items()}
        near = st.fixed_dictionaries({}, optional={**known, "c": instances(more if isinstance(more, dict) else {})})
    return st.none() | near | near


@pytest.mark.parametrize(("version", "name"), COMPONENTS)
@settings(deadline=None, max_examples=40)  # the first example loads the fixtures
@given(data=st.data())
def test_the_verdict_is_that_of_an_openapi_validator(version: str, name: str, data: DataObject) -> None:
    value = data.draw(mutants(name) | odd_values)

    verdict = plain(version, name).holds(value)

    assert verdict == openapi_validator(version, name).is_valid(value)


@pytest.mark.parametrize(("version", "name"), COMPONENTS)
def test_real_documents_hold(version: str, name: str) -> None:
    schema = schemas.component(name, [version])

    assert all(schema.holds(document) for document in real_documents(name))


@pytest.mark.parametrize("name", ["WorkItems", "TaskStatus"])
@settings(deadline=None)  # as above
@given(data=st.data())
def test_a_value_holds_if_and_only_if_there_is_no_mistake_in_it(name: str, data: DataObject) -> None:
    value = data.draw(mutants(name))
    schema = strict(name)

    mistakes = list(schema.mistakes(value))

    assert schema.holds(value) == (not mistakes)
    assert len(mistakes) == len(set(mistakes))


@pytest.mark.parametrize("name", ["WorkItems", "TaskStatus"])
@settings(deadline=None)  # as above
@given(data=st.data())
def test_a_component_holds_if_and_only_if_it_does_in_every_version(name: str, data: DataObject) -> None:
    value = data.draw(mutants(name))

    assert strict(name).holds(value) == all(strict(name, version).holds(value) for version, other in COMPONENTS if other == name)


@pytest.mark.parametrize("name", ["WorkItems", "TaskStatus"])
@settings(deadline=None)  # as above
@given(data=st.data())
def test_a_closed_schema_refuses_whatever_the_open_one_does(name: str, data: DataObject) -> None:
    value = data.draw(mutants(name))

    assert plain("v2024", name).holds(value) or not strict(name, "v2024").holds(value)


@pytest.mark.parametrize("where", [(), ("target",), ("messages", 0), ("messages", 0, "localizedText"), ("taskDefinitionSummary",)])
def test_a_key_that_no_version_describes_is_a_mistake_at_its_place(where: tuple[str | int, ...]) -> None:
    task = next(one for one in real_documents("TaskStatus") if one["messages"] and "target" in one and "taskDefinitionSummary" in one)
    task = copy.deepcopy(task)
    node = task
    for key in where:
        node = node[key]
    node["color"] = "red"

    assert [(keys, "color" in why) for keys, why in strict("TaskStatus").mistakes(task)] == [(where, True)]


@pytest.mark.parametrize("key", ["attributes", "taskDefinitionSummary.arguments"])
def test_a_free_form_object_takes_any_key(key: str) -> None:
    task = copy.deepcopy(next(one for one in real_documents("TaskStatus") if "taskDefinitionSummary" in one))
    node = task
    for part in key.split("."):
        node = node[part]
    node["color"] = {"any": ["thing"]}

    assert strict("TaskStatus").holds(task)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1])
def test_an_int32_has_32_bits(value: int) -> None:
    item = real_documents("WorkItems")[0]

    assert [keys for keys, _ in strict("WorkItems").mistakes(item | {"numItems": value})] == [("numItems",)]


@given(schema=openapi_schemas(), data=st.data())
def test_the_verdict_is_an_openapi_validators_for_any_schema(schema: Json, data: DataObject) -> None:
    value = data.draw(instances(schema))
    document = {"components": {"schemas": {"Leaf": {"type": "string", "nullable": True}}}}

    verdict = Schema([contract.json_schema(document, schema)]).holds(value)

    assert verdict == OAS30Validator({**schema, **document}).is_valid(value)


def test_a_schema_that_refers_to_itself_is_told_once() -> None:
    schema = contract.json_schema(contract.compose("v2024"), {"$ref": "#/components/schemas/SectionDetails"})

    assert set(schema["components"]["schemas"]) == {"SectionDetails", "FieldDetails"}


def test_making_a_schema_leaves_the_document_as_it_was() -> None:
    document = copy.deepcopy(contract.compose("v2024"))

    contract.json_schema(document, {"$ref": "#/components/schemas/TaskStatus"}, closed=True)

    assert document == contract.compose("v2024")


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ((), ""),
        (("state",), "state"),
        (("approvalItems", 0, "state"), "approvalItems[0].state"),
        ((0, "op"), "[0].op"),
        (("a", 1, 2), "a[1][2]"),
    ],
)
def test_a_place_is_written_as_people_write_it(keys: tuple[str | int, ...], text: str) -> None:
    assert schemas.place(keys) == text


def test_what_versions_say_of_an_enumeration_in_different_words_is_told_once() -> None:
    assert [keys for keys, _ in strict("WorkItems").mistakes({"state": "Asleep", "type": "Nap"})] == [("state",), ("type",)]


def test_a_long_reason_is_shortened() -> None:
    ((_, why),) = Schema([{"type": "integer"}]).mistakes("x" * 10_000)

    assert len(why) < 400
    assert why.endswith("…")


@cache
def plain(version: str, name: str) -> Schema:
    document = contract.compose(version)
    return Schema([contract.json_schema(document, {"$ref": f"#/components/schemas/{name}"})])


@cache
def strict(name: str, *versions: str) -> Schema:
    return schemas.component(name, versions or VERSIONS)


@cache
def openapi_validator(version: str, name: str) -> Any:
    components = contract.compose(version)["components"]
    return OAS30Validator({"$ref": f"#/components/schemas/{name}", "components": components}, format_checker=oas30_format_checker)


def nodes(value: Json) -> list[Json]:
    """Every object and array in it, itself included."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict | list) else []
    return own + [node for member in members for node in nodes(member)]
