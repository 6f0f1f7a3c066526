"""The command isc-mock: options in, one line for a mistake, exit code 2."""

from __future__ import annotations

import contextlib
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import yaml

from mock_server import contract
from mock_server.conventions.errors import SetupError
from mock_server.settings import VENDOR_TOKEN_LIFE, Settings
from mock_server.state.garbage import load_without_looking

DEFAULT_URL = "http://127.0.0.1:8080"

LONGEST_TOKEN_LIFE = 10 * 365 * 24 * 3600
"""Seconds: ten years."""

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def main(arguments: list[str] | None = None) -> None:
    """Runs a command and exits: 0 done, 1 `check` found mistakes, 2 misused."""
    try:
        sys.exit(cli.main(arguments, prog_name="isc-mock", standalone_mode=False) or 0)
    except click.UsageError as error:
        context = f"; see {error.ctx.command_path} --help" if error.ctx else ""
        _refuse([f"{error.format_message().rstrip('.')}{context}"])
    except click.ClickException as error:
        _refuse([error.format_message()])
    except (SetupError, contract.ContractError) as error:
        _refuse(list(getattr(error, "mistakes", [str(error)])))
    except OSError as error:  # a folder that cannot be read or written, a full disk
        _refuse([f"{str(error.filename or 'output')[:200]}: {error.strerror}"])
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


def _refuse(lines: list[str]) -> None:
    for line in lines:
        click.echo(f"isc-mock: {line}", err=True)
    sys.exit(2)


@click.group(context_settings=HELP, invoke_without_command=True)
@click.version_option(package_name="isc-mock", prog_name="isc-mock")
@click.pass_context
def cli(context: click.Context) -> None:
    """An offline fake of SailPoint Identity Security Cloud for work items and task status.

    \b
    isc-mock serve                      start it on http://127.0.0.1:8080
    eval "$(isc-mock credentials)"      let an SDK find it
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _option(name: str, **settings: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option that is also a variable: --token-life is ISC_MOCK_TOKEN_LIFE."""
    variable = f"ISC_MOCK_{name.removeprefix('--').replace('-', '_').upper()}"
    return click.option(name, envvar=variable, show_envvar=True, show_default=True, **settings)


class TokenLife(click.ParamType):  # type: ignore[type-arg]  # click 8.2 has no argument for it
    name = "seconds|vendor"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        value = str(value)
        if value == "vendor":
            return VENDOR_TOKEN_LIFE
        try:
            seconds = int(value)
        except ValueError:
            seconds = 0
        if not 1 <= seconds <= LONGEST_TOKEN_LIFE:
            limits = f"at least 1 and at most {LONGEST_TOKEN_LIFE}"
            self.fail(f"{value[:100]!r} is neither a number of seconds, {limits}, nor vendor ({VENDOR_TOKEN_LIFE})", param, ctx)
        return seconds


class Assumed(click.ParamType):  # type: ignore[type-arg]  # as above
    name = "ID=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, equals, chosen = value.partition("=")
        if not equals:
            self.fail(f"{value!r} is not of the form ID=VALUE", param, ctx)
        return name, chosen


