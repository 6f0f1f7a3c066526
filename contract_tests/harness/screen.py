"""What a user sees of a run: how far it is while it goes on, and at its end what was found."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TextIO

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column, Table
from rich.text import Text

from contract_tests.harness import paths
from contract_tests.harness.findings import Findings, Hits
from contract_tests.harness.message import Exchange
from contract_tests.harness.reports import rows
from contract_tests.harness.reports.legible import counted, legible, shortened
from contract_tests.harness.summary import Row, Summary

READS = ("GET", "HEAD")

RECENT = 5.0
"""Seconds over which the rate is measured."""

PAUSE = 5.0
"""Seconds between two lines where there is no terminal."""

NAME = 40
"""Characters of an operation's name in the table: more would squeeze the figures in 80 columns."""

SHOWN = 300
"""Characters of an answer that the terminal shows; the reports have more."""

Clock = Callable[[], float]


class Screen(Protocol):
    def step(self, text: str) -> None:
        """What is being done now; begins with its version and a colon, if it has one."""
        ...

    def watch(self, exchange: Exchange) -> None: ...

    def finding(self, number: int) -> None:
        """How many there are now."""
        ...

    def close(self) -> None: ...


@contextmanager
def opened(versions: Sequence[str], *, reads_only: bool = False, stream: TextIO | None = None) -> Iterator[Screen]:
    """On stderr, unless `stream` is given: a bar if it is a terminal, else a line now and then.

    `reads_only`: operations that write are not expected.
    """
    stream = stream or sys.stderr
    console = Console(file=stream)
    progressed = Progressed.of(versions, reads_only=reads_only)
    is_fancy = stream.isatty() and not console.is_dumb_terminal  # FORCE_COLOR makes no terminal of a log
    screen: Screen = Fancy(progressed, console) if is_fancy else Plain(progressed, stream, versions)
    try:
        yield screen
    finally:
        screen.close()


@dataclass
class Progressed:
    """How far a run is. `expected`: operation and version of all that it may try."""

    expected: frozenset[tuple[str, str]]
    clock: Clock = time.monotonic
    seen: set[tuple[str, str]] = field(default_factory=set)
    requests: int = 0
    findings: int = 0
    _recent: deque[float] = field(default_factory=deque)

    @classmethod
    def of(cls, versions: Sequence[str], *, reads_only: bool = False, clock: Clock = time.monotonic) -> Progressed:
        known = ((name, version, one.method) for version in versions for name, one in paths.operations(version).items())
        return cls(frozenset((name, version) for name, version, method in known if method in READS or not reads_only), clock)

    def watch(self, exchange: Exchange) -> None:
        self.requests += 1
        self._recent.append(self.clock())
        if exchange.operation is not None and exchange.version is not None:
            self.seen.add((exchange.operation, exchange.version))

    @property
    def done(self) -> int:
        return len(self.seen & self.expected)

    def rate(self) -> float:
        """Requests in a second, of late."""
        since = self.clock() - RECENT
        while self._recent and self._recent[0] <= since:
            self._recent.popleft()
        return len(self._recent) / RECENT


class Fancy:
    """A bar that stays in its line, and goes away at the end."""

    def __init__(self, progressed: Progressed, console: Console) -> None:
        self._progressed = progressed
        self._bar = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
            BarColumn(bar_width=10),
            TextColumn("{task.completed:.0f}/{task.total:.0f} operations", markup=False, table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[told]}", markup=False, table_column=Column(no_wrap=True)),
            console=console,
            transient=True,
            expand=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("", total=len(progressed.expected), told="")
        self._bar.start()

    def step(self, text: str) -> None:
        self._bar.update(self._task, description=shortened(text, 200))

    def watch(self, exchange: Exchange) -> None:
        self._progressed.watch(exchange)
        self._show()

    def finding(self, number: int) -> None:
        self._progressed.findings = number
        self._show()

    def close(self) -> None:
        self._bar.stop()

    def _show(self) -> None:
        now = self._progressed
        told = f"{now.requests:,} sent {now.rate():.0f}/s {now.findings:,} found"
        self._bar.update(self._task, completed=now.done, told=told)


class Plain:
    """For logs: a line when a version begins, and otherwise one every few seconds."""

    def __init__(self, progressed: Progressed, stream: TextIO, versions: Sequence[str]) -> None:
        self._progressed = progressed
        self._stream = stream
        self._ahead = set(versions)
        self._step = ""
        self._begun = self._told = progressed.clock()

    def step(self, text: str) -> None:
        self._step = text
        version = text.partition(":")[0]
        if version in self._ahead:
            self._ahead.remove(version)
            self._tell()
        else:
            self._tell_now_and_then()

    def watch(self, exchange: Exchange) -> None:
        self._progressed.watch(exchange)
        self._tell_now_and_then()

    def finding(self, number: int) -> None:
        self._progressed.findings = number

    def close(self) -> None:
        """The last words are `tell`'s."""

    def _tell_now_and_then(self) -> None:
        if self._progressed.clock() - self._told >= PAUSE:
            self._tell()

    def _tell(self) -> None:
        now = self._progressed
        self._told = now.clock()
        figures = f"{now.done} of {len(now.expected)} operations, {counted(now.requests, 'request')}, {now.rate():.0f}/s"
        line = f"{self._told - self._begun:4.0f} s  {shortened(self._step, 100)}; {figures}, {counted(now.findings, 'finding')}"
        print(_writable(line, self._stream.encoding), file=self._stream, flush=True)


