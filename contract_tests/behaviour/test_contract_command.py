"""The command isc-contract: what it sends and does not send, what it says, and the exit code that says what came of it."""

from __future__ import annotations

import io
import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import httpx
import pytest
import requests
import yaml

from contract_tests.conftest import Serve, credentials
from contract_tests.fuzz.mutants import Fault, Mutated
from contract_tests.harness import ledger, stub
from contract_tests.harness.cli import main
from contract_tests.harness.fuzz import fuzz
from contract_tests.harness.lifecycle import lifecycle
from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import ORIGIN
from contract_tests.harness.run import TOOLS, Options, opened
from contract_tests.harness.summary import Summary
from contract_tests.harness.target import FILE, Credentials, Target, loopback
from contract_tests.support.faulty import planted
from contract_tests.support.server import Running
from contract_tests.support.work_items import open_items
from mock_server.app import App
from mock_server.contract import VERSIONS
from mock_server.embedded import serving
from mock_server.state.people import Client

Json = Any

COMMAND = Path(sys.executable).with_name("isc-contract")

COMMANDS = ("fuzz", "lifecycle", "plan", "validate", "replay")

ONE = ("--version", "v2025", "--examples", "1")

QUICK = (*ONE, "--max-requests", "60")

FAULTY, FAULT = "listWorkItems", "a date is a number"
"""An operation, and a fault of it that `fuzz` finds early: it is one finding."""

COUNT = "/v2025/work-items/count"


class Done(NamedTuple):
    code: object
    out: str
    err: str


class Fake(NamedTuple):
    url: str
    asked: list[tuple[str, str]]
    """Method and path of each request, as it came in."""


@dataclass
class Recorded:
    """An ASGI application that writes down what it is asked; `on`: told of each request, before it is answered."""

    app: Any
    asked: list[tuple[str, str]] = field(default_factory=list)
    on: Callable[[str], None] = lambda _path: None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.asked.append((scope["method"], scope["path"]))
            self.on(scope["path"])
        await self.app(scope, receive, send)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the test's own, without profiles and without anybody's credentials."""
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("SAIL_BASE_URL", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET", "ISC_CONTRACT_TARGET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Client], None]:
    def logged_in(client: Client) -> None:
        monkeypatch.setenv("SAIL_CLIENT_ID", client.id)
        monkeypatch.setenv("SAIL_CLIENT_SECRET", client.secret)

    return logged_in


@pytest.fixture
def url(server: Running, log_in: Callable[[Client], None]) -> str:
    """Of a sound fake that somebody else has started, with the credentials for it in the environment."""
    log_in(credentials(server, "org-admin"))
    return server.url


@pytest.fixture
def faulty(log_in: Callable[[Client], None]) -> Iterator[str]:
    """Of a running fake with a fault."""
    with started(planted(FAULT).fault, log_in) as fake:
        yield fake.url


@contextmanager
def started(fault: Fault | None, log_in: Callable[[Client], None], on: Callable[[str], None] = lambda _path: None) -> Iterator[Fake]:
    app = App()
    log_in(next(client for client in app.tenant.state.clients.values() if client.name == "org-admin"))
    recorded = Recorded(app if fault is None else Mutated(app, fault), on=on)
    with serving(recorded) as url:  # type: ignore[arg-type]  # an ASGI application like any other
        yield Fake(url, recorded.asked)


def isc_contract(*arguments: object) -> Done:
    """What the command prints and its exit code; in this process, which saves the start of another."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return Done(ended.value.code, out.getvalue(), err.getvalue())


