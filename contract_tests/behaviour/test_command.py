"""The command isc-mock: what it prints, how it ends, and one line for a mistake."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import yaml
from openapi_spec_validator import validate

from mock_server import contract
from mock_server.cli import main
from mock_server.contract import VERSIONS

COMMAND = Path(sys.executable).parent / "isc-mock"


class Done(NamedTuple):
    returncode: object
    stdout: str
    stderr: str


def isc_mock(*arguments: object) -> Done:
    """What the command prints and its exit code; in this process, which saves the start of another."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr), pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return Done(ended.value.code, stdout.getvalue(), stderr.getvalue())


@contextmanager
def serving(*arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The process, and the SAIL_ variables that it prints."""
    process = subprocess.Popen(
        [COMMAND, "serve", "--port", "0", *arguments],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    printed = {}
    for line in process.stdout:
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").strip().partition("=")
            printed[name] = value
        if line.startswith("Documentation"):
            break
    try:
        yield process, printed
    finally:
        process.kill()
        process.communicate()


def token(printed: dict[str, str]) -> dict[str, object]:
    form = {
        "grant_type": "client_credentials",
        "client_id": printed["SAIL_CLIENT_ID"],
        "client_secret": printed["SAIL_CLIENT_SECRET"],
    }
    answer: dict[str, object] = httpx.post(f"{printed['SAIL_BASE_URL']}/oauth/token", data=form).json()
    return answer


def test_serve_prints_variables_that_log_the_administrator_in() -> None:
    with serving() as (_, printed):
        answer = token(printed)

    assert answer["token_type"] == "bearer"
    assert answer["user_name"] == "ines.calder"


@pytest.mark.parametrize(("level", "expected"), [("info", 1), ("warning", 0)])
def test_serve_writes_a_line_for_each_request_unless_only_warnings_are_wanted(level: str, expected: int) -> None:
    with serving("--log-level", level) as (process, printed):
        httpx.get(f"{printed['SAIL_BASE_URL']}/v2024/work-items").close()
        process.terminate()
        _, errors = process.communicate(timeout=10)

    lines = re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} GET /v2024/work-items 401 \d+\.\dms listWorkItems -$", errors, re.MULTILINE)
    assert len(lines) == len(errors.splitlines()) == expected


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_within_two_seconds_even_with_an_open_connection(number: signal.Signals) -> None:
    with serving() as (process, printed), httpx.Client(base_url=printed["SAIL_BASE_URL"]) as client:
        client.get("/_mock/health").raise_for_status()
        asked = time.monotonic()

        process.send_signal(number)
        _, errors = process.communicate(timeout=10)

        assert process.returncode == 0
        assert time.monotonic() - asked < 2
        assert "Traceback" not in errors


def test_each_option_is_also_a_variable() -> None:
    variables = {
        "ISC_MOCK_SCENARIO": "empty",
        "ISC_MOCK_TOKEN_LIFE": "vendor",
        "ISC_MOCK_RATE_LIMIT": "vendor",
        "ISC_MOCK_ASSUME": "summary-total=open empty-pending=no-content",
    }

    with serving(**variables) as (_, printed):
        answer = token(printed)
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        with httpx.Client(base_url=printed["SAIL_BASE_URL"], headers=headers) as client:
            summary = client.get("/v2024/work-items/summary").json()
            pending = client.get("/v2024/task-status/pending-tasks").status_code
            statuses = [client.get("/v3/work-items/count").status_code for _ in range(101)]

    assert answer["expires_in"] == 749
    assert summary == {"open": 0, "completed": 0, "total": 0}
    assert pending == 204
    assert statuses == [200] * 100 + [429]


def test_a_taken_port_is_one_line_that_says_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = isc_mock("serve", "--port", port)

    assert done.returncode == 2
    assert done.stderr == f"isc-mock: --port {port}: Address already in use; choose another one, or any free one with --port 0\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["serve", "--bogus"], "--bogus"),
        (["serve", "--port", "80000"], "80000 is not in the range"),
        (["serve", "--port", "x"], "'x' is not a valid"),
        (["serve", "--host", "203.0.113.7"], "--host 203.0.113.7"),
        (["serve", "--host", "not a host"], "--host not a host"),
        (["serve", "--token-life", "soon"], "'soon' is neither a number of seconds"),
        (["serve", "--token-life", "0"], "at least 1"),
        (["serve", "--token-life", "9" * 30], "at most 315360000"),
        (["serve", "--control-token", "schlüssel"], "choose one of ASCII characters"),
        (["serve", "--host", "ä..b"], "is no name of a host"),
        (["serve", "--fixtures", "a" * 5000], "File name too long"),
        (["generate", f"{__file__}/below"], "Not a directory"),
        (["check", __file__], "is not a folder"),
        (["serve", "--rate-limit", "often"], "'often' is not one of"),
        (["serve", "--scenario", "nowhere"], "there are: aggregation-running, empty, leaver, stuck-tasks"),
        (["serve", "--scenario", "../default"], "there is no scenario '../default'"),
        (["serve", "--fixtures", "/does/not/exist"], "/does/not/exist: there is no such folder"),
        (["serve", "--assume", "summary-total"], "not of the form ID=VALUE"),
        (["serve", "--assume", "nothing=x"], "there is no such assumption"),
        (["serve", "--assume", "summary-total=x"], "'x' is not one of its values: open-plus-completed, open"),
        (["credentials", "--level", "KING"], "--level KING: no client has it; there are: CERT_ADMIN"),
        (["credentials", "--client", "nobody"], "there are: org-admin"),
        (["spec", "v4"], "'v4' is not one of"),
        (["check", "/does/not/exist"], "/does/not/exist: there is no such folder"),
        (["generate", "/"], "/: is not empty"),
        (["nothing"], "No such command 'nothing'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments: list[str], says: str) -> None:
    done = isc_mock(*arguments)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("isc-mock: ")
    assert says in done.stderr


def test_a_mistake_in_a_variable_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISC_MOCK_PORT", "http")

    done = isc_mock("serve")

    assert done.returncode == 2
    assert "ISC_MOCK_PORT" in done.stderr


def test_without_a_command_it_shows_its_help() -> None:
    done = isc_mock()

    assert done.returncode == 0
    assert "serve" in done.stdout


def test_an_address_that_others_reach_needs_a_control_token() -> None:
    done = isc_mock("serve", "--host", "0.0.0.0", "--port", 0)  # noqa: S104 - what is tested

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "choose a --control-token" in done.stderr


def test_credentials_for_a_shell_name_the_three_variables() -> None:
    lines = isc_mock("credentials", "--base-url", "http://127.0.0.1:9000/").stdout.splitlines()

    assert [line.partition("=")[0] for line in lines] == [
        "export SAIL_BASE_URL",
        "export SAIL_CLIENT_ID",
        "export SAIL_CLIENT_SECRET",
    ]
    assert lines[0] == "export SAIL_BASE_URL=http://127.0.0.1:9000"


def test_what_a_shell_would_take_for_a_command_is_quoted() -> None:
    assert isc_mock("credentials", "--base-url", "http://x; echo").stdout.startswith("export SAIL_BASE_URL='http://x; echo'\n")


@pytest.mark.parametrize("level", ["HELPDESK", "source_subadmin", "none"])
def test_credentials_for_each_level_differ(level: str) -> None:
    chosen = json.loads(isc_mock("credentials", "--level", level, "--format", "json").stdout)
    administrator = json.loads(isc_mock("credentials", "--format", "json").stdout)

    assert set(chosen) == {"SAIL_BASE_URL", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET"}
    assert chosen["SAIL_CLIENT_ID"] != administrator["SAIL_CLIENT_ID"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_spec_prints_the_document_that_is_served(version: str, form: str) -> None:
    printed = isc_mock("spec", version, "--format", form).stdout

    document = json.loads(printed) if form == "json" else yaml.load(printed, contract.PlainLoader)  # noqa: S506 - a safe one
    assert document == contract.compose(version)
    validate(document)


def test_every_command_explains_itself() -> None:
    for command in ("serve", "credentials", "spec", "assumptions", "check", "generate"):
        done = isc_mock(command, "--help")

        assert done.returncode == 0
        assert len(done.stdout.splitlines()) > 5


def test_assumptions_lists_every_id_and_value() -> None:
    printed = isc_mock("assumptions").stdout

    for entry in contract.assumptions().values():
        assert f"{entry.id}: " in printed
        assert all(value in printed for value in entry.values)


def test_check_finds_nothing_wrong_with_the_default_tenant() -> None:
    done = isc_mock("check", contract.shipped("fixtures") / "default")

    assert done.returncode == 0
    assert "65 work items, 46 tasks" in done.stdout


def test_check_tells_every_mistake_with_file_item_and_reason(tmp_path: Path) -> None:
    (tmp_path / "work-items.yaml").write_text(
        "- {id: 0000000000000000000000000000000a, type: Generic, owner: nobody.here, created: -1d, description: x}\n"
        "- {id: 0000000000000000000000000000000b, type: Gneric, created: yesterday, description: x}\n"
        "- {id: 0000000000000000000000000000000c, type: Generic, created: -1d, descripton: x}\n"
    )

    done = isc_mock("check", tmp_path)

    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert len(lines) == 4
    assert all(line.startswith(f"{tmp_path}/work-items.yaml: item {number} ") for line, number in zip(lines, (1, 2, 2, 3), strict=True))
    assert "nobody.here" in lines[0]
    assert "yesterday" in lines[1]
    assert "Gneric" in lines[2]
    assert "descripton" in lines[3]


def test_serve_refuses_fixtures_with_mistakes(tmp_path: Path) -> None:
    (tmp_path / "task-status.yaml").write_text("- {id: 1}\n- {id: 2}\n")

    done = isc_mock("serve", "--port", 0, "--fixtures", tmp_path)

    assert done.returncode == 2
    assert "task-status.yaml: item 1" in done.stderr
    assert "task-status.yaml: item 2" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_generate_writes_is_valid_and_served(tmp_path: Path) -> None:
    written = isc_mock("generate", "--work-items", 300, "--tasks", 200, "--seed", 5, tmp_path / "large")

    assert written.returncode == 0
    assert "300 work items, 200 tasks" in isc_mock("check", tmp_path / "large").stdout
    with serving("--fixtures", str(tmp_path / "large")) as (_, printed):
        headers = {"Authorization": f"Bearer {token(printed)['access_token']}"}
        summary = httpx.get(f"{printed['SAIL_BASE_URL']}/v2024/work-items/summary", headers=headers).json()
    assert summary["total"] == 300


def test_the_same_seed_generates_the_same_files(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        isc_mock("generate", "--work-items", 50, "--tasks", 50, "--seed", seed, tmp_path / name)

    one, two, three = ((tmp_path / name / "work-items.json").read_bytes() for name in ("one", "two", "three"))
    assert one == two
    assert one != three