def tell(summary: Summary, console: Console, reports: Path | None = None) -> None:
    """The table, the findings, and what the run was, in one line. `reports`: the folder that has more."""
    if any(row.cases or row.findings for row in summary.rows.values()):
        console.print(_table(summary, console))
    if untried := rows.untried(summary):
        say(console, f"not tried: {', '.join(untried)}")
    for note in summary.notes:
        say(console, f"note: {note}")
    for trouble in summary.troubles:
        say(console, f"could not be tried: {trouble}")
    tell_findings(summary.findings, console, summary.origin.seed)
    say(console)
    say(console, _origin(summary))
    say(console, _closing(summary))
    if summary.ended is not None:
        say(console, f"ended early: {summary.ended}")
    if summary.ledger:
        say(console, f"ledger: {summary.ledger}")
    if reports is not None:
        say(console, f"reports: {reports / 'report.html'}, and beside it junit.xml, traffic.har, traffic.ndjson, run.json, findings/")


def tell_findings(findings: Findings, console: Console, seed: int | None) -> None:
    """Each with what the contract says, what came, and how to see it again. `seed`: of the run that found them, if one did."""
    for hit in findings:
        say(console)
        _tell_one(hit, console, seed)


def _tell_one(hit: Hits, console: Console, seed: int | None) -> None:
    finding = hit.finding
    accepted = "" if hit.accepted is None else " (accepted)"
    console.print(Text(_writable(shortened(f"{finding.id} {finding.operation}: {finding.check}{accepted}", 200), console.encoding), "bold"))
    where = ", ".join(f"{version} ({number:,})" for version, number in hit.versions.items())
    say(console, f"  hit    {counted(hit.count, 'time')}: {where}" + ("" if seed is None else f"; seed {seed}"))
    if hit.accepted is not None:
        say(console, f"  reason {shortened(hit.accepted, SHOWN)}")
    say(console, f"  says   {shortened(finding.says, SHOWN)}")
    say(console, f"  came   {shortened(finding.came, SHOWN)}")
    for step in finding.steps:
        say(console, f"  {step.curl()}")


def _table(summary: Summary, console: Console) -> Table:
    """Versions of which an operation answered alike share a line: six of each would hide what differs."""
    versions = summary.origin.versions
    is_one = len(versions) == 1
    told = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    told.add_column(f"operation of {versions[0]}" if is_one else "operation, versions", no_wrap=True)
    told.add_column("cases", justify="right", no_wrap=True)
    told.add_column("statuses", overflow="fold")
    told.add_column("findings", justify="right", no_wrap=True)
    for operation in rows.operations(summary):
        name, alike = _writable(shortened(operation, NAME), console.encoding), _alike(summary, operation)
        if alike and not is_one:
            told.add_row(Text(name, "bold"))
        for these, row in alike:
            statuses = " ".join(str(status) for status in sorted(row.statuses))
            found = Text(f"{row.findings:,}" if row.findings else "", "red")
            told.add_row(Text(name if is_one else f"  {' '.join(these)}"), f"{row.cases:,}", statuses, found)
    return told


def _alike(summary: Summary, operation: str) -> list[tuple[list[str], Row]]:
    """Versions with the same statuses, and with findings or without; and the sums of their rows."""
    alike: dict[tuple[frozenset[int], bool], tuple[list[str], Row]] = {}
    for version in summary.origin.versions:
        row = summary.rows.get((operation, version))
        if row is not None:
            these, total = alike.setdefault((frozenset(row.statuses), row.findings > 0), ([], Row()))
            these.append(version)
            total.cases += row.cases
            total.statuses += row.statuses
            total.findings += row.findings
    return list(alike.values())


def _closing(summary: Summary) -> str:
    findings, accepted = list(summary.findings), sum(hit.accepted is not None for hit in summary.findings)
    found = counted(len(findings), "finding") if findings else "no findings"
    limit = "no limit" if summary.rate is None else f"{summary.rate:,} allowed"
    return (
        f"{found}{f' ({accepted:,} accepted)' if accepted else ''} in {counted(summary.sent, 'request')}, {summary.seconds:,.1f} s; "
        f"most in any 10 s: {summary.highest:,} ({limit})" + (f"; {summary.refused:,} held back by the guard" if summary.refused else "")
    )


def _origin(summary: Summary) -> str:
    """What it takes to have the same run again."""
    origin = summary.origin
    tools = ", ".join(f"{name} {version}" for name, version in origin.tools.items())
    return f"seed {origin.seed}; contract {origin.contract}; profile {origin.profile}; {tools}"


def say(console: Console, line: str = "") -> None:
    """As it is, without wrapping: what is shown can be copied."""
    console.print(Text(_writable(legible(line), console.encoding)), soft_wrap=True)


def _writable(text: str, encoding: str | None) -> str:
    """With escapes in place of what a terminal's or a log's encoding lacks."""
    name = encoding or "utf-8"
    return text.encode(name, errors="backslashreplace").decode(name)
