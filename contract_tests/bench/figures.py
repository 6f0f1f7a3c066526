"""What was measured: one value a round, so that a ratio compares what ran side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

Place = tuple[str, str]
"""What was asked, and of whom: `("one", "prism")`."""


@dataclass(frozen=True)
class Figure:
    """`values`: one a round, in the order of the rounds."""

    unit: str
    values: Sequence[float]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def spread(self) -> float:
        """From the lowest to the highest, as a share of the median."""
        return (max(self.values) - min(self.values)) / self.median if self.median else 0.0


@dataclass
class Figures:
    """All of a run. `missing`: contestant → why it is not there."""

    measured: dict[Place, Figure] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, asked: str, whom: str, unit: str, value: float) -> None:
        before = self.measured.get((asked, whom))
        self.measured[asked, whom] = Figure(unit, [*(before.values if before else ()), value])


def ratios(figures: Mapping[Place, Figure], one: Place, other: Place) -> list[float]:
    """`one` as a multiple of `other`, round by round; nothing where either was not measured."""
    if one not in figures or other not in figures:
        return []
    return [mine / theirs for mine, theirs in zip(figures[one].values, figures[other].values, strict=True)]
