"""What a report folder holds: traffic.har, traffic.ndjson, junit.xml, report.html, run.json and findings/ID.json."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contract_tests.harness.errors import Misuse
from contract_tests.harness.message import Exchange
from contract_tests.harness.reports.html import write as write_html
from contract_tests.harness.reports.junit import write as write_junit
from contract_tests.harness.reports.traffic import Har, Ndjson
from contract_tests.harness.summary import Summary

Json = Any

_FINDING = re.compile(r"[0-9a-f]{10}\.json")


@contextmanager
def written(folder: Path) -> Iterator[list[Callable[[Exchange], None]]]:
    """Watchers that record the traffic until the block ends. Creates the folder; replaces what an earlier run wrote.

    Raises:
        Misuse: the folder or a file in it cannot be written.
    """
    with Har(folder / "traffic.har") as har, Ndjson(folder / "traffic.ndjson") as ndjson:
        yield [har, ndjson]


def finish(summary: Summary, folder: Path) -> None:
    """Writes what is known at the end only. Findings of an earlier run go away.

    Raises:
        Misuse: the folder or a file in it cannot be written.
    """
    try:
        _findings(summary, folder / "findings")
        _dump(_run(summary), folder / "run.json")
        write_junit(summary, folder / "junit.xml")
        write_html(summary, folder / "report.html")
    except OSError as error:
        place = error.filename or folder
        raise Misuse(f"{place}: cannot be written: {error.strerror}; name another folder with --report-dir, or make room") from None


def _findings(summary: Summary, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if _FINDING.fullmatch(old.name):
            old.unlink()
    for hit in summary.findings:
        _dump(hit.as_json(summary.origin.seed), folder / f"{hit.finding.id}.json")


def _run(summary: Summary) -> Json:
    figures = ("seconds", "sent", "refused", "waited", "highest", "rate", "ended", "ledger", "troubles", "notes")
    return {
        "origin": asdict(summary.origin),
        "started": summary.started.isoformat(),
        **{name: getattr(summary, name) for name in figures},
        "findings": [hit.finding.id for hit in summary.findings if hit.accepted is None],
        "accepted": {hit.finding.id: hit.accepted for hit in summary.findings if hit.accepted is not None},
        "rows": [
            {"operation": operation, "version": version, **asdict(row), "statuses": dict(sorted(row.statuses.items()))}
            for (operation, version), row in summary.rows.items()
        ],
    }


def _dump(told: Json, place: Path) -> None:
    place.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
