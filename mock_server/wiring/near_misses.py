"""Which operation a path that does not exist was probably meant to be: for the log and the journal, not for the answer."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cache, lru_cache

from mock_server import contract

ALIKE = 0.8
"""Of 1: less is no near miss."""

IDENTIFIER = re.compile(r"[0-9a-fA-F-]{20,}|[0-9]+")

KNOWN = [
    # Completing has no word of its own in its path; live tenants answer 404 (observed).
    ("/{id}", "/complete"),
]
"""How an operation's path ends, and what people add to it."""


@lru_cache(maxsize=1024)
def meant(method: str, path: str) -> str | None:
    """`POST /v3/work-items/{id}` for `POST /v3/work-items/6b…/complete`; None if nothing is near."""
    shape = "/".join("{id}" if IDENTIFIER.fullmatch(segment) else segment for segment in path.split("/"))
    for guess, operation in _guesses():
        if guess.fullmatch(path):
            return operation
    best = max(_operations(), key=lambda operation: _likeness(operation, f"{method} {shape}"))
    return best if _likeness(best, f"{method} {shape}") >= ALIKE else None


def _likeness(operation: str, request: str) -> float:
    return SequenceMatcher(None, re.sub(r"\{\w+\}", "{id}", operation), request).ratio()


@cache
def _operations() -> list[str]:
    """Method and path of every operation of every version, and of the login."""
    every = [
        f"{operation.method} {contract.base_path(document)}{operation.path}"
        for version, document in ((version, contract.compose(version)) for version in contract.VERSIONS)
        for operation in contract.operations(document, version)
    ]
    return [*every, "POST /oauth/token", "GET /oauth/info"]


@cache
def _guesses() -> list[tuple[re.Pattern[str], str]]:
    """A path that people guess, with any id → the operation that they mean."""
    return [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", operation.split(" ")[1]) + suffix), operation)
        for operation in _operations()
        for end, suffix in KNOWN
        if operation.startswith("POST") and operation.endswith(end)
    ]
