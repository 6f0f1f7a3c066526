"""What is to be reached, and whether it was."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from contract_tests.bench.figures import Figures, Place, ratios

STUB = "isc-mock"
LIMIT = "bare uvicorn"
PRISM = "Prism"
MOCKOON = "Mockoon"


@dataclass(frozen=True)
class Goal:
    """`place` is to be at least, or at most, `bound`: times what `against` does, or in its own unit where `against` is None."""

    name: str
    place: Place
    bound: float
    against: Place | None = None
    at_most: bool = False
    unit: str = "times"

    def admits(self, value: float) -> bool:
        return value <= self.bound if self.at_most else value >= self.bound

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:g} {self.unit}"


SPEED = (
    Goal("GET one work item, against Prism", ("GET one", STUB), 3.5, ("GET one", PRISM)),
    Goal("GET one work item, against the limit", ("GET one", STUB), 0.3, ("GET one", LIMIT)),
    Goal("GET a page of 250, against Prism's list", ("GET 250", STUB), 2.5, ("GET 250", PRISM)),
    Goal("GET a page of 250, against the limit", ("GET 250", STUB), 0.75, ("GET 250", LIMIT)),
    Goal("POST complete, against our GET of one", ("POST complete", STUB), 0.6, ("GET one", STUB)),
    Goal("PATCH task, against our GET of one", ("PATCH task", STUB), 0.6, ("GET one", STUB)),
    Goal("POST complete, against GET by the same script", ("POST complete", STUB), 0.6, ("GET each", STUB)),
    Goal("PATCH task, against GET by the same script", ("PATCH task", STUB), 0.6, ("GET each", STUB)),
    Goal("from command to first 200, against Prism", ("start", STUB), 0.8, ("start", PRISM), at_most=True),
    Goal("contract cases in process, against st run", ("cases", "in process"), 1.3, ("cases", "st run")),
)

SCALE = (
    Goal("page of 50 with filter and sorter, grown", ("filtered page", "grown"), 1.5, ("filtered page", "1,000"), at_most=True),
    Goal("memory per work item, grown", ("memory", "grown"), 2.0, at_most=True, unit="KiB"),
    Goal("loading from fixtures", ("loading", STUB), 10.0, at_most=True, unit="s"),
    Goal("reset", ("reset", STUB), 5.0, at_most=True, unit="ms"),
    Goal("new tenant", ("new tenant", STUB), 5.0, at_most=True, unit="ms"),
)


@dataclass(frozen=True)
class Verdict:
    """`value` is the median, `low` and `high` what single rounds gave; None: it was not measured."""

    goal: Goal
    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def word(self) -> str:
        if self.value is None:
            return "not measured"
        return "met" if self.goal.admits(self.value) else "NOT MET"


def verdicts(figures: Figures, goals: tuple[Goal, ...]) -> list[Verdict]:
    return [_verdict(figures, goal) for goal in goals]


def _verdict(figures: Figures, goal: Goal) -> Verdict:
    if goal.against is not None:
        values = ratios(figures.measured, goal.place, goal.against)
    else:
        values = list(figures.measured[goal.place].values) if goal.place in figures.measured else []
    return Verdict(goal, median(values), min(values), max(values)) if values else Verdict(goal, None)
