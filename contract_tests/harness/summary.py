"""What a run was and what came of it: everything that is told at its end, and in the reports."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from contract_tests.harness.findings import Findings
from contract_tests.harness.message import Exchange


@dataclass
class Row:
    """One operation of one version. `cases`: requests; `findings`: how often one of the findings was hit here."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    findings: int = 0


@dataclass(frozen=True)
class Origin:
    """What it takes to repeat a run. `tools`: versions by package."""

    command: str
    target: str
    kind: str
    mode: str
    versions: tuple[str, ...]
    seed: int
    tools: dict[str, str]
    contract: str
    profile: str
    redacted: bool


@dataclass
class Summary:
    """`ended`: why the run stopped before its end; None: it did not. `highest`: the most requests in any 10 s, of `rate` that were allowed.

    `refused`: requests that the guard held back. `troubles`: what could not be tried, and why.
    """

    origin: Origin
    started: datetime
    findings: Findings
    seconds: float = 0.0
    sent: int = 0
    refused: int = 0
    waited: float = 0.0
    highest: int = 0
    rate: int | None = None
    ended: str | None = None
    ledger: str = ""
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What a reader should know of a run that found nothing."""

    def count(self, exchange: Exchange) -> None:
        if exchange.operation is not None and exchange.version is not None:
            row = self.row(exchange.operation, exchange.version)
            row.cases += 1
            row.statuses[exchange.answer.status] += 1

    def row(self, operation: str, version: str) -> Row:
        """`operation` as v2024 has it."""
        return self.rows.setdefault((operation, version), Row())

    def close(self) -> None:
        for hit in self.findings:
            for version, number in hit.versions.items():
                self.row(hit.finding.operation, version).findings += number
