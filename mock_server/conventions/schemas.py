"""Whether a value is what the spec describes: schemas compiled once, mistakes told with their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from mock_server import contract


class Schema:
    """A schema of a composed document, or what several versions say of the same thing, all of which must hold."""

    def __init__(self, schemas: Iterable[Mapping[str, Any]]) -> None:
        distinct = {orjson.dumps(schema, option=orjson.OPT_SORT_KEYS): schema for schema in schemas}
        # One validator for all of them: a work item, of four different schemas, takes 1.7 µs instead of 2.3.
        together = {"allOf": [_apart(schema, f"urn:isc:{number}") for number, schema in enumerate(distinct.values())]}
        # jsonschema-rs is some 150 times faster than jsonschema on a list of 50 documents.
        self._validator = jsonschema_rs.Draft4Validator(together, validate_formats=True)
        self.holds: Callable[[Any], bool] = self._validator.is_valid

    def mistakes(self, value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Place (the keys that lead to it) and reason of each mistake, once."""
        told = set()
        for error in self._validator.iter_errors(value):
            place, keyword, message = tuple(error.instance_path), error.schema_path[-1], _told(error)
            # Versions differ in the values of an enum, and so in the words about one that is none of them.
            fact = (place, keyword if keyword == "enum" else message)
            if fact not in told:
                told.add(fact)
                yield place, message


def _apart(schema: Mapping[str, Any], id_: str) -> dict[str, Any]:
    """By a name of its own, so that its references are to its own components. Draft 4 wants nothing beside a `$ref`."""
    plain = {key: value for key, value in schema.items() if key != "components"}
    return {"id": id_, "allOf": [plain], "components": schema.get("components", {})}


def component(name: str, versions: Iterable[str] = contract.VERSIONS) -> Schema:
    """What every version says of a component; keys that no version describes are mistakes."""
    return _component(name, tuple(versions))


@cache
def _component(name: str, versions: tuple[str, ...]) -> Schema:
    """Compiled once: up to 5 ms, which each scenario and each replaced state took again."""
    documents = [contract.compose(version) for version in versions]
    return Schema(
        contract.json_schema(document, {"$ref": f"#/components/schemas/{name}"}, closed=True)
        for document in documents
        if name in document["components"]["schemas"]
    )


@cache
def control_component(name: str) -> Schema:
    """A component of spec/control.yaml, where the shapes of fixtures are."""
    return Schema([contract.json_schema(contract.load("control.yaml"), {"$ref": f"#/components/schemas/{name}"})])


def place(keys: Iterable[str | int]) -> str:
    """`("approvalItems", 0, "state")` → `approvalItems[0].state`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")


def _told(error: jsonschema_rs.ValidationError) -> str:
    """In the library's words, which leave out most values of an enum."""
    if not isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Enum):
        return _shortened(error.message)
    options = ", ".join(orjson.dumps(option).decode() for option in error.kind.options)
    return f"{_shortened(orjson.dumps(error.instance).decode(), 100)} is not one of {options}"


def _shortened(message: str, limit: int = 300) -> str:
    return message if len(message) <= limit else f"{message[:limit]}…"
