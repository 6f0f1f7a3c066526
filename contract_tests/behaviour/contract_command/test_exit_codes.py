"""The command isc-contract: the exit code that says what came of it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from contract_tests.conftest import credentials
from contract_tests.harness.target import FILE
from contract_tests.support.command import (
    COMMAND,
    FAULT,
    FAULTY,
    ONE,
    QUICK,
    assert_whole,
    isc_contract,
    one_line,
    profile,
    started,
    told,
)
from contract_tests.support.faulty import planted
from contract_tests.support.server import Running
from mock_server.state.people import Client


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
