"""Rules that spoil answers, in an order that the user chooses and never by chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

EFFECTS = ("status", "latencyMs", "connection", "body", "contentType", "token")
"""Each rule has exactly one of these."""

EVERY = "*"


@dataclass
class Rule:
    """`description` is what the user gave. `operation`: an operationId as v2024 has it, or `*`."""

    description: dict[str, Any]
    operation: str
    passes: int
    spoils: int


class Faults:
    """What is armed in a tenant."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules = list(rules)

    def __bool__(self) -> bool:
        """Whether any was armed, though it may be used up."""
        return bool(self._rules)

    def next(self, operation: str) -> dict[str, Any] | None:
        """The description of the rule that spoils this request, which is counted by the way."""
        for rule in self._rules:
            if rule.operation not in (operation, EVERY) or not rule.spoils:
                continue
            if rule.passes:
                rule.passes -= 1
                continue
            rule.spoils -= 1
            return rule.description
        return None

    def left(self) -> Iterator[Rule]:
        return (rule for rule in self._rules if rule.spoils)
