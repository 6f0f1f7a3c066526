"""Arms rules that spoil answers."""

from __future__ import annotations

from typing import Any

from mock_server import contract
from mock_server.conventions.errors import IllegalValue, MissingValue
from mock_server.conventions.replies import Reply, json_reply
from mock_server.operations.calls import OpenCall
from mock_server.state.faults import EFFECTS, EVERY, Faults, Rule


def list_faults(call: OpenCall) -> Reply:
    return json_reply([{"rule": rule.description, "passes": rule.passes, "spoils": rule.spoils} for rule in call.tenant.faults.left()])


def arm_faults(call: OpenCall, body: list[dict[str, Any]]) -> Reply:
    call.tenant.faults = Faults([_rule(number, description) for number, description in enumerate(body)])
    return Reply(status=204)


def disarm_faults(call: OpenCall) -> Reply:
    call.tenant.faults = Faults()
    return Reply(status=204)


def _rule(number: int, description: dict[str, Any]) -> Rule:
    effects = [name for name in EFFECTS if name in description]
    if not effects:
        raise MissingValue(f"[{number}].{'|'.join(EFFECTS)}")
    if len(effects) > 1:
        raise IllegalValue(f"[{number}].{effects[1]}", f"A rule has one effect, and this one has {effects[0]} already.")
    if "retryAfter" in description and description.get("status") not in (429, 503):
        raise IllegalValue(f"[{number}].retryAfter", "It goes with status 429 or 503.")
    operation_id = description["operationId"]
    operation = EVERY if operation_id == EVERY else contract.canonical_ids().get(operation_id)
    if operation is None:
        raise IllegalValue(f"[{number}].operationId", f"No version has an operation {operation_id[:100]}.")
    return Rule(description, operation, passes=description.get("skip", 0), spoils=description.get("first", 1))
