"""How much isc-contract asks, how fast, and what it does when it may not go on."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
import requests

from contract_tests.conftest import Serve, credentials
from contract_tests.harness import ledger
from contract_tests.harness.lifecycle import lifecycle
from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import ORIGIN
from contract_tests.harness.run import Options, opened
from contract_tests.harness.summary import Summary
from contract_tests.support.command import (
    ONE,
    QUICK,
    assert_whole,
    isc_contract,
    own,
    profile,
    sent,
    started,
    told,
)
from contract_tests.support.faulty import planted
from contract_tests.support.server import Running
from mock_server.state.people import Client


def test_the_budget_counts_the_logins(home: Path, log_in: Callable[[Client], None]) -> None:
    with started(None, log_in) as fake:
        done = isc_contract("fuzz", "--target", fake.url, *QUICK, "--report-dir", "reports")

    assert done.code == 0
    assert len(fake.asked) == 60
    assert fake.asked[0] == ("POST", "/oauth/token")
    assert sent(home / "reports")[0] == ("POST", "/oauth/token")
    assert re.search(r"^ended early: .*--max-requests", done.out, re.MULTILINE)


def test_the_profile_limits_the_requests_and_the_option_limits_them_more(url: str, home: Path) -> None:
    profile(home, url, max_requests=20)

    isc_contract("fuzz", "--target", "acme", *QUICK, "--report-dir", "profile")
    isc_contract("fuzz", "--target", "acme", *ONE, "--max-requests", "10", "--report-dir", "option")

    assert (told(home / "profile")["sent"], told(home / "option")["sent"]) == (20, 10)


@pytest.mark.parametrize("limit", [("--max-requests", "100"), ("--max-time", "1")], ids=" ".join)
def test_a_run_that_has_used_up_its_budget_ends_with_what_was_found(faulty: str, home: Path, limit: tuple[str, str]) -> None:
    done = isc_contract("fuzz", "--target", faulty, *ONE, *limit, "--report-dir", "reports")

    found = told(home / "reports")["findings"]
    assert done.code == (1 if found else 0)
    assert re.search(f"^ended early: .*{limit[0]}", done.out, re.MULTILINE)
    assert "not be tried" not in done.out
    assert_whole(home / "reports")


def test_a_sequence_that_was_found_is_told_even_if_the_budget_ends_while_it_is_made_shorter(log_in: Callable[[Client], None]) -> None:
    def run(max_requests: int | None) -> Summary:
        with (
            started(planted("a count is not moved").fault, log_in) as fake,
            opened("lifecycle", own(fake), Options(("v2025",), max_requests=max_requests)) as one,
        ):
            lifecycle(one)
        return one.summary

    whole = run(None)

    cut = run(whole.sent - 5)

    assert cut.ended is not None
    assert len(whole.findings) == 1
    assert cut.findings.hits.keys() == whole.findings.hits.keys()


def test_the_test_of_a_finding_is_written_when_it_is_found(home: Path, log_in: Callable[[Client], None]) -> None:
    def run(name: str, *options: object) -> None:
        with started(planted("a count is not moved").fault, log_in) as fake:
            isc_contract("lifecycle", "--target", fake.url, "--version", "v2025", *options, "--report-dir", name)

    run("one")

    run("two", "--version", "v2026", "--max-requests", 2 * (told(home / "one")["sent"] + 5))

    (id_,) = told(home / "two")["findings"]
    assert (home / "one" / f"test_lifecycle_{id_}.py").exists()
    assert (home / "two" / f"test_lifecycle_{id_}.py").exists()


def test_too_many_requests_are_told_by_the_target_and_tried_again(server: Running, url: str, home: Path) -> None:
    rule = {"operationId": "listWorkItems", "skip": 1, "first": 2, "status": 429, "retryAfter": 1}
    httpx.put(f"{server.url}/_mock/faults", json=[rule]).raise_for_status()

    done = isc_contract("fuzz", "--target", url, *QUICK, "--report-dir", "reports")

    lines = ledger.read(home / "reports" / "ledger.ndjson")
    refused = next(number for number, line in enumerate(lines) if line["status"] == 429)
    tries = lines[refused : refused + 3]
    moments = [datetime.fromisoformat(str(line["time"])) for line in tries]
    assert done.code == 0
    assert [line["status"] for line in tries] == [429, 429, 200]
    assert all(after - before >= timedelta(seconds=1) for before, after in pairwise(moments))
    assert told(home / "reports")["waited"] >= 2


def test_a_target_that_wants_a_long_rest_is_left_alone(server: Running, url: str, home: Path) -> None:
    rule = {"operationId": "listWorkItems", "skip": 1, "first": 100, "status": 429, "retryAfter": 3600}
    httpx.put(f"{server.url}/_mock/faults", json=[rule]).raise_for_status()

    done = isc_contract("fuzz", "--target", url, *ONE, "--report-dir", "reports")

    assert done.code == 0
    assert "ended early: the target asks to wait 3600 s" in done.out
    assert [line["status"] for line in ledger.read(home / "reports" / "ledger.ndjson")].count(429) == 1


def test_a_token_that_ends_in_the_middle_is_renewed(home: Path, log_in: Callable[[Client], None], serve: Serve) -> None:
    """In all that a run does: laws, and each phase of schemathesis."""
    fake = serve(token_life=2)
    log_in(credentials(fake, "org-admin"))

    done = isc_contract("fuzz", "--target", fake.url, "--version", "v3", "--examples", "2", "--report-dir", "reports")

    assert done.code == 0, done.out[-500:]
    assert sent(home / "reports").count(("POST", "/oauth/token")) > 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PATCH"])
def test_a_login_is_a_post_whatever_it_is_needed_for(log_in: Callable[[Client], None], method: str) -> None:
    with started(None, log_in) as fake, opened("fuzz", own(fake), Options()):
        requests.request(method, f"{ORIGIN}/v2025/work-items", headers={"Authorization": placeholder()}, timeout=5)

    assert fake.asked == [("POST", "/oauth/token"), (method, "/v2025/work-items")]


@pytest.mark.parametrize("operation", ["listWorkItems", "getWorkItem"])
@pytest.mark.parametrize("command", ["fuzz", "lifecycle"])
def test_a_request_without_an_answer_does_not_end_the_run(server: Running, url: str, command: str, operation: str) -> None:
    rule = {"operationId": operation, "first": 1_000_000, "connection": "closed"}
    httpx.put(f"{server.url}/_mock/faults", json=[rule]).raise_for_status()

    done = isc_contract(command, "--target", url, *ONE, "--max-requests", "250")

    assert done.code == 1
    assert operation in done.out
