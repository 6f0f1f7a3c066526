"""The command isc-contract: options in, one line for a mistake, and an exit code that says what came of it."""

from __future__ import annotations

import json
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from contract_tests.harness import baseline, findings, planning, reports, screen, telling, testfile
from contract_tests.harness import run as runs
from contract_tests.harness.errors import FOUND, FOUND_NOTHING, INTERRUPTED, MISUSED, OUR_BUG, UNREACHABLE, Misuse, Unreachable
from contract_tests.harness.findings import Finding
from contract_tests.harness.fuzz import fuzz as fuzz_run
from contract_tests.harness.governor import state_folder
from contract_tests.harness.lifecycle import lifecycle as lifecycle_run
from contract_tests.harness.options import chosen_target, options_of, run_options, target_options
from contract_tests.harness.redaction import Redaction, machine_key
from contract_tests.harness.replay import State
from contract_tests.harness.replay import replay as replayed
from contract_tests.harness.run import Options, Run
from contract_tests.harness.validate import validate as validated
from mock_server.contract import ContractError

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def main(arguments: list[str] | None = None) -> None:
    """Runs a command, and exits with one of the codes in errors.py."""
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        sys.exit(cli.main(arguments, prog_name="isc-contract", standalone_mode=False) or 0)
    except click.UsageError as error:
        _refuse(f"{error.format_message().rstrip('.')}{f'; see {error.ctx.command_path} --help' if error.ctx else ''}", MISUSED)
    except click.ClickException as error:
        _refuse(error.format_message(), MISUSED)
    except (Misuse, ContractError) as error:
        _refuse(str(error), MISUSED)
    except Unreachable as error:
        _refuse(str(error), UNREACHABLE)
    except OSError as error:  # a folder that cannot be written, a full disk
        _refuse(f"{str(error.filename or 'output')[:200]}: {error.strerror}", MISUSED)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except Exception:  # noqa: BLE001 - ours: Python itself would exit with 1, which says that something was found
        traceback.print_exc()
        sys.exit(OUR_BUG)


def _refuse(line: str, code: int) -> None:
    click.echo(f"isc-contract: {line}", err=True)
    sys.exit(code)


