"""The options that mean the same in every command, and what they make: a target and the options of a run."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from contract_tests.harness import baseline, stub
from contract_tests.harness import target as targets
from contract_tests.harness.errors import Misuse
from contract_tests.harness.run import Options
from contract_tests.harness.target import Credentials, Target
from mock_server.contract import VERSIONS

F = TypeVar("F", bound=Callable[..., Any])


class Seed(click.ParamType):  # type: ignore[type-arg]  # click 8.2 has no argument for it
    name = "number|random"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if value == "random":
            return random.SystemRandom().randrange(10**9)
        try:
            return int(value)
        except ValueError:
            self.fail(f"{str(value)[:100]!r} is neither a whole number nor random", param, ctx)


_TARGET = (
    click.option("--target", metavar="NAME|URL", help="A profile, or an address of this machine. [default: SAIL_BASE_URL]"),
    click.option("--stub", is_flag=True, help="Start an isc-mock serve of its own, and end it."),
    click.option("--config", type=click.Path(path_type=Path), help="Profiles. [default: isc-contract.toml, here or in a folder above]"),
)
_RUN = (
    click.option("--version", "versions", multiple=True, type=click.Choice(VERSIONS), help="Repeatable. [default: all of the target]"),
    click.option("--seed", type=Seed(), default="1", show_default=True, help="The same seed, the same cases; random draws and tells one."),
    click.option("--examples", type=click.IntRange(1, 10_000), default=10, show_default=True, help="For each operation and phase."),
    click.option("--allow-writes", is_flag=True, help='With mode = "writes" in the profile: let writes on known ids out.'),
    click.option("--max-requests", type=click.IntRange(1), help="End after so many. [default: the profile's; 2000 for a sandbox]"),
    click.option("--max-time", type=click.FloatRange(1), metavar="SECONDS", help="End after so long, with what was found."),
    click.option("--report-dir", type=click.Path(path_type=Path, file_okay=False), help="Write JUnit, HTML, HAR, ndjson and findings."),
    click.option("--baseline", "baseline_file", type=click.Path(path_type=Path), help="YAML of findings that are accepted until a date."),
    click.option("--no-redaction", is_flag=True, help="Show ids and names as they are. For a fake only; refused for a sandbox."),
)


def target_options(command: F) -> F:
    return _decorated(command, _TARGET)


def run_options(command: F) -> F:
    return _decorated(command, (*_TARGET, *_RUN))


def options_of(chosen: dict[str, Any]) -> tuple[Options, list[str]]:
    """The options of a run, and what is to be said about the baseline. Takes what it knows out of `chosen`."""
    place, today = chosen.pop("baseline_file"), datetime.now(UTC).date()
    accepted = baseline.load(place, today) if place else {}
    return (
        Options(
            versions=chosen.pop("versions"),
            seed=chosen.pop("seed"),
            examples=chosen.pop("examples"),
            allow_writes=chosen.pop("allow_writes"),
            max_requests=chosen.pop("max_requests"),
            max_time=chosen.pop("max_time"),
            report_dir=chosen.pop("report_dir"),
            redaction=not chosen.pop("no_redaction"),
            accepted=accepted,
        ),
        baseline.expired(place, today) if place else [],
    )


@contextmanager
def chosen_target(wanted: str | None, config: Path | None, *, is_stub: bool, with_login: bool = True) -> Iterator[Target]:
    """The target, for as long as the block lasts: `--target stub` is the same as --stub, unless a profile has that name.

    Raises:
        Misuse: it cannot be told, or may not be used.
    """
    if is_stub and wanted not in (None, "stub"):
        raise Misuse("--stub and --target: choose one of them")
    is_stub = is_stub or (wanted == "stub" and not targets.has_profile("stub", config, Path.cwd()))
    if is_stub and with_login:
        with stub.started() as target:
            yield target
    elif is_stub:
        yield targets.loopback("http://127.0.0.1", dict.fromkeys(targets.ROLES, _NOBODY), is_own=True)
    else:
        yield targets.resolve(wanted, config, os.environ, Path.cwd(), None if with_login else _NOBODY)


_NOBODY = Credentials("nobody", "nobody")
"""For what never logs in."""


def _decorated(command: F, options: tuple[Callable[[F], F], ...]) -> F:
    for option in reversed(options):
        command = option(command)
    return command
