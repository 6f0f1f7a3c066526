"""The command `python -m contract_tests.bench`: starts everything itself, measures in turns, prints one table, ends what it started."""

from __future__ import annotations

import json
import os
import platform
import shlex
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import click

from contract_tests.bench import cases, material, scaling, speed, table
from contract_tests.bench.figures import Figures
from contract_tests.bench.goals import SCALE, SPEED, Goal, verdicts
from contract_tests.bench.load import demand_wrk
from contract_tests.bench.processes import Unavailable
from contract_tests.bench.speed import Length


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Fewer and shorter rounds, far fewer documents: whether it works, not how fast it is.")
@click.option("--scale", is_flag=True, help="Instead: what grows with the documents, up to a million of each kind.")
@click.option("--json", "target", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write all figures there, too.")
def main(quick: bool, scale: bool, target: Path | None) -> None:
    """Measure the fake beside its peers and beside a bare uvicorn, over loopback, in one run.

    A goal that is not met is no failure of the command: it ends with 0 once it has measured.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    figures, goals = Figures(), SCALE if scale else SPEED
    try:
        demand_wrk()
        with TemporaryDirectory(prefix="isc-mock-bench-") as folder:
            (_scale if scale else _speed)(figures, Path(folder), quick)
    except Unavailable as error:
        click.echo(f"bench: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("bench: interrupted; all that it started has ended", err=True)
        sys.exit(130)
    _tell(figures, goals, target)


def _speed(figures: Figures, folder: Path, quick: bool) -> None:
    length = Length(2, 1) if quick else Length(5, 3)
    credentials = material.administrator()
    peers = speed.found_peers(figures)
    _say("starting, in turns")
    speed.starts(figures, peers, credentials, folder, length.rounds)
    given = material.generated(folder / "fixtures", 30_000 if quick else 100_000)
    speed.loads(figures, peers, given, credentials, folder, length, _say)
    _say("contract cases, in turns")
    cases.compare(figures, credentials, folder, rounds=1 if quick else 3, examples=3 if quick else 60)


def _scale(figures: Figures, folder: Path, quick: bool) -> None:
    many, documents = (20_000, 10_000) if quick else (1_000_000, 100_000)
    length = Length(2, 1) if quick else Length(5, 3)
    credentials = material.administrator()
    figures.notes.append(f"grown: {many:,} documents of a kind; loading, reset and new tenant: {documents:,} of each kind")
    _say("loading")
    scaling.loading(figures, credentials, folder, documents, 1 if quick else 3)
    _say("memory")
    scaling.memory(figures, credentials, folder, many)
    _say("pages")
    scaling.pages(figures, credentials, folder, many, length, _say)


def _tell(figures: Figures, goals: Sequence[Goal], target: Path | None) -> None:
    judged = verdicts(figures, tuple(goals))
    run = _run()
    click.echo(f"\n{run['date']}, {run['machine']}: {run['command']}\n")
    for line in table.lines(figures, judged):
        click.echo(line)
    if target is not None:
        target.write_text(json.dumps(table.as_json(figures, judged, run), indent=2) + "\n")


def _run() -> dict[str, Any]:
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    command = shlex.join(["python", "-m", "contract_tests.bench", *sys.argv[1:]])
    return {"date": datetime.now(UTC).date().isoformat(), "machine": machine, "command": command}


def _say(line: str) -> None:
    click.echo(line, err=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(standalone_mode=True)
