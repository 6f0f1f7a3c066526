"""What the fuzzer is given for one version: the composed document, in which what the target has stands in for the contract's examples."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from contract_tests.harness import fuzzing
from contract_tests.harness.exceptions import EXEMPT
from contract_tests.harness.fuzzing import Accepts, Plan
from contract_tests.harness.guard import READS
from contract_tests.harness.inventory import Inventory
from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import ORIGIN
from contract_tests.harness.paths import operations
from mock_server import contract
from mock_server.contract import Operation

Json = Any

SHOWN = 2
"""Learnt ids that take the place of a parameter's examples."""


def plan(version: str, inventory: Inventory, *, seed: int, examples: int, accepts: Accepts | None = None) -> Plan:
    """`accepts`: what may be sent at all; operations of which nothing may are left out. None: everything may."""
    document = copy.deepcopy(contract.compose(version))
    formats = dict(_selection(version, inventory))
    kept = set()
    for name, operation in operations(version).items():
        known = [_acceptable(known_ids(name, operation, one, inventory), operation, one, accepts) for one in operation.parameters]
        is_free = accepts is None or operation.method in READS
        if is_free or any(ids for ids, one in zip(known, operation.parameters, strict=True) if _is_path(one)):
            kept.add(operation.id)
        node = document["paths"][operation.path][operation.method.lower()]
        node["parameters"] = [_filled(dict(one), ids, formats, is_free) for ids, one in zip(known, operation.parameters, strict=True)]
    owners = inventory.owners()
    if owners:
        formats["isc-owner"] = _ids(owners, is_free=accepts is None)
        document["components"]["schemas"]["WorkItemForward"]["properties"]["targetOwnerId"]["format"] = "isc-owner"
    return Plan(
        document=document,
        base_url=ORIGIN + contract.base_path(document),
        seed=seed,
        examples=examples,
        headers={"Authorization": placeholder()},
        exempt=exempt(version),
        formats=formats,
        kept=None if accepts is None else frozenset(kept),
        accepts=accepts,
        pairs={approval: item for item, approval in inventory.approvals()},
    )


def _acceptable(ids: list[str], operation: Operation, parameter: Mapping[str, Any], accepts: Accepts | None) -> list[str]:
    """For an operation that writes, those that may be written on."""
    if accepts is None or operation.method in READS or not _is_path(parameter):
        return ids
    url = ORIGIN + contract.base_path(contract.compose(operation.version)) + operation.path
    return [id_ for id_ in ids if accepts(operation.method, re.sub(r"\{\w+\}", id_, url), b"")]


def _is_path(parameter: Mapping[str, Any]) -> bool:
    return bool(parameter["in"] == "path")


def exempt(version: str) -> list[tuple[str, str, Sequence[int]]]:
    """The list of exceptions, by the operationIds of a version."""
    known = operations(version)
    return [(known[name].id, entry.check, entry.statuses) for entry in EXEMPT for name in entry.operations if name in known]


def _selection(version: str, inventory: Inventory) -> list[tuple[str, st.SearchStrategy[str]]]:
    task_list = operations(version).get("getTaskStatusList")
    if task_list is None:
        return []
    parameters = {parameter["name"]: parameter for parameter in task_list.parameters}
    fields = parameters["filters"]["x-isc-filters"]
    known = [value for name in fields if "values" not in fields[name] for value in inventory.values(name)[:3]]
    return [
        ("isc-filters", fuzzing.supported_filters(fields, known)),
        ("isc-sorters", fuzzing.sorters(parameters["sorters"]["x-isc-sorters"])),
    ]


def known_ids(name: str, operation: Operation, parameter: Mapping[str, Any], inventory: Inventory) -> list[str]:
    """What the target has for an id that this operation takes."""
    if parameter["name"] == "ownerId":
        return inventory.owners()
    if parameter["in"] != "path":
        return []
    if parameter["name"] == "approvalItemId":
        return [approval for _, approval in inventory.approvals()]
    if "task-status" in operation.path:
        return inventory.ids(inventory.pending or inventory.tasks) if operation.method == "PATCH" else inventory.ids(inventory.tasks)
    if name.startswith(("approve", "reject")):
        return list(dict.fromkeys(item for item, _ in inventory.approvals()))
    return inventory.ids(inventory.work_items if operation.method == "GET" else inventory.open)


def _filled(parameter: dict[str, Any], known: list[str], formats: dict[str, st.SearchStrategy[str]], is_free: bool) -> dict[str, Any]:
    if not known:
        return parameter
    name = f"isc-known-{len(formats)}"
    formats[name] = _ids(known, is_free=is_free)
    parameter.pop("example", None)
    parameter["schema"] = {**parameter["schema"], "format": name}
    parameter["examples"] = {f"learnt{number}": {"value": value} for number, value in enumerate(known[:SHOWN])}
    return parameter


def _ids(known: Sequence[str], *, is_free: bool) -> st.SearchStrategy[str]:
    """An object that exists; where anything may be tried, any text that an id could be one time out of four."""
    existing = st.sampled_from(list(known)[:200])
    if not is_free:
        return existing
    any_text = st.text(st.characters(exclude_categories=["C"], exclude_characters="/"), min_size=1).filter(
        lambda text: text not in (".", "..")
    )
    return st.one_of(existing, existing, existing, any_text)