def profile(folder: Path, url: str, **settings: object) -> None:
    lines = {"base-url": url, "kind": "sandbox", **{name.replace("_", "-"): value for name, value in settings.items()}}
    (folder / FILE).write_text("[targets.acme]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items()))


def sent(folder: Path) -> list[tuple[object, object]]:
    """Method and path of each request of a run, as its ledger has them."""
    return [(line["method"], line["path"]) for line in ledger.read(folder / "ledger.ndjson")]


def told(folder: Path) -> Json:
    return json.loads((folder / "run.json").read_text())


def one_line(text: str) -> bool:
    return text.startswith("isc-contract: ") and text.count("\n") == 1


# Exit codes


def test_nothing_found_is_0(url: str) -> None:
    done = isc_contract("fuzz", "--target", url, *QUICK)

    assert done.code == 0
    assert "no findings in 60 requests" in done.out


def test_a_finding_is_1_and_is_told_once_with_how_often_it_was_hit(faulty: str, home: Path) -> None:
    done = isc_contract("fuzz", "--target", faulty, *QUICK, "--report-dir", "reports")

    (id_,) = told(home / "reports")["findings"]
    assert done.code == 1
    assert len(re.findall(rf"^{id_} {FAULTY}: contract$", done.out, re.MULTILINE)) == 1
    hits = re.search(r"hit    ([\d,]+) times: v2025 \(\1\); seed 1", done.out)
    assert hits is not None
    assert int(hits.group(1)) > 1
    assert re.search(r'^  curl "\$SAIL_BASE_URL".*/v2025/work-items.* -H "Authorization: Bearer \$TOKEN"$', done.out, re.MULTILINE)
    assert "1 finding in 60 requests" in done.out


MISUSES = [
    ("fuzz", "--nonsense"),
    ("nonsense",),
    ("fuzz", "--seed", "x"),
    ("fuzz", "--version", "v1999"),
    ("fuzz", "--examples", "0"),
    ("fuzz", "--max-requests", "0"),
    ("fuzz", "--max-time", "soon"),
    ("fuzz",),
    ("fuzz", "--stub", "--target", "acme"),
    ("fuzz", "--target", "acme"),
    ("fuzz", "--target", "http://127.0.0.1:1"),
    ("fuzz", "--stub", "--config", "missing.toml", "--baseline", "missing.yaml"),
    ("fuzz", "--target", "acme", "--config", "missing.toml"),
    ("fuzz", "--target", "ftp://127.0.0.1"),
    ("validate",),
    ("validate", "missing.har"),
    ("replay", "missing.json", "--stub"),
]


@pytest.mark.parametrize("arguments", MISUSES, ids=" ".join)
def test_misuse_is_2_and_one_line(arguments: tuple[str, ...]) -> None:
    done = isc_contract(*arguments)

    assert done.code == 2
    assert one_line(done.err), done.err
    assert done.out == ""


@pytest.mark.parametrize("target", ["ftp://127.0.0.1", "http://localhost:x", "file://localhost/etc/passwd"])
def test_an_address_that_cannot_be_reached_by_http_is_2(target: str, log_in: Callable[[Client], None], server: Running) -> None:
    log_in(credentials(server, "org-admin"))

    done = isc_contract("fuzz", "--target", target, *QUICK)

    assert done.code == 2
    assert one_line(done.err.splitlines(keepends=True)[-1])


def test_an_unknown_host_is_2_before_any_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*asked: object, **_more: object) -> None:
        raise AssertionError(f"a name was looked up: {asked}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    done = isc_contract("fuzz", "--target", "https://acme.api.identitynow.com", *QUICK)

    assert done.code == 2
    assert "[targets.acme]" in done.err
    assert "nothing was sent" in done.err


def test_a_report_folder_that_is_a_file_is_2(url: str, home: Path) -> None:
    (home / "reports").write_text("")

    done = isc_contract("fuzz", "--target", url, *QUICK, "--report-dir", "reports")

    assert done.code == 2
    assert one_line(done.err)


def test_nobody_there_is_3(log_in: Callable[[Client], None], server: Running) -> None:
    log_in(credentials(server, "org-admin"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    done = isc_contract("fuzz", "--target", f"http://127.0.0.1:{port}", *QUICK)

    assert done.code == 3
    assert done.err.endswith(f"nobody answers at http://127.0.0.1:{port}; start a fake there with isc-mock serve, or let --stub do it\n")


@pytest.mark.parametrize("command", [("fuzz", *QUICK), ("lifecycle", *QUICK)], ids=lambda command: command[0])
def test_a_refused_login_is_3_and_names_no_secret(url: str, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.setenv("SAIL_CLIENT_SECRET", "hunter2")

    done = isc_contract(*command, "--target", url)

    assert done.code == 3
    assert done.err.endswith("isc-contract: the login of the client 'main' failed: status 401; check its id and secret\n")
    assert "hunter2" not in done.out + done.err


def test_a_second_client_that_may_not_log_in_is_3(server: Running, url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile(home, url, kind="stub", mode="writes")
    with (home / FILE).open("a") as file:
        file.write('[targets.acme.clients.plain]\nclient-id-env = "PLAIN_ID"\nclient-secret-env = "PLAIN_SECRET"\n')
    monkeypatch.setenv("PLAIN_ID", credentials(server, "lena").id)
    monkeypatch.setenv("PLAIN_SECRET", "hunter2")

    done = isc_contract("fuzz", "--target", "acme", *ONE)

    assert done.code == 3
    assert "the login of the client 'plain' failed" in done.out + done.err
    assert "hunter2" not in done.out + done.err


def test_a_target_that_goes_away_is_3_and_the_reports_are_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAIL_CLIENT_ID", "x")
    monkeypatch.setenv("SAIL_CLIENT_SECRET", "y")

    with leaving(after=8) as url:
        done = isc_contract("fuzz", "--target", url, *ONE, "--report-dir", "reports")

    assert done.code == 3
    assert "ended early: the target cannot be reached" in done.out
    assert_whole(home / "reports")


@contextmanager
def leaving(after: int) -> Iterator[str]:
    """A server that answers some requests, each in a connection of its own, and then listens no more."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b'{"access_token": "x", "expires_in": 749}' if self.path == "/oauth/token" else b"[]"
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - as http.server wants it

        def log_message(self, *_arguments: object) -> None:
            """Nobody reads it."""

    def serve() -> None:
        with server:
            for _ in range(after):
                server.handle_request()

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    thread.join(10)


def assert_whole(folder: Path) -> None:
    ET.parse(folder / "junit.xml")  # noqa: S314 - written by this harness
    json.loads((folder / "traffic.har").read_text())
    assert "</html>" in (folder / "report.html").read_text()
    lines = (folder / "traffic.ndjson").read_text().splitlines()
    assert all(json.loads(line) for line in lines)
    assert told(folder)["sent"] == len(ledger.read(folder / "ledger.ndjson"))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_130_and_its_reports_are_whole(home: Path, how: signal.Signals) -> None:
    command = [str(COMMAND), "fuzz", "--stub", "--version", "v2025", "--report-dir", "reports"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "learning what is there" in process.stderr.readline()

    process.send_signal(how)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (130, "")
    assert "ended early: interrupted" in out
    assert_whole(home / "reports")
    assert told(home / "reports")["ended"] == "interrupted"


@pytest.mark.parametrize("command", ["fuzz", "lifecycle", "replay"])
def test_an_interrupt_at_a_request_is_130(home: Path, log_in: Callable[[Client], None], command: str) -> None:
    def interrupt(path: str) -> None:
        if path == "/v2025/task-status":
            os.kill(os.getpid(), signal.SIGINT)

    with started(planted(FAULT).fault, log_in) as fake:
        isc_contract("fuzz", "--target", fake.url, *QUICK, "--report-dir", "found")
    (finding,) = (home / "found" / "findings").glob("*.json")

    with started(None, log_in, on=interrupt) as fake:
        done = isc_contract(command, *([finding] if command == "replay" else ONE), "--target", fake.url)

    assert done.code == 130


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


# Budget and rate


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


def own(fake: Fake) -> Target:
    """As if the run had started it."""
    return loopback(fake.url, {"main": Credentials(os.environ["SAIL_CLIENT_ID"], os.environ["SAIL_CLIENT_SECRET"])}, is_own=True)


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


# The baseline


def test_a_finding_that_is_accepted_is_told_and_does_not_fail(faulty: str, home: Path) -> None:
    isc_contract("fuzz", "--target", faulty, *QUICK, "--report-dir", "first")
    suggested = yaml.safe_load((home / "first" / "baseline-suggestion.yaml").read_text())
    accepted = [{**entry, "reason": "known since March"} for entry in suggested]
    (home / "baseline.yaml").write_text(yaml.safe_dump(accepted))

    done = isc_contract("fuzz", "--target", faulty, *QUICK, "--baseline", "baseline.yaml", "--report-dir", "second")

    assert [entry["finding"] for entry in suggested] == told(home / "first")["findings"]
    assert done.code == 0
    assert "(accepted)" in done.out
    assert "reason known since March" in done.out
    assert told(home / "second")["accepted"] == {suggested[0]["finding"]: "known since March"}


def test_what_was_accepted_until_yesterday_fails_and_is_told(faulty: str, home: Path) -> None:
    isc_contract("fuzz", "--target", faulty, *QUICK, "--report-dir", "first")
    (id_,) = told(home / "first")["findings"]
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    (home / "baseline.yaml").write_text(f"- finding: {id_}\n  reason: known since March\n  expires: {yesterday}\n")

    done = isc_contract("fuzz", "--target", faulty, *QUICK, "--baseline", "baseline.yaml")

    assert done.code == 1
    assert f"isc-contract: baseline.yaml: line 1: item 1: {id_} is not accepted since" in done.err


def test_a_suggestion_without_reasons_is_refused(faulty: str, home: Path) -> None:
    isc_contract("fuzz", "--target", faulty, *QUICK, "--report-dir", "first")

    done = isc_contract("fuzz", "--target", faulty, *QUICK, "--baseline", home / "first" / "baseline-suggestion.yaml")

    assert done.code == 2
    assert "lacks reason" in done.err


# validate and replay


def recorded(folder: Path, answer: Json) -> Path:
    place = folder / "traffic.ndjson"
    place.write_text(json.dumps({"method": "GET", "path": COUNT, "query": {}, "status": 200, "answer": answer, "request": None}) + "\n")
    return place


def test_validate_is_1_for_traffic_with_a_fault_and_0_for_other(home: Path) -> None:
    good = isc_contract("validate", recorded(home, {"count": 1}))
    bad = isc_contract("validate", recorded(home, {"count": "1"}))

    assert (good.code, bad.code) == (0, 1)
    assert "getCountWorkItems" in bad.out
    assert "1 finding in 1 exchange of the contract" in bad.out


def test_validate_fails_for_what_was_never_touched_if_it_is_asked_to(home: Path) -> None:
    done = isc_contract("validate", "--all", recorded(home, {"count": 1}))

    assert done.code == 1
    assert re.search(r"never touched in v2025: .*completeWorkItem", done.out)


def test_what_a_run_wrote_can_be_validated(faulty: str, home: Path) -> None:
    isc_contract("fuzz", "--target", faulty, *QUICK, "--report-dir", "reports")
    (id_,) = told(home / "reports")["findings"]

    for name in ("traffic.har", "traffic.ndjson"):
        done = isc_contract("validate", home / "reports" / name)
        assert done.code == 1
        assert id_ in done.out


def finding_of(faulty: str, home: Path) -> Path:
    isc_contract("fuzz", "--target", faulty, *QUICK, "--report-dir", "reports")
    (place,) = (home / "reports" / "findings").glob("*.json")
    return place


def test_replay_is_1_where_it_shows_and_0_where_it_does_not(faulty: str, home: Path) -> None:
    place = finding_of(faulty, home)

    same = isc_contract("replay", place, "--target", faulty)
    other = isc_contract("replay", place, "--target", "stub")

    assert (same.code, other.code) == (1, 0)
    assert "shows the same" in same.out
    assert "does not show it" in other.out


def test_replay_is_2_where_it_cannot_be_told(faulty: str, home: Path) -> None:
    place = finding_of(faulty, home)
    place.write_text(json.dumps({**json.loads(place.read_text()), "steps": []}))

    done = isc_contract("replay", place, "--target", faulty)

    assert done.code == 2
    assert "cannot be replayed: the finding has no requests" in done.out


def test_replay_of_a_version_that_the_target_has_not_is_2(faulty: str, home: Path) -> None:
    place = finding_of(faulty, home)
    profile(home, faulty, versions=["v2024"])

    done = isc_contract("replay", place, "--target", "acme")

    assert done.code == 2
    assert one_line(done.err)


@pytest.mark.parametrize("text", ["", "[]", "{}", '"x"', '{"seed": 1}', "null", "[" * 5000, "\x00"])
def test_replay_of_what_is_no_finding_is_2(home: Path, text: str) -> None:
    place = home / "finding.json"
    place.write_text(text)

    done = isc_contract("replay", place, "--stub")

    assert done.code == 2
    assert done.err == f"isc-contract: {place}: is no finding; name a file of REPORT-DIR/findings\n"


def test_replay_of_a_finding_is_3_where_nobody_is(faulty: str, home: Path) -> None:
    place = finding_of(faulty, home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    done = isc_contract("replay", place, "--target", f"http://127.0.0.1:{port}")

    assert done.code == 3
