"""An `isc-mock serve` of the run's own, in a process of its own, reached over HTTP like any other target."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from contract_tests.harness.errors import Misuse
from contract_tests.harness.target import Credentials, Target, loopback

CLIENTS = {"main": "org-admin", "plain": "lena", "reader": "task-reader"}
"""By role: the names that they have in the default tenant's clients.yaml."""

COMMAND = (sys.executable, "-c", "from mock_server.cli import main; main()")


@contextmanager
def started(options: Sequence[str] = ()) -> Iterator[Target]:
    """Serves on a free port until the block ends."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--log-level", "warning", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
        start_new_session=True,  # Ctrl-C ends the run first, which then ends this
    )
    try:
        yield loopback(_address(process), credentials(), is_own=True)
    finally:
        process.terminate()
        process.wait(10)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _environment() -> dict[str, str]:
    """Without the secrets of other targets, and without settings that are meant for another fake."""
    kept = ((name, value) for name, value in os.environ.items() if "SECRET" not in name.upper())
    return {name: value for name, value in kept if not name.upper().startswith(("SAIL_", "ISC_MOCK_"))}


def credentials() -> dict[str, Credentials]:
    """Of the default tenant, by role."""
    asked = {role: _ask(name) for role, name in CLIENTS.items()}  # all at once: each takes half a second
    return {role: _told(process) for role, process in asked.items()}


def _ask(name: str) -> subprocess.Popen[str]:
    command = [*COMMAND, "credentials", "--client", name, "--format", "json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment())


def _told(process: subprocess.Popen[str]) -> Credentials:
    told = json.loads(process.communicate()[0])
    return Credentials(told["SAIL_CLIENT_ID"], told["SAIL_CLIENT_SECRET"])


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if line.startswith("export SAIL_BASE_URL="):
            threading.Thread(target=_drain, args=(process,), daemon=True).start()
            return line.partition("=")[2].strip()
    raise Misuse(f"--stub: isc-mock serve did not start: {process.stderr.read().strip()[:500]}")


def _drain(process: subprocess.Popen[str]) -> None:
    """Reads on, so that the pipe never fills."""
    assert process.stdout is not None
    for _line in process.stdout:
        pass
