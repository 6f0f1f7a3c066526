"""The words of the contract itself, which tell nothing about a tenant: names of properties, values of enums, standing texts of errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from mock_server import contract
from mock_server.contract import VERSIONS

Json = Any

PROSE = frozenset({"text", "error", "error_description", "detailCode", "detailMessage", "message"})
"""Properties in which the service speaks: word by word, what is no standing word is replaced."""


@cache
def texts() -> frozenset[str]:
    """What survives as a whole: enums' values, names of properties and parameters, and what filters and sorters may name."""
    found = {"bearer", "QUARTZ", "und", "en-US", "true", "false"}
    for document in _documents():
        for node in _nodes(document):
            found.update(value for value in _listed(node.get("enum")) if isinstance(value, str))
            found.update(name for name in _mapped(node.get("properties")) if isinstance(name, str))
            found.update(_mapped(node.get("x-isc-filters")))
            for support in _mapped(node.get("x-isc-filters")).values():
                found.update(name for value in support.get("values", ()) for name in (value, definition(value)))
            if isinstance(node.get("in"), str) and isinstance(node.get("name"), str):
                found.add(node["name"])
    return frozenset(found)


@cache
def numbers() -> frozenset[str]:
    """The properties that are described as numbers: counts and percentages. Any other number may be somebody's."""
    nodes = (node for document in _documents() for node in _nodes(document))
    described = ((name, schema) for node in nodes for name, schema in _mapped(node.get("properties")).items())
    return frozenset(name for name, schema in described if schema.get("type") in ("integer", "number"))


def definition(constant: str) -> str:
    """The task definition that a constant of the filter `type` stands for: CLOUD_REFRESH_ROLE is "Cloud Refresh Role"."""
    return constant.replace("_", " ").title()


@cache
def prose_words() -> frozenset[str]:
    """Of the errors' standing texts, as the contract's examples have them, and small words that stand between."""
    words = set(_SMALL_WORDS) | texts()
    for document in _documents():
        for name, example in document.get("components", {}).get("examples", {}).items():
            if name in _ERRORS:
                for text in _strings(example.get("value")):
                    words.update(re.findall(r"[\w.\-]+", text))
    return frozenset(word.strip(".") for word in words if not re.fullmatch(r"[0-9a-f]{32}", word))


_ERRORS = frozenset(
    "BadSyntax BadContent MissingData IllegalValue ReferenceNotFound ExpiredToken Forbidden NotFound RateLimitExceeded "
    "InternalFault".split()
)
_SMALL_WORDS = frozenset(
    "a an and are as at be by can cannot error field for has in invalid is it missing must no not of on only or request required "
    "supported supported: that the there this to type unknown unsupported value with JWT Error Enumerated Unsupported Task Definition "
    "converting string client credentials Bad".split()
)


def _free_form() -> Iterator[str]:
    """The properties whose own properties nobody describes: their names are the tenant's, too."""
    for document in _documents():
        for node in _nodes(document):
            for name, schema in _mapped(node.get("properties")).items():
                inner = contract.resolve(document, schema.get("items", schema))
                if "properties" not in inner and (inner.get("type") == "object" or "type" not in inner) and "allOf" not in inner:
                    yield name


def _documents() -> Iterator[dict[str, Json]]:
    for version in VERSIONS:
        yield contract.compose(version)
    yield contract.load("oauth.yaml")


def _nodes(value: Json) -> Iterator[dict[str, Json]]:
    if isinstance(value, dict):
        yield value
        for name, member in value.items():
            if name not in ("example", "examples"):  # there, people have names
                yield from _nodes(member)
    elif isinstance(value, list):
        for member in value:
            yield from _nodes(member)


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _mapped(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


FREE_FORM = frozenset(_free_form())
"""`attributes` and `arguments` of tasks, for instance."""
