"""What isc-contract sends and to whom, and the sequences that it tells as curl lines and as tests."""

from __future__ import annotations

import os
import re
import runpy
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.harness import stub
from contract_tests.harness.fuzz import fuzz
from contract_tests.harness.run import Options, opened
from contract_tests.support.command import (
    ONE,
    QUICK,
    isc_contract,
    own,
    profile,
    started,
    told,
)
from contract_tests.support.faulty import planted
from contract_tests.support.server import Running
from contract_tests.support.work_items import open_items
from mock_server.state.people import Client

# What is sent, and to whom


def test_somebody_elses_fake_is_never_reset(log_in: Callable[[Client], None]) -> None:
    with started(None, log_in) as fake:
        isc_contract("fuzz", "--target", fake.url, *ONE, "--max-requests", "300")
        isc_contract("lifecycle", "--target", fake.url, *ONE)

    assert len(fake.asked) > 300
    assert [path for _, path in fake.asked if path.startswith("/_mock")] == []


def test_a_fake_of_its_own_is_reset(log_in: Callable[[Client], None]) -> None:
    with started(None, log_in) as fake, opened("fuzz", own(fake), Options(("v2025",), max_requests=30)) as run:
        fuzz(run)

    assert fake.asked[0] == ("POST", "/_mock/reset")
    assert Counter(fake.asked)["POST", "/_mock/reset"] == 1


def test_plan_sends_nothing(log_in: Callable[[Client], None]) -> None:
    with started(None, log_in) as fake:
        done = isc_contract("plan", "--target", fake.url, "--version", "v3", "--examples", "1")

    assert done.code == 0
    assert fake.asked == []
    assert "Nothing was sent." in done.out
    assert "writes: none" not in done.out


def test_plan_of_a_sandbox_needs_no_login_and_no_network(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*asked: object, **_more: object) -> None:
        raise AssertionError(f"a name was looked up: {asked}")

    profile(home, "https://acme.api.identitynow.com")
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    done = isc_contract("plan", "--target", "acme", "--version", "v3", "--examples", "1", "--max-requests", "50")

    assert done.code == 0
    assert "writes: none" in done.out
    assert "rate: at most 90 requests in any 10 s" in done.out
    assert "50 requests and the logins, of a budget of 50" in done.out
    assert re.search(r"held back: .*completeWorkItem.*: the target is read-only", done.out)


def test_plan_of_writes_tells_what_they_may_be_on(home: Path) -> None:
    profile(home, "https://acme.api.identitynow.com", mode="writes", writable_ids=["a", "b"], disposable=True)

    done = isc_contract("plan", "--target", "acme", "--version", "v3", "--examples", "1", "--allow-writes")

    assert done.code == 0
    assert re.search(r"writes: [1-9]\d*, on the 2 ids that the profile lists, and those that the run finds", done.out)


@pytest.mark.parametrize("settings", [{"mode": "read-only", "kind": "stub"}, {"mode": "read-only"}, {"mode": "writes"}], ids=str)
def test_lifecycle_is_refused_where_nothing_may_be_changed(home: Path, log_in: Callable[[Client], None], settings: dict[str, str]) -> None:
    with started(None, log_in) as fake:
        profile(home, fake.url, **settings)
        allow = [] if settings["mode"] == "writes" else ["--allow-writes"]
        done = isc_contract("lifecycle", "--target", "acme", *ONE, *allow)

    assert done.code == 2
    assert done.err.splitlines()[-1] == (
        'isc-contract: lifecycle changes things: it needs mode = "writes" in [targets.acme], and --allow-writes'
    )
    assert fake.asked == []


def test_no_redaction_is_refused_for_a_sandbox(home: Path, log_in: Callable[[Client], None]) -> None:
    with started(None, log_in) as fake:
        profile(home, fake.url)
        done = isc_contract("fuzz", "--target", "acme", *QUICK, "--no-redaction")

    assert done.code == 2
    assert done.err.startswith("isc-contract: --no-redaction: a sandbox holds people's data")
    assert fake.asked == []


def test_no_redaction_shows_what_a_fake_has(server: Running, url: str, home: Path) -> None:
    item = open_items(server)[0]

    isc_contract("fuzz", "--target", url, *QUICK, "--report-dir", "hidden")
    isc_contract("fuzz", "--target", url, *QUICK, "--no-redaction", "--report-dir", "shown")

    assert item["id"] not in (home / "hidden" / "traffic.ndjson").read_text()
    assert item["id"] in (home / "shown" / "traffic.ndjson").read_text()
    assert told(home / "shown")["origin"]["redacted"] is False


# Sequences as curl lines and as tests


def test_lifecycle_tells_the_sequence_as_curl_lines_and_as_a_test(
    home: Path, monkeypatch: pytest.MonkeyPatch, log_in: Callable[[Client], None]
) -> None:
    sound = stub.COMMAND
    monkeypatch.setattr(stub, "COMMAND", (sys.executable, "-m", "contract_tests.support.faulty", "a forward without effect"))

    done = isc_contract("lifecycle", "--stub", "--version", "v2025", "--report-dir", "reports")

    (id_,) = told(home / "reports")["findings"]
    place = home / "reports" / f"test_lifecycle_{id_}.py"
    assert done.code == 1
    assert re.search(
        r'curl -X POST "\$SAIL_BASE_URL"/v2025/work-items/id-[0-9a-f]{12}/forward -H "Authorization: Bearer \$TOKEN"', done.out
    )
    monkeypatch.setattr(stub, "COMMAND", sound)
    compile(place.read_text(), place, "exec")
    assert ran_by_pytest(place).returncode == 0, "a sound fake has no such fault"
    with started(planted("a forward without effect").fault, log_in) as fake:
        monkeypatch.setenv("ISC_CONTRACT_TARGET", fake.url)
        (test,) = (value for name, value in runpy.run_path(str(place)).items() if name.startswith("test_"))
        with pytest.raises(AssertionError):
            test()


def ran_by_pytest(place: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(place.parent), str(place)]
    return subprocess.run(command, cwd=place.parent, env={**os.environ, **variables}, capture_output=True, text=True, check=False)


def test_without_a_report_folder_the_test_is_printed(log_in: Callable[[Client], None]) -> None:
    with started(planted("a patch is not stored").fault, log_in) as fake:
        done = isc_contract("lifecycle", "--target", fake.url, "--version", "v2025")

    source = done.out[done.out.index('"""') : done.out.index("        assert") :]
    assert done.code == 1
    assert "from contract_tests.harness.connected import connected" in source
    assert "with connected('v2025') as send:" in source
