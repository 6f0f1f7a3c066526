"""Lines on standard error, written together: all that were logged in one turn of the event loop, at its end.

A line of the access log does without Python's logging. Measured at 17,000 requests a second: 10 µs for each line that passed through
it, a sixth of the request, and 2 µs for one that comes straight here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TextIO

from mock_server.state.clock import machine_time


class Lines:
    """Where no event loop runs, a line is written at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: list[str] = []
        self._second = 0
        self._written = ""

    def say(self, line: str) -> None:
        """It gets the moment before it: `2026-11-21 10:00:00,123`."""
        second, thousandths = divmod(machine_time(), 1000)
        if second != self._second:  # each is formatted once
            self._second, self._written = second, time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))
        self._waiting.append(f"{self._written},{thousandths:03} {line}\n")
        if len(self._waiting) == 1:
            try:
                asyncio.get_running_loop().call_soon(self.flush)
            except RuntimeError:
                self.flush()

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more: no reason to stop serving
            lines, self._waiting = self._waiting, []
            self._stream.write("".join(lines))
            self._stream.flush()


class Handler(logging.Handler):
    """Whatever else the process logs, at once, and after the lines that wait."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.say(self.format(record))
        self._lines.flush()


def log_to(stream: TextIO, level: str) -> Lines:
    """For the whole process."""
    lines = Lines(stream)
    logging.basicConfig(level=level, handlers=[Handler(lines)])
    return lines
