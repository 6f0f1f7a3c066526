"""A fake in which every text of every answer is a canary: nothing of the kind may be seen above the gate."""

from __future__ import annotations

from itertools import count
from typing import Any

from contract_tests.fuzz.mutants import Answered, Asked, Call, Memory

Json = Any

CANARY = "Canary"

_KEPT = {"id", "state", "type", "completionStatus", "created", "modified", "completed", "launched"}
"""Without these no list could be understood, and few requests would be made. Ids are looked for by themselves."""


async def canaries(asked: Asked, call: Call, memory: Memory) -> Answered:
    """Conformant where the contract describes a text, and beyond: in headers, cookies, names of properties, enums and what is no JSON."""
    answered = await call(asked)
    numbers = memory.kept.setdefault("numbers", count())
    known = memory.kept.setdefault("known", {})
    answered = answered.with_header("Set-Cookie", f"session={CANARY}Cookie").with_header("X-Debug", f"{CANARY}Header")
    if asked.operation == "getCountCompletedWorkItems" and answered.status == 200:
        return Answered(200, (("content-type", "text/html"),), f"<h1>{CANARY}Html</h1>".encode())
    try:
        value = answered.json
    except ValueError:
        return answered
    changed = answered.with_json(_sung(value, "", numbers, known))
    if asked.operation == "getWorkItemsSummary":
        return Answered(changed.status, changed.headers, changed.body[:-1] + f', "{CANARY}Cut'.encode())
    return changed


def _sung(value: Json, name: str, numbers: Any, known: dict[str, str]) -> Json:
    if isinstance(value, dict):
        free = name in ("attributes", "arguments")
        sung = {f"{CANARY}Key{key}" if free else key: _sung(member, key, numbers, known) for key, member in value.items()}
        return sung | {"undescribed": f"{CANARY}{next(numbers)}"} if name == "" and next(numbers) % 7 == 0 else sung
    if isinstance(value, list):
        return [_sung(member, name, numbers, known) for member in value]
    if isinstance(value, str) and name not in _KEPT:
        return known.setdefault(value, f"{CANARY} {next(numbers)} O'Hara <b>{next(numbers)}@{CANARY}.example")
    return value
