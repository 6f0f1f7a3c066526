"""What plan, validate and replay say at their end."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contract_tests.harness.planning import Forecast
from contract_tests.harness.replay import Replayed
from contract_tests.harness.reports.legible import counted
from contract_tests.harness.screen import say, tell_findings
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
    say(console, f"mode: {origin.mode}; {forecast.requests} requests and the logins, {_budget(forecast)}; seed {origin.seed}")
    if forecast.rate is not None:
        say(console, f"rate: at most {forecast.rate} requests in any 10 s for each version; so at least {forecast.seconds:.0f} s")
    say(console, f"writes: {forecast.writes}, on {forecast.allowed}" if forecast.writes else "writes: none")
    for reason in dict.fromkeys(forecast.held_back.values()):
        held = [operation for operation, why in forecast.held_back.items() if why == reason]
        say(console, f"held back: {', '.join(held)}: {reason}")
    say(console, "The counts are of a run against the contract's own examples; what a target answers changes them. Nothing was sent.")


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
        say(console, f"never touched in {version}: {', '.join(operations)}")
    for what, count in report.foreign.items():
        say(console, f"not of the contract: {what}: {count}")
    if report.unjudged:
        say(console, f"{report.unjudged} exchanges could not be judged: they have no answer, or the file has no bodies")
    say(console, f"{counted(len(report.findings), 'finding')} in {counted(report.exchanges, 'exchange')} of the contract")


def tell_replay(outcome: Replayed, console: Console) -> None:
    finding = outcome.finding
    say(console, f"{finding.id} {finding.check} {finding.operation} {finding.version}: {finding.says}")
    say(console, f"there came: {finding.came}")
    if outcome.came:
        say(console, f"here came: {outcome.came}")
    for pseudonym, other in outcome.stood_in.items():
        say(console, f"{other} stood in for {pseudonym}, which is not here")
    say(console, f"{outcome.state}: {outcome.says}")
