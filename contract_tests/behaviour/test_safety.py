"""What a run puts on the wire of somebody's tenant, seen from the other end: by a server that counts what it gets."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract_tests.fuzz.mutants import Answered, Asked, Call, Memory, Mutated
from contract_tests.harness import fuzzing, preparing, wires
from contract_tests.harness import run as runs
from contract_tests.harness.errors import Refused
from contract_tests.harness.fuzz import fuzz
from contract_tests.harness.inventory import learn
from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import ORIGIN
from contract_tests.harness.run import Options, Run
from contract_tests.harness.target import Credentials, Target
from contract_tests.support.counting import counting
from mock_server.app import App
from mock_server.contract import VERSIONS
from mock_server.embedded import serving

KNOWN = ("/v2025/work-items", "/v2025/work-items/x")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")


def sandbox(url: str, **settings_: Any) -> Target:
    return Target("acme", url, "sandbox", "read-only", VERSIONS, {"main": Credentials("id", "secret")}, **settings_)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@contextmanager
def opened(target: Target, **options: Any) -> Iterator[Run]:
    with runs.opened("fuzz", target, Options(**options)) as run:
        yield run


def test_read_only_fuzzing_puts_no_write_on_the_wire(safety_cases: int) -> None:
    """As many cases as are asked for, of all versions, with one seed after another, on a fake that takes writes."""
    app, methods = App(), Counter[str]()
    client = next(client for client in app.tenant.state.clients.values() if client.name == "org-admin")

    async def count(asked: Asked, call: Call, _memory: Memory) -> Answered:
        methods[asked.method] += 1
        return await call(asked)

    with serving(Mutated(app, count)) as url:  # type: ignore[arg-type]  # an ASGI application like any other
        target = replace(sandbox(url), credentials={"main": Credentials(client.id, client.secret)})
        seed = 0
        while methods.total() < safety_cases:
            seed += 1
            with opened(target, seed=seed, versions=() if safety_cases > 10_000 else ("v2025",), max_requests=safety_cases) as run:
                fuzz(run)
            assert not run.summary.findings.hits

    print(f"{methods.total()} cases: {dict(methods)}")  # noqa: T201 - for -s
    assert set(methods) == {"GET", "HEAD"}


def test_a_fuzzer_that_wants_to_write_cannot() -> None:
    """With all operations, all methods and no filter: only the gate is between it and the tenant."""
    with counting() as server, opened(sandbox(server.url)) as run:
        inventory = learn(run.caller("v2025"))
        plan = preparing.plan("v2025", inventory, seed=1, examples=3)
        for _ in fuzzing.fuzz(plan):
            pass

    assert server.writes == []
    assert run.gate.refused > 50


@pytest.mark.parametrize("library", ["requests", "httpx"])
def test_whatever_a_library_is_asked_for_only_reads_leave(library: str) -> None:
    with counting() as server, opened(sandbox(server.url)) as run:

        @given(st.sampled_from(METHODS), st.sampled_from([ORIGIN, server.url]), st.sampled_from([*KNOWN, "/x", "/v2025/identities"]))
        @settings(max_examples=100, suppress_health_check=list(HealthCheck))
        def send(method: str, origin: str, path: str) -> None:
            try:
                if library == "requests":
                    requests.request(method, origin + path, timeout=5)
                else:
                    run.http.request(method, origin + path)
            except Refused:
                pass

        send()

    assert server.writes == []
    assert {path for _, path in server.asked} <= {*KNOWN, "/oauth/token"}


def test_what_uses_neither_library_reaches_nothing() -> None:
    """Another HTTP client, a look-up of a name, a bare socket."""
    with counting() as server, opened(sandbox(server.url)):
        with pytest.raises((Refused, OSError)) as caught:
            urllib.request.urlopen(f"{server.url}/v2025/work-items")  # noqa: S310 - it must not get there
        assert "outside the gate" in str(caught.value)
        with pytest.raises(Refused):
            socket.getaddrinfo("acme.api.identitynow.com", 443)
        with pytest.raises(Refused):
            socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))

    assert not server.asked


def test_a_redirect_to_another_host_is_not_followed() -> None:
    with counting() as elsewhere, counting(redirect=f"{elsewhere.url}/v2025/work-items") as server, opened(sandbox(server.url)) as run:
        with pytest.raises(Refused):
            requests.get(f"{ORIGIN}/v2025/work-items", timeout=5)
        assert elsewhere.url not in str(run.http.get(f"{ORIGIN}/v2025/work-items").headers)

    assert not elsewhere.asked


def test_a_redirect_cannot_turn_a_read_into_another_request() -> None:
    with counting(redirect="/v2025/work-items/x/forward") as server, opened(sandbox(server.url)), pytest.raises(Refused):
        requests.get(f"{ORIGIN}/v2025/work-items", timeout=5)

    assert {path for _, path in server.asked} <= {"/v2025/work-items", "/oauth/token"}


def test_the_gate_opens_again_after_a_run() -> None:
    with counting() as server:
        with opened(sandbox(server.url)):
            pass
        httpx.post(f"{server.url}/anything", verify=False)  # noqa: S501 - plain http

    assert server.writes == [("POST", "/anything")]


def test_two_gates_cannot_be_closed_at_once() -> None:
    with (
        counting() as server,
        opened(sandbox(server.url)) as run,
        pytest.raises(RuntimeError, match="one gate"),
        wires.routed(run.gate.carry),
    ):
        pass


_WORKER = """
import sys
from contract_tests.harness import run as runs
from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import ORIGIN
from contract_tests.harness.target import Credentials, Target
from contract_tests.support.counting import counting
target = Target("acme", sys.argv[1], "sandbox", "read-only", ("v2025",), {"main": Credentials("id", "secret")}, rate=90)
with runs.opened("fuzz", target, runs.Options()) as run:
    for _ in range(int(sys.argv[2])):
        run.http.get(ORIGIN + "/v2025/work-items")
