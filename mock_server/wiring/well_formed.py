"""Whether a document is OpenAPI, by connexion's own schema of it, but in a fraction of the time.

connexion 3.3 goes through the schema with jsonschema, in Python, which was a quarter of the time until the fake answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import jsonschema_rs
from connexion.exceptions import InvalidSpecification
from connexion.spec import OpenAPISpecification

from mock_server import contract


@contextmanager
def checked_fast() -> Iterator[None]:
    """What connexion loads within the block; it has no other door for this."""
    slow = OpenAPISpecification.__dict__.get("_validate_spec")
    OpenAPISpecification._validate_spec = staticmethod(check)  # noqa: SLF001 - see above
    try:
        yield
    finally:
        if slow is None:
            del OpenAPISpecification._validate_spec  # noqa: SLF001 - the parent's again
        else:
            OpenAPISpecification._validate_spec = slow  # noqa: SLF001 - as above


def check(document: contract.Document) -> None:
    """Raises InvalidSpecification: it is no OpenAPI, or a default is not what its schema says."""
    for error in _openapi().iter_errors(document):
        raise InvalidSpecification(f"{list(error.instance_path)}: {error.message}")
    for schema in _with_defaults(document):
        for error in jsonschema_rs.Draft4Validator(contract.json_schema(document, schema)).iter_errors(schema["default"]):
            raise InvalidSpecification(f"a default is not what its schema says: {error.message}")


@cache
def _openapi() -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft4Validator(OpenAPISpecification.openapi_schema)


def _with_defaults(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        if "default" in node and isinstance(node.get("type"), str):
            yield node
        for value in node.values():
            yield from _with_defaults(value)
    elif isinstance(node, list):
        for value in node:
            yield from _with_defaults(value)
