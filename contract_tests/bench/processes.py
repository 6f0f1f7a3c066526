"""Programs that a run starts: each in a group of its own, which ends with the block that started it, whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

PATIENCE = 5.0
"""Seconds that a program has to end by itself."""


class Unavailable(Exception):
    """Something that a run needs is not there, or does not do what it should. The message says what to do."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def running(command: Sequence[str], output: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """What it says goes to a file, or nowhere."""
    with output.open("wb") if output else TemporaryFile() as file, _started(command, file if output else subprocess.DEVNULL) as process:
        yield process


def finished(command: Sequence[str], seconds: float, environment: dict[str, str] | None = None) -> str:
    """What a program says that ends by itself. Raises Unavailable: it takes too long, or fails."""
    with _started(command, subprocess.PIPE, subprocess.PIPE, {**os.environ, **(environment or {})}) as process:
        try:
            told, complaint = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{command[0]} has not ended within {seconds:.0f} s") from None
    if process.returncode:
        last = (complaint or told).decode(errors="replace").strip().splitlines()[-1:]
        raise Unavailable(f"{command[0]} ended with {process.returncode}: {''.join(last)}")
    return told.decode(errors="replace")


@contextmanager
def _started(
    command: Sequence[str], output: IO[bytes] | int, complaints: int = subprocess.DEVNULL, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """An interruption waits until it is known which program it is to end: a run that was interrupted at its start left one behind."""
    held: list[int] = []
    handlers = {number: signal.signal(number, lambda got, _frame: held.append(got)) for number in (signal.SIGINT, signal.SIGTERM)}
    process: subprocess.Popen[bytes] | None = None
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=complaints, env=environment, start_new_session=True
        )
        _restore(handlers)
        if held:
            raise KeyboardInterrupt
        yield process
    finally:
        _restore(handlers)
        if process is not None:
            _end(process)


def _restore(handlers: dict[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def wait_for(fact: Callable[[], bool], seconds: float, process: subprocess.Popen[bytes], name: str) -> None:
    """Asks every few milliseconds. Raises Unavailable: it has ended, or takes too long."""
    limit = time.monotonic() + seconds
    while not fact():
        if process.poll() is not None:
            raise Unavailable(f"{name} ended with {process.returncode} before it answered")
        if time.monotonic() > limit:
            raise Unavailable(f"{name} has not answered within {seconds:.0f} s")
        time.sleep(0.005)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole group: what a program started itself ends as well."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
