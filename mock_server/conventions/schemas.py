"""Whether a value is what the spec describes: schemas compiled once, mistakes told with their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from mock_server import contract


class Schema:
    """A schema of a composed document, or what several versions say of the same thing, all of which must hold."""

    def __init__(self, schemas: Iterable[Mapping[str, Any]]) -> None:
        distinct = {orjson.dumps(schema, option=orjson.OPT_SORT_KEYS): schema for schema in schemas}
        # jsonschema-rs is some 150 times faster than jsonschema on a list of 50 documents.
        self._validators = [jsonschema_rs.Draft4Validator(dict(schema), validate_formats=True) for schema in distinct.values()]

    def holds(self, value: Any) -> bool:
        for validator in self._validators:  # noqa: SIM110 - `all` with a generator took twice as long
            if not validator.is_valid(value):
                return False
        return True

    def mistakes(self, value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Place (the keys that lead to it) and reason of each mistake, once."""
        told = set()
        for validator in self._validators:
            for error in validator.iter_errors(value):
                place, keyword, message = tuple(error.instance_path), error.schema_path[-1], _told(error)
                # Versions differ in the values of an enum, and so in the words about one that is none of them.
                fact = (place, keyword if keyword == "enum" else message)
                if fact not in told:
                    told.add(fact)
                    yield place, message


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
