"""The README is true: its commands do what it shows, its tables name what is there, CI runs the commands that it prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from contract_tests.harness.cli import cli as harness
from contract_tests.harness.target import DEFAULT_RATE, FILE, SANDBOX_REQUESTS, resolve
from contract_tests.support.client import operations, versions_with
from contract_tests.support.server import Running
from mock_server import contract
from mock_server.cli import serve
from mock_server.contract import VERSIONS
from mock_server.state.folders import scenarios

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def shell(script: str, server: Running) -> str:
    """What a script prints, in a shell that finds this environment's commands."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    script = script.replace("isc-mock credentials", f"isc-mock credentials --base-url {server.url}")
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="the block is written with curl")
def test_the_minute_with_curl_prints_what_it_shows(server: Running) -> None:
    (block,) = blocks("console")
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    shown = [line for line in block.splitlines() if not line.startswith("$ ")]

    printed = shell("\n".join(commands), server)

    assert printed.replace("\r", "").splitlines() == shown


def test_the_example_with_the_vendors_sdk_prints_what_it_shows(server: Running, tmp_path: Path) -> None:
    program, _ = blocks("python")
    (shown,) = blocks("text")
    (tmp_path / "example.py").write_text(program)

    printed = shell(f'eval "$(isc-mock credentials)"\npython {tmp_path / "example.py"}', server)

    assert printed == shown


def test_the_example_with_the_plugin_passes(tmp_path: Path) -> None:
    _, program = blocks("python")
    (tmp_path / "test_example.py").write_text(program)

    done = subprocess.run([sys.executable, "-m", "pytest", "-q", tmp_path], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "2 passed" in done.stdout, done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="the table is written with curl")
def test_every_line_of_curl_in_the_table_does_what_it_says(server: Running, tmp_path: Path) -> None:
    table = README[README.index("With `MOCK=") : README.index("Everything but the first three rows")]
    commands = re.findall(r"`(curl [^`]+)`", table)
    # The answer to the export is needed by the line after it; all others show their status alone.
    quiet = [command if " -o " in command else f"{command} -o /dev/null" for command in commands]
    script = "\n".join(command.replace("curl ", "curl -s -w '%{http_code} ' ", 1) for command in quiet)

    printed = shell(f"cd {tmp_path}\nMOCK={server.url}/_mock\n{script}", server)

    assert len(commands) >= 25
    assert set(printed.split()) == {"200", "201", "204"}


@pytest.mark.parametrize("path", contract.load("control.yaml")["paths"])
def test_the_table_reaches_every_path_of_the_control_api(path: str) -> None:
    example = re.escape(f"$MOCK{path}").replace(r"\{name\}", "[a-z-]+")

    assert re.search(rf'{example}["`? ]', README)


def test_ci_runs_the_commands_that_it_prints() -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    _, _, install, checks = blocks("sh")
    (workflow,) = blocks("yaml")

    for line in (install + checks).strip().splitlines() + re.findall(r"- run: (isc-contract .*)", workflow):
        assert line in ci, line


def test_its_workflow_is_one() -> None:
    (workflow,) = blocks("yaml")

    steps = yaml.safe_load(workflow)["jobs"]["contract"]["steps"]

    assert all(step.keys() & {"uses", "run"} for step in steps)


def test_its_profile_is_taken(tmp_path: Path) -> None:
    (profile,) = blocks("toml")
    (tmp_path / FILE).write_text(profile)
    names = re.findall(r'-env = "(\w+)"', profile)

    target = resolve("my-sandbox", None, dict.fromkeys(names, "x"), tmp_path)

    assert (target.mode, target.rate, target.max_requests) == ("read-only", DEFAULT_RATE, SANDBOX_REQUESTS)
    assert f"At most {DEFAULT_RATE} requests" in README
    assert f"after {SANDBOX_REQUESTS:,} requests" in README


def test_every_command_of_the_harness_that_it_names_is_one() -> None:
    for line in re.findall(r"isc-contract ([a-z]+[^`\n]*)", README):
        name, *arguments = line.split()
        known = {option for parameter in harness.commands[name].params for option in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("--")} <= known, line


def test_it_reaches_the_first_command_by_line_15() -> None:
    assert README[: README.index("```sh")].count("\n") < 15


def test_every_option_that_it_names_is_one() -> None:
    options = {name for parameter in serve.params for name in parameter.opts}
    named = {option for command in re.findall(r"isc-mock serve([^`\n]*)", README) for option in re.findall(r"--[a-z-]+", command)}

    assert named <= {*options, "--help"}


def test_every_scenario_is_named() -> None:
    assert all(name in README for name in scenarios())


def test_the_table_of_versions_is_that_of_the_spec() -> None:
    row = next(line for line in README.splitlines() if line.startswith("| pending tasks: GET, HEAD"))
    cells = [cell.strip() for cell in row.strip("|").split("|")[1:]]

    assert [cell == "yes" for cell in cells] == [
        version in versions_with("getPendingTasks", "getPendingTaskHeaders") for version in VERSIONS
    ]
    assert all(len(operations(version)) >= 13 for version in VERSIONS)


def test_the_top_level_is_the_six_entries_of_the_design() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    top = {line.partition("/")[0] for line in listed.stdout.splitlines()}

    assert {name for name in top if not name.startswith(".")} == {
        "README.md",
        "contract_tests",
        "fixtures",
        "mock_server",
        "pyproject.toml",
        "spec",
    }
