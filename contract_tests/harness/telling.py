"""What plan, validate and replay say at their end."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contract_tests.harness.planning import Forecast
from contract_tests.harness.replay import Replayed
from contract_tests.harness.screen import tell_findings
from contract_tests.harness.summary import Summary
from contract_tests.harness.validate import Report


def tell_plan(summary: Summary, forecast: Forecast, console: Console) -> None:
    """By operation and version: how many requests, or why none."""
    origin = summary.origin
    table = Table("operation", *(f"{version}" for version in origin.versions), title=f"What fuzz would send to {escape(origin.target)}")
    operations = list(dict.fromkeys([*(operation for operation, _ in summary.rows), *forecast.held_back]))
    for operation in operations:
        counts = [summary.rows.get((operation, version)) for version in origin.versions]
        told = [str(row.cases) if row else "held back" if operation in forecast.held_back else "-" for row in counts]
        table.add_row(operation, *told)
    console.print(table)
    _plain(console, f"mode: {origin.mode}; {forecast.requests} requests and the logins, {_budget(forecast)}; seed {origin.seed}")
    if forecast.rate is not None:
        _plain(console, f"rate: at most {forecast.rate} requests in any 10 s for each version; so at least {forecast.seconds:.0f} s")
    writes = forecast.listed + forecast.found
    where = f"{forecast.listed} on ids that the profile lists, {forecast.found} on ids that the run finds"
    _plain(console, f"writes: {(writes and f'{writes}: {where}') or 'none'}")
    for operation, reason in forecast.held_back.items():
        _plain(console, f"held back: {operation}: {reason}")
    _plain(console, "The counts are of a run against the contract's own examples; what a target answers changes them. Nothing was sent.")


def _budget(forecast: Forecast) -> str:
    return "no budget" if forecast.budget is None else f"of a budget of {forecast.budget}"


def tell_validation(report: Report, console: Console) -> None:
    """What violates the contract, what is not of it, and what was never touched."""
    table = Table("operation", "version", "exchanges", "statuses", "findings")
    for (operation, version), row in report.rows.items():
        statuses = ", ".join(f"{count} of {status}" for status, count in sorted(row.statuses.items()))
        table.add_row(operation, version, str(row.cases), statuses, str(row.findings or ""))
    if report.rows:
        console.print(table)
    tell_findings(report.findings, console, seed=None)
    for version, operations in report.untouched().items():
        _plain(console, f"never touched in {version}: {', '.join(operations)}")
    for what, count in report.foreign.items():
        _plain(console, f"not of the contract: {what}: {count}")
    if report.unjudged:
        _plain(console, f"{report.unjudged} exchanges could not be judged: they have no answer, or the file has no bodies")
    _plain(console, f"{len(report.findings)} findings in {report.exchanges} exchanges of the contract")


def tell_replay(outcome: Replayed, console: Console) -> None:
    finding = outcome.finding
    _plain(console, f"{finding.id} {finding.check} {finding.operation} {finding.version}: {finding.says}")
    _plain(console, f"there came: {finding.came}")
    if outcome.came:
        _plain(console, f"here came: {outcome.came}")
    for pseudonym, other in outcome.stood_in.items():
        _plain(console, f"{other} stood in for {pseudonym}, which is not here")
    _plain(console, f"{outcome.state}: {outcome.says}")


def _plain(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