print(run.summary.highest)
"""


def test_eight_processes_at_once_stay_under_the_rate() -> None:
    """Together they want more than the rate, so that some must wait for the next 10 s."""
    each = 12
    with counting() as server:
        command = [sys.executable, "-c", _WORKER, server.url, str(each)]
        workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
        told = [int(worker.communicate(timeout=120)[0]) for worker in workers]

    busiest = max(sum(start <= moment < start + 10 for moment in server.moments) for start in server.moments)
    assert len(server.moments) == 8 * each
    assert busiest <= 90
    assert max(told) <= 90
    assert max(server.moments) - min(server.moments) >= 10


def test_what_is_in_netrc_is_sent_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """requests would put it in the place of any other login."""
    (tmp_path / ".netrc").write_text("default login jane password canary\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))

    with counting() as server, opened(sandbox(server.url)):
        for headers in ({}, {"Authorization": placeholder()}):
            requests.get(f"{ORIGIN}/v2025/work-items", headers=headers, timeout=5)

    assert server.logins == [None, None, "Bearer eyJ.eyJ.x"]


def test_no_proxy_of_the_environment_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    with counting() as server, counting() as proxy, opened(sandbox(server.url)):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)

        assert requests.get(f"{ORIGIN}/v2025/work-items", timeout=5).ok

    assert server.asked["GET", "/v2025/work-items"] == 1
    assert not proxy.asked


def test_a_token_that_is_renewed_while_a_fuzzer_sends_is_asked_for_by_post() -> None:
    with counting(token_life=0) as server, opened(sandbox(server.url)):
        for _ in range(3):
            requests.get(f"{ORIGIN}/v2025/work-items", headers={"Authorization": placeholder()}, timeout=5)

    assert server.asked == {("POST", "/oauth/token"): 3, ("GET", "/v2025/work-items"): 3}


def test_a_connection_that_breaks_is_a_finding_and_not_the_end() -> None:
    with counting(broken="/v2025/task-status") as server, opened(sandbox(server.url), versions=("v2025",), examples=1) as run:
        fuzz(run)

    told = {(hit.finding.check, hit.finding.operation) for hit in run.summary.findings}
    assert ("answers", "getTaskStatusList") in told
    assert server.asked["GET", "/v2025/work-items/completed"] > 3


def test_a_target_that_keeps_refusing_ends_the_run_and_is_not_blamed() -> None:
    with counting(status=429) as server, opened(sandbox(server.url)) as run:
        fuzz(run)

    assert "429" in str(run.summary.ended)
    assert not run.summary.findings.hits


def test_a_client_that_may_not_read_is_told_and_the_target_not_blamed() -> None:
    with counting(status=403) as server, opened(sandbox(server.url), versions=("v2025",), examples=1) as run:
        fuzz(run)

    assert any("may not call listWorkItems (403)" in note for note in run.summary.notes)
    assert "answers" not in {hit.finding.check for hit in run.summary.findings}
