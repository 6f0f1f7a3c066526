"""What must hold between several answers, which no schema can say. Each law is a function of what was learnt, and tells what breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract_tests.harness.caller import Caller
from contract_tests.harness.inventory import Inventory


@dataclass(frozen=True)
class Case:
    """What a law is tried on. `roles`: those that the target has credentials for. `examples`: how many cases a law draws at most."""

    caller: Caller
    inventory: Inventory
    roles: frozenset[str]
    examples: int
    seed: int
    may_write: bool


Law = Callable[[Case], None]