@click.group(context_settings=HELP, invoke_without_command=True)
@click.version_option(package_name="isc-mock", prog_name="isc-contract")
@click.pass_context
def cli(context: click.Context) -> None:
    """Hold an ISC tenant, or the fake, to the contract: without a write, a flood or a name where none is wanted.

    \b
    isc-contract fuzz --stub                 try it on a fake of its own
    isc-contract plan --target my-sandbox    see what would be sent, and send nothing
    isc-contract fuzz --target my-sandbox    read-only, at most 90 requests in 10 s, redacted
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command(context_settings=HELP)
@run_options
def fuzz(**chosen: Any) -> int:
    """Try each operation with valid and invalid requests, and hold what comes back to the contract and its laws.

    \b
    isc-contract fuzz --stub --version v2025 --report-dir reports
    isc-contract fuzz --target my-sandbox --max-requests 500
    """
    return _carried_out("fuzz", chosen, fuzz_run)


@cli.command(context_settings=HELP)
@run_options
def lifecycle(**chosen: Any) -> int:
    """Complete, forward, decide and patch at random, and compare with a model after each step. Where writes are allowed.

    \b
    isc-contract lifecycle --stub --examples 50 --seed random
    """
    return _carried_out("lifecycle", chosen, _lifecycle)


def _lifecycle(run: Run) -> None:
    if not run.may_write:
        raise Misuse(f'lifecycle changes things: it needs mode = "writes" in [targets.{run.target.name}], and --allow-writes')

    def told(finding: Finding, asserts: Sequence[str]) -> None:
        text = testfile.written(finding, asserts, run.summary.origin)
        if run.options.report_dir is None:
            click.echo(text)
        else:
            (run.options.report_dir / testfile.name(finding.id)).write_text(text, encoding="utf-8")

    lifecycle_run(run, told)


@cli.command(context_settings=HELP)
@run_options
def plan(**chosen: Any) -> int:
    """Print what `fuzz` would send to a target, by operation and version. Sends nothing, and needs no login.

    \b
    isc-contract plan --target my-sandbox
    isc-contract plan --target my-sandbox --allow-writes --version v2025
    """
    options, _ = options_of(chosen)
    target_names = chosen.pop("target"), chosen.pop("config")
    with chosen_target(*target_names, is_stub=chosen.pop("stub"), with_login=False) as target:
        with runs.opened("plan", target, _unbounded(options)) as run:
            run.gate.instead = planning.Imagined()
            run.gate.governor.rate = None
            run.is_imagined = True
            with _shown(run):
                fuzz_run(run)
        telling.tell_plan(run.summary, planning.forecast(run, options), Console())
    return FOUND_NOTHING


def _unbounded(options: Options) -> Options:
    return Options(versions=options.versions, seed=options.seed, examples=options.examples, allow_writes=options.allow_writes)


@cli.command(context_settings=HELP)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--all", "require_all", is_flag=True, help="Fail as well if an operation was never touched.")
@click.option("--no-redaction", is_flag=True, help="Show what the traffic holds as it is.")
def validate(files: tuple[Path, ...], require_all: bool, no_redaction: bool) -> int:
    """Hold recorded traffic to the contract: HAR, ndjson, or the mock's journal; - reads the standard input.

    \b
    isc-contract validate browser.har
    curl -s "$SAIL_BASE_URL/_mock/journal?limit=1000" | isc-contract validate -
    """
    report = validated(files, redaction=Redaction(None if no_redaction else machine_key(state_folder()), trusting=True))
    telling.tell_validation(report, Console())
    return report.exit_code(require_all=require_all)


@cli.command(context_settings=HELP)
@click.argument("finding", type=click.Path(path_type=Path, dir_okay=False))
@target_options
@click.option("--allow-writes", is_flag=True, help="As in fuzz.")
def replay(finding: Path, target: str | None, stub: bool, config: Path | None, allow_writes: bool) -> int:
    """Send the requests of a finding again, to the same target or another one, and tell whether it shows the same.

    \b
    isc-contract replay reports/findings/3f0d5a7b9c.json --target stub
    """
    told, seed = _finding(finding)
    with chosen_target(target, config, is_stub=stub) as where:
        with runs.opened("replay", where, Options(versions=(told.version,), seed=seed, allow_writes=allow_writes)) as run:
            outcome = replayed(run, told)
        if run.summary.ended == runs.INTERRUPTED:
            return INTERRUPTED
        if run.summary.ended:
            raise (Unreachable if run.is_gone else Misuse)(f"the replay ended early: {run.summary.ended}")
    telling.tell_replay(outcome, Console())
    return {State.SHOWS: FOUND, State.DIFFERS: FOUND_NOTHING}.get(outcome.state, MISUSED)


def _finding(place: Path) -> tuple[Finding, int]:
    """And the seed of the run that found it: laws draw from it."""
    try:
        told = json.loads(place.read_text(encoding="utf-8"))
        return findings.from_json(told), int(told["seed"])
    except OSError as error:
        raise Misuse(f"{place}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Misuse(f"{place}: is no finding; name a file of REPORT-DIR/findings") from None


def _carried_out(command: str, chosen: dict[str, Any], carry_out: Callable[[Run], None]) -> int:
    options, notes = options_of(chosen)
    for note in notes:
        click.echo(f"isc-contract: {note}", err=True)
    with ExitStack() as stack:
        target = stack.enter_context(chosen_target(chosen["target"], chosen["config"], is_stub=chosen["stub"]))
        watchers = stack.enter_context(reports.written(options.report_dir)) if options.report_dir else []
        run = None
        try:
            with runs.opened(command, target, options, watchers=watchers) as run, _shown(run):
                carry_out(run)
        finally:  # whatever ends it: what was found is told
            if run is not None:
                _told(run, options.report_dir)
    return _exit_code(run)


def _told(run: Run, folder: Path | None) -> None:
    screen.tell(run.summary, Console(), folder)
    if folder is not None:
        reports.finish(run.summary, folder)
        (folder / "baseline-suggestion.yaml").write_text(baseline.suggestion(run.summary), encoding="utf-8")


def _exit_code(run: Run) -> int:
    summary = run.summary
    if summary.ended == runs.INTERRUPTED:
        return INTERRUPTED
    if run.is_gone:
        return UNREACHABLE
    if len(summary.findings) or summary.troubles:
        return FOUND
    if not any(200 <= status < 300 for row in summary.rows.values() for status in row.statuses):
        raise Unreachable(f"nothing was answered with success, so nothing was tested: {summary.ended or '; '.join(summary.notes)}")
    return FOUND_NOTHING


@contextmanager
def _shown(run: Run) -> Iterator[None]:
    """What is being done is told while it is done."""
    with screen.opened(run.versions, reads_only=not run.may_write) as shown:
        run.step = shown.step
        run.watchers.append(shown.watch)
        run.told = lambda: shown.finding(len(run.summary.findings))
        yield
