"""JSON Patch (RFC 6902): all operations or none, and only where the endpoint lets a client change something."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import jsonpatch
from jsonpointer import JsonPointerException

from mock_server.conventions.errors import IllegalContent, IllegalValue, MissingValue

NEEDED = {"add": "value", "replace": "value", "test": "value", "move": "from", "copy": "from"}
"""The member that an operation has beside `op` and `path`."""


def refuse_other_paths(operations: Sequence[dict[str, Any]], changeable: Collection[str]) -> None:
    """Raises IllegalValue for the first operation that would change anything but the pointers of `changeable`."""
    for number, operation in enumerate(operations):
        for pointer in changed_by(operation):
            if pointer not in changeable:
                raise IllegalValue(f"[{number}].path", f"Only {' and '.join(changeable)} can be changed.")


def demand_members(operations: Sequence[dict[str, Any]]) -> None:
    """Raises MissingValue for the first operation that lacks `value` or `from`."""
    for number, operation in enumerate(operations):
        needed = NEEDED.get(operation["op"])
        if needed is not None and needed not in operation:
            raise MissingValue(f"[{number}].{needed}")


def changed_by(operation: dict[str, Any]) -> tuple[str, ...]:
    """The JSON Pointers that an operation changes: `move` empties the place it takes from, `test` changes none."""
    match operation["op"]:
        case "test":
            return ()
        case "move":
            return (operation["path"], operation.get("from", ""))
        case _:
            return (operation["path"],)


def apply(document: dict[str, Any], operations: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A changed copy of the document, by operations that have all their members.

    Raises IllegalContent: a `test` fails, or a place does not exist.
    """
    replaced = _replaced_members(document, operations)
    if replaced is not None:
        return document | replaced
    try:
        changed = jsonpatch.JsonPatch(operations).apply(document)
    except jsonpatch.JsonPatchTestFailed:
        raise IllegalContent("A test operation does not hold.") from None
    except (jsonpatch.JsonPatchException, JsonPointerException):
        raise IllegalContent("An operation names a place that does not exist.") from None
    if not isinstance(changed, dict):
        raise IllegalContent("The patch does not leave an object.")
    return changed


def _replaced_members(document: dict[str, Any], operations: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Name and new value of each, if the operations do nothing else; that is what clients do to clear a task.

    jsonpatch takes 36 µs for two of these, for it copies the document whole, and this takes 1.
    """
    replaced: dict[str, Any] = {}
    for operation in operations:
        path, name = operation["path"], operation["path"][1:]
        if operation["op"] not in ("replace", "add") or path[:1] != "/" or name not in document or "/" in name or "~" in name:
            return None
        replaced[name] = operation["value"]
    return replaced
