"""What the fuzzer is given for one version: the composed document, in which what the target has stands in for the contract's examples."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from contract_tests.harness import fuzzing
from contract_tests.harness.exceptions import EXEMPT
from contract_tests.harness.fuzzing import Accepts, Plan
from contract_tests.harness.inventory import Inventory
from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import ORIGIN
from contract_tests.harness.paths import operations
from mock_server import contract
from mock_server.contract import Operation

Json = Any

SHOWN = 2
"""Learnt ids that take the place of a parameter's examples."""


def plan(version: str, inventory: Inventory, *, seed: int, examples: int, reads_only: bool, accepts: Accepts | None) -> Plan:
    document = copy.deepcopy(contract.compose(version))
    formats = dict(_selection(version, inventory))
    for name, operation in operations(version).items():
        node = document["paths"][operation.path][operation.method.lower()]
        node["parameters"] = [
            _filled(dict(parameter), known_ids(name, operation, parameter, inventory), formats) for parameter in operation.parameters
        ]
    owners = inventory.owners()
    if owners:
        formats["isc-owner"] = _mostly(owners)
        document["components"]["schemas"]["WorkItemForward"]["properties"]["targetOwnerId"]["format"] = "isc-owner"
    return Plan(
        document=document,
        base_url=ORIGIN + contract.base_path(document),
        seed=seed,
        examples=examples,
        headers={"Authorization": placeholder()},
        exempt=exempt(version),
        formats=formats,
        reads_only=reads_only,
        accepts=accepts,
        pairs={approval: item for item, approval in inventory.approvals()},
    )


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


def _filled(parameter: dict[str, Any], known: list[str], formats: dict[str, st.SearchStrategy[str]]) -> dict[str, Any]:
    if not known:
        return parameter
    name = f"isc-known-{len(formats)}"
    formats[name] = _mostly(known)
    parameter.pop("example", None)
    parameter["schema"] = {**parameter["schema"], "format": name}
    parameter["examples"] = {f"learnt{number}": {"value": value} for number, value in enumerate(known[:SHOWN])}
    return parameter


def _mostly(known: Sequence[str]) -> st.SearchStrategy[str]:
    """An object that exists three times out of four, else any text that an id could be."""
    existing = st.sampled_from(list(known)[:200])
    any_text = st.text(st.characters(exclude_categories=["C"], exclude_characters="/"), min_size=1).filter(
        lambda text: text not in (".", "..")
    )
    return st.one_of(existing, existing, existing, any_text)
