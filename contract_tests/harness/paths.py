"""Which operation of which version a method and a path belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from urllib.parse import unquote

from mock_server import contract
from mock_server.contract import VERSIONS, Operation

LOGIN = "/oauth/token"


@cache
def operations(version: str) -> dict[str, Operation]:
    """Of one version, by the names that v2024 gives them."""
    names = contract.canonical_ids()
    return {names[operation.id]: operation for operation in contract.operations(contract.compose(version), version)}


def find(method: str, path: str, versions: Sequence[str] = VERSIONS) -> tuple[Operation, dict[str, str]] | None:
    """The operation and its path parameters, decoded. `path` as on the wire, from the root of the host."""
    for known, pattern, operation in _routes():
        if known == method and operation.version in versions and (match := pattern.fullmatch(path)):
            return operation, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def canonical(method: str, path: str) -> str | None:
    """The name that v2024 gives the operation; None: the contract knows none."""
    found = find(method, path)
    return function_of(found[0]) if found else None


def function_of(operation: Operation) -> str:
    """The name that v2024 gives it."""
    return contract.canonical_ids()[operation.id]


def version_of(path: str) -> str:
    """By the first segment; the v1 family has none of its own."""
    first = path.lstrip("/").partition("/")[0]
    return first if first in VERSIONS else "v1"


@cache
def _routes() -> list[tuple[str, re.Pattern[str], Operation]]:
    """Literal paths come first, as in the documents."""
    routes = []
    for version in VERSIONS:
        base = contract.base_path(contract.compose(version))
        for operation in operations(version).values():
            template = re.split(r"\{(\w+)\}", base + operation.path)
            pattern = "".join(f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(template))
            routes.append((operation.method, re.compile(pattern), operation))
    return sorted(routes, key=lambda route: route[1].pattern.count("(?P<"))
