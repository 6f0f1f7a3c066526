"""What every command says, and what it takes to repeat a run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.harness import ledger
from contract_tests.harness.run import TOOLS
from contract_tests.support.command import (
    COMMANDS,
    ONE,
    QUICK,
    isc_contract,
    profile,
    sent,
    started,
    told,
)
from mock_server.contract import VERSIONS
from mock_server.state.people import Client

# What every command says


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_what_it_takes(command: str, flag: str) -> None:
    done = isc_contract(command, flag)

    assert (done.code, done.err) == (0, "")
    assert f"Usage: isc-contract {command}" in done.out


@pytest.mark.parametrize("command", ["fuzz", "lifecycle", "plan"])
def test_the_options_of_a_run_mean_the_same_in_each_command(command: str) -> None:
    done = isc_contract(command, "--help")

    for option in ("--target", "--stub", "--version", "--seed", "--allow-writes", "--max-requests", "--max-time", "--report-dir"):
        assert f"{option} " in done.out


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_without_a_command_the_commands_are_listed(arguments: tuple[str, ...]) -> None:
    done = isc_contract(*arguments)

    assert done.code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in done.out] == []


def test_the_command_tells_its_version() -> None:
    done = isc_contract("--version")

    assert done.code == 0
    assert re.fullmatch(r"isc-contract, version [\d.]+\n", done.out)


@pytest.mark.parametrize("package", ["schemathesis", "pyrate_limiter", "openapi_core"])
def test_without_what_it_needs_it_says_what_to_install(package: str) -> None:
    program = f"import sys; sys.modules[{package!r}] = None; from contract_tests.harness.command import main; main()"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"isc-contract: the package {package} is missing; install them all with: pip install 'isc-mock[contract]'\n"


# Versions, seeds and what a run was


def test_version_is_repeatable_and_each_is_asked(url: str, home: Path) -> None:
    isc_contract("lifecycle", "--target", url, "--version", "v2025", "--version", "v2024", "--examples", "1", "--report-dir", "reports")

    assert told(home / "reports")["origin"]["versions"] == ["v2024", "v2025"]
    assert {str(path).split("/")[1] for _, path in sent(home / "reports")} == {"oauth", "v2024", "v2025"}


def test_without_a_version_all_that_the_target_has_are_meant(url: str, home: Path) -> None:
    profile(home, url, versions=["v3", "v2025"])

    isc_contract("fuzz", "--target", "acme", "--max-requests", "1", "--report-dir", "some")
    isc_contract("fuzz", "--target", url, "--config", os.devnull, "--max-requests", "1", "--report-dir", "all")

    assert told(home / "some")["origin"]["versions"] == ["v3", "v2025"]
    assert told(home / "all")["origin"]["versions"] == list(VERSIONS)


@pytest.mark.parametrize("command", ["fuzz", "lifecycle", "plan"])
def test_a_version_that_the_target_has_not_is_refused(url: str, home: Path, command: str) -> None:
    profile(home, url, versions=["v3", "v2025"])

    done = isc_contract(command, "--target", "acme", "--version", "v2024")

    assert done.code == 2
    assert done.err == "isc-contract: --version v2024: the target acme has v3, v2025\n"


def test_the_same_seed_sends_the_same_requests(home: Path, log_in: Callable[[Client], None]) -> None:
    for name, seed in (("first", 5), ("again", 5), ("other", 6)):
        options = (*ONE, "--max-requests", "400", "--seed", seed, "--report-dir", name)
        with started(None, log_in) as fake:
            isc_contract("fuzz", "--target", fake.url, *options)

    first, again, other = (sent(home / name) for name in ("first", "again", "other"))
    assert len(first) == 400
    assert first == again
    assert first != other


def test_the_same_seed_changes_the_same_things(home: Path, log_in: Callable[[Client], None]) -> None:
    for name, seed in (("first", 5), ("again", 5), ("other", 6)):
        with started(None, log_in) as fake:
            isc_contract("lifecycle", "--target", fake.url, *ONE[:2], "--examples", "4", "--seed", seed, "--report-dir", name)

    first, again, other = (sent(home / name) for name in ("first", "again", "other"))
    assert len(first) > 20
    assert first == again
    assert first != other


def test_a_random_seed_is_told(url: str, home: Path) -> None:
    seeds = []
    for name in ("first", "second"):
        isc_contract("fuzz", "--target", url, *ONE, "--max-requests", "1", "--seed", "random", "--report-dir", name)
        seeds.append(told(home / name)["origin"]["seed"])

    assert seeds[0] != seeds[1]
    assert {line["seed"] for line in ledger.read(home / "first" / "ledger.ndjson")} == {seeds[0]}


def test_a_run_says_what_it_takes_to_repeat_it(url: str, home: Path) -> None:
    isc_contract("fuzz", "--target", url, *QUICK, "--seed", "17", "--report-dir", "reports")

    origin = told(home / "reports")["origin"]
    assert (origin["command"], origin["target"], origin["kind"], origin["mode"]) == ("fuzz", "stub", "stub", "writes")
    assert (origin["seed"], origin["versions"], origin["redacted"]) == (17, ["v2025"], True)
    assert origin["tools"].keys() == set(TOOLS)
    assert all(re.fullmatch(r"[0-9a-f]{12}", origin[digest]) for digest in ("contract", "profile"))


def test_the_digest_of_the_profile_is_another_for_another_profile(url: str, home: Path) -> None:
    for name, settings in (("first", {"rate": 50}), ("second", {"rate": 51})):
        profile(home, url, **settings)
        isc_contract("fuzz", "--target", "acme", *ONE, "--max-requests", "1", "--report-dir", name)

    first, second = (told(home / name)["origin"] for name in ("first", "second"))
    assert first["contract"] == second["contract"]
    assert first["profile"] != second["profile"]
