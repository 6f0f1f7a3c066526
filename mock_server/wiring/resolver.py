"""operationId → function: the function's name is the operationId in snake case."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import getmembers, isfunction, signature

from mock_server.contract import function_name
from mock_server.conventions.replies import Reply
from mock_server.operations import oauth, task_status, work_items
from mock_server.operations.control import activity, clock, faults, journal, server, state, tenants

MODULES = (work_items, task_status, oauth, server, tenants, state, activity, clock, faults, journal)

FUNCTIONS: dict[str, Callable[..., Reply]] = {
    name: function
    for module in MODULES
    for name, function in getmembers(module, isfunction)
    if not name.startswith("_") and function.__module__ == module.__name__ and "call" in signature(function).parameters
}


@cache
def function_for(operation_id: str) -> Callable[..., Reply]:
    """Raises ValueError, which connexion takes for an operation that cannot be resolved."""
    try:
        return FUNCTIONS[function_name(operation_id)]
    except KeyError:
        raise ValueError(f"{operation_id}: mock_server.operations has no function {function_name(operation_id)}") from None
