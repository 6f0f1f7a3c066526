"""The command isc-contract in this process, on fakes that are sound or have a fault."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from contract_tests.fuzz.mutants import Fault, Mutated
from contract_tests.harness import ledger
from contract_tests.harness.cli import main
from contract_tests.harness.target import FILE, Credentials, Target, loopback
from mock_server.app import App
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


def assert_whole(folder: Path) -> None:
    ET.parse(folder / "junit.xml")  # noqa: S314 - written by this harness
    json.loads((folder / "traffic.har").read_text())
    assert "</html>" in (folder / "report.html").read_text()
    lines = (folder / "traffic.ndjson").read_text().splitlines()
    assert all(json.loads(line) for line in lines)
    assert told(folder)["sent"] == len(ledger.read(folder / "ledger.ndjson"))


def own(fake: Fake) -> Target:
    """As if the run had started it."""
    return loopback(fake.url, {"main": Credentials(os.environ["SAIL_CLIENT_ID"], os.environ["SAIL_CLIENT_SECRET"])}, is_own=True)
