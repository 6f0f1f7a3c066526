"""One run in writing: a table for people, which is Markdown, and JSON for machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from contract_tests.bench.figures import Figure, Figures
from contract_tests.bench.goals import Verdict


def lines(figures: Figures, verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield from _columns(
        [("measured", "of", "median", "spread")]
        + [(asked, whom, _amount(figure), f"{figure.spread:.0%}") for (asked, whom), figure in figures.measured.items()]
    )
    yield ""
    yield from _columns([("goal", "to reach", "median", "rounds", "")] + [_row(verdict) for verdict in verdicts])
    yield from (f"{whom} is missing: {why}" for whom, why in figures.missing.items())
    yield from figures.notes


def as_json(figures: Figures, verdicts: Sequence[Verdict], run: dict[str, Any]) -> dict[str, Any]:
    """`run`: what tells this run from another, such as the date, the machine and the command."""
    return {
        "run": run,
        "measured": [
            {"asked": asked, "of": whom, "unit": one.unit, "median": one.median, "spread": one.spread, "values": list(one.values)}
            for (asked, whom), one in figures.measured.items()
        ],
        "goals": [
            {"goal": one.goal.name, "reach": str(one.goal), "value": one.value, "low": one.low, "high": one.high, "result": one.word}
            for one in verdicts
        ],
        "missing": figures.missing,
        "notes": figures.notes,
    }


def _row(verdict: Verdict) -> tuple[str, ...]:
    if verdict.value is None or verdict.low is None or verdict.high is None:
        return verdict.goal.name, str(verdict.goal), "-", "-", verdict.word
    rounds = f"{verdict.low:.2f} to {verdict.high:.2f}"
    return verdict.goal.name, str(verdict.goal), f"{verdict.value:.2f} {verdict.goal.unit}", rounds, verdict.word


def _amount(figure: Figure) -> str:
    return f"{figure.median:,.0f} {figure.unit}" if figure.median >= 100 else f"{figure.median:.2f} {figure.unit}"


def _columns(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The first row is the head."""
    written = list(rows)
    widths = [max(map(len, column)) for column in zip(*written, strict=True)]
    for number, row in enumerate(written):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        if number == 0:
            yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