@cli.command(context_settings=HELP)
@_option("--host", default="127.0.0.1", help="Address to listen on.")
@_option("--port", default=8080, type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@_option("--fixtures", type=click.Path(path_type=Path), help="Folder of fixtures; what it leaves out comes from the default tenant.")
@_option("--scenario", help="Start in a named situation: empty, stuck-tasks, leaver, aggregation-running, or one of your own.")
@_option("--token-life", type=TokenLife(), default=12 * 3600, help="How long an access token is valid; vendor is 749 s.")
@_option("--rate-limit", type=click.Choice(["off", "vendor"]), default="off", help="vendor: 100 requests in 10 s per client and version.")
@_option(
    "--experimental",
    type=click.Choice(["lenient", "strict"]),
    default="lenient",
    help="strict: demand X-SailPoint-Experimental where older documents do.",
)
@_option(
    "--tenants",
    type=click.Choice(["known", "auto"]),
    default="known",
    help="auto: unknown credentials get a tenant of their own, so that parallel jobs need no set-up.",
)
@_option("--control-token", help="Bearer that the control API under /_mock then demands; needed on an address that others reach.")
@_option("--assume", type=Assumed(), multiple=True, help="Choose what is unproven, see isc-mock assumptions; may be repeated.")
@_option("--log-level", type=click.Choice(["debug", "info", "warning"]), default="info", help="info: a line for each request.")
def serve(host: str, port: int, log_level: str, assume: tuple[tuple[str, str], ...], **options: Any) -> None:
    """Start the fake and print how to reach it.

    It listens on the loopback interface only, unless --host says otherwise, and forgets everything when it ends.
    """
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C while it is still getting ready
        _serve(host, port, log_level, dict(assume), options)


def _serve(host: str, port: int, log_level: str, assume: dict[str, str], options: dict[str, Any]) -> None:
    load_without_looking()
    from mock_server import server  # noqa: PLC0415 - half a second that other commands need not wait
    from mock_server.access_log import log_to  # noqa: PLC0415 - as above
    from mock_server.app import App  # noqa: PLC0415 - as above

    settings = Settings(
        fixtures=options["fixtures"],
        scenario=options["scenario"],
        token_life=options["token_life"],
        rate_limit=options["rate_limit"] == "vendor",
        strict_experimental=options["experimental"] == "strict",
        auto_tenants=options["tenants"] == "auto",
        control_token=options["control_token"],
        assume=assume,
    )
    if settings.control_token is not None and not settings.control_token.isascii():
        raise SetupError("--control-token: a header cannot carry it; choose one of ASCII characters")
    with server.until_interrupted():
        lines = log_to(sys.stderr, log_level.upper())
        app = App(settings, say=None if log_level == "warning" else lines.say)
        listening = server.listen(host, port)
        if not server.is_loopback(listening) and not settings.control_token:
            listening.close()
            raise SetupError(f"--host {host}: others reach this address, and the control API with it; choose a --control-token")
        _announce(app, server.url_of(listening))
        server.run(app, listening)


def _announce(app: Any, url: str) -> None:
    administrator = _of_level(app.tenant.state, "ORG_ADMIN")
    click.echo(f"isc-mock serves {app.tenant.name} at {url}\n")
    if administrator is not None:
        click.echo(f"{_exports(administrator, url)}\n")
    click.echo(f"Documentation: {url}/v2024/ui/ (beta v3 v2024 v2025 v2026; v1 is at {url}/ui/)   Stop: Ctrl-C")
    sys.stdout.flush()


@cli.command(context_settings=HELP)
@click.option("--level", default="ORG_ADMIN", show_default=True, help="User level that the credentials are to have, or none.")
@click.option("--client", "name", help="Name of a client in clients.yaml, instead of a level.")
@click.option("--base-url", default=DEFAULT_URL, show_default=True, help="Where the server is.")
@click.option("--format", "form", type=click.Choice(["env", "json"]), default="env", show_default=True, help="env is for eval.")
@_option("--fixtures", type=click.Path(path_type=Path), help="Folder of fixtures that the server was started with.")
@_option("--scenario", help="Scenario that the server was started with.")
def credentials(level: str, name: str | None, base_url: str, form: str, fixtures: Path | None, scenario: str | None) -> None:
    """Print SAIL_BASE_URL, SAIL_CLIENT_ID and SAIL_CLIENT_SECRET. No server is needed.

    \b
    eval "$(isc-mock credentials)"
    eval "$(isc-mock credentials --level HELPDESK --base-url http://127.0.0.1:9000)"
    """
    client = _client(fixtures, scenario, level, name)
    if form == "json":
        click.echo(json.dumps(_variables(client, base_url), indent=2))
    else:
        click.echo(_exports(client, base_url))


@cli.command(context_settings=HELP)
@click.argument("version", type=click.Choice(contract.VERSIONS))
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
def spec(version: str, form: str) -> None:
    """Print the complete OpenAPI document of a version."""
    document = contract.compose(version)
    if form == "json":
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        click.echo(yaml.dump(document, Dumper=_Written, sort_keys=False, allow_unicode=True, width=120), nl=False)


@cli.command(context_settings=HELP)
def assumptions() -> None:
    """List what nobody has published about the service: what the fake does, and what --assume can make of it."""
    for entry in contract.load("assumptions.yaml")["assumptions"]:
        click.echo(f"{entry['id']}: {entry['statement']}")
        for mark, choice in [("*", entry["default"]), *((" ", other) for other in entry["alternatives"])]:
            click.echo(f"  {mark} {choice['value']}: {choice['meaning']}")
        click.echo(f"    evidence: {' '.join(entry['evidence'].split())}\n")


@cli.command(context_settings=HELP)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--scenario", help="Check this scenario on top.")
def check(folder: Path, scenario: str | None) -> None:
    """Check a folder of fixtures, and tell every mistake with file, item and reason. Exit code 1 if there are any."""
    from mock_server.state.clock import machine_time  # noqa: PLC0415 - as in serve
    from mock_server.state.fixtures import load  # noqa: PLC0415 - as in serve

    if not folder.is_dir():
        raise SetupError(f"{folder}: {'is not a folder' if folder.exists() else 'there is no such folder'}")
    try:
        _, state = load(folder, scenario, {}, machine_time())
    except SetupError as error:
        for mistake in error.mistakes:
            click.echo(mistake)
        click.echo(f"{len(error.mistakes)} mistake{'s' if len(error.mistakes) > 1 else ''} in {folder}", err=True)
        sys.exit(1)
    items = sum(len(state.work_items.bucket((is_open,))) for is_open in (True, False))
    click.echo(f"{folder}: {items} work items, {len(state.tasks.bucket(('all',)))} tasks, {len(state.identities)} identities: all valid")


@cli.command(context_settings=HELP)
@click.option("--work-items", type=click.IntRange(0), default=1000, show_default=True, help="How many, open and completed.")
@click.option("--tasks", type=click.IntRange(0), default=1000, show_default=True, help="How many, finished and pending.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed writes the same files.")
@click.argument("folder", type=click.Path(path_type=Path))
def generate(work_items: int, tasks: int, seed: int, folder: Path) -> None:
    """Write a large, valid folder of fixtures. FOLDER must not exist, or be empty."""
    from mock_server.state.generation import write  # noqa: PLC0415 - faker takes its time to import

    if folder.exists() and not folder.is_dir():
        raise SetupError(f"{folder}: is not a folder")
    if folder.exists() and any(folder.iterdir()):
        raise SetupError(f"{folder}: is not empty; name a folder that is, or one that does not exist yet")
    write(folder, work_items, tasks, seed)
    click.echo(f"{folder}: {work_items} work items and {tasks} tasks; serve them with: isc-mock serve --fixtures {folder}")


def _client(fixtures: Path | None, scenario: str | None, level: str, name: str | None) -> Any:
    from mock_server.state.clock import machine_time  # noqa: PLC0415 - as in serve
    from mock_server.state.fixtures import load  # noqa: PLC0415 - as in serve

    _, state = load(fixtures, scenario, {}, machine_time())
    if name is not None:
        chosen = next((client for client in state.clients.values() if client.name == name), None)
        known = ", ".join(client.name for client in state.clients.values())
        if chosen is None:
            raise SetupError(f"--client {name}: there is no such client; there are: {known}")
        return chosen
    chosen = _of_level(state, level.upper())
    if chosen is None:
        levels = sorted({level for identity in state.identities for level in identity.levels})
        raise SetupError(f"--level {level}: no client has it; there are: {', '.join(levels)}, none")
    return chosen


def _of_level(state: Any, level: str) -> Any:
    """The first client with all scopes whose identity has exactly this level; NONE: a plain user."""
    wanted = () if level == "NONE" else (level,)
    for client in state.clients.values():
        identity = state.identities.get(client.identity) if client.identity else None
        if identity is not None and identity.levels == wanted and client.has_all_scopes:
            return client
    return None


def _variables(client: Any, base_url: str) -> dict[str, str]:
    return {"SAIL_BASE_URL": base_url.rstrip("/"), "SAIL_CLIENT_ID": client.id, "SAIL_CLIENT_SECRET": client.secret}


def _exports(client: Any, base_url: str) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in _variables(client, base_url).items())


class _Written(yaml.SafeDumper):
    """Text over several lines as people write it, and nothing as an alias."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: _Written, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Written.add_representer(str, _text)
