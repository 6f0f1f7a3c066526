"""The lines that `isc-mock serve` writes on standard error: in order, with their moment, and together where an event loop runs."""

from __future__ import annotations

import asyncio
import io
import logging
import re
from collections.abc import Iterator

import pytest

from mock_server.access_log import Handler, Lines

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (.*)\n")


class Counting(io.StringIO):
    """Counts how often it is written to."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)

    @property
    def told(self) -> list[str]:
        """The lines, without their moments."""
        return [match[1] for match in map(LINE.fullmatch, self.getvalue().splitlines(keepends=True)) if match]


@pytest.fixture
def stream() -> Counting:
    return Counting()


@pytest.fixture
def logger(stream: Counting) -> Iterator[tuple[Lines, logging.Logger]]:
    """Lines, and a logger that shares them."""
    lines, logger = Lines(stream), logging.getLogger("isc_mock.test_access_log")
    logger.propagate = False
    logger.addHandler(Handler(lines))
    yield lines, logger
    logger.handlers.clear()


def test_a_line_is_written_at_once_where_no_event_loop_runs(stream: Counting) -> None:
    Lines(stream).say("GET / 200")

    assert stream.told == ["GET / 200"]


def test_the_lines_of_one_turn_of_the_event_loop_are_one_write(stream: Counting) -> None:
    lines = Lines(stream)

    async def turns() -> int:
        for number in range(3):
            lines.say(str(number))
        before = stream.writes
        await asyncio.sleep(0)
        lines.say("3")
        await asyncio.sleep(0)
        return before

    assert asyncio.run(turns()) == 0
    assert stream.told == ["0", "1", "2", "3"]
    assert stream.writes == 2


def test_what_else_is_logged_comes_at_once_after_the_lines_that_wait(stream: Counting, logger: tuple[Lines, logging.Logger]) -> None:
    lines, other = logger

    async def turn() -> list[str]:
        lines.say("GET / 200")
        other.warning("Invalid HTTP request received.")
        return stream.told

    assert asyncio.run(turn()) == ["GET / 200", "Invalid HTTP request received."]
    assert stream.told == ["GET / 200", "Invalid HTTP request received."]


def test_a_reader_who_has_gone_does_not_stop_the_server(stream: Counting) -> None:
    lines = Lines(stream)
    stream.close()

    lines.say("GET / 200")
