"""What was sent: one line a request, on disk before the request leaves, so that nothing is sent that is not written down."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

_ROOM = 12
"""Bytes kept in a line for each figure that is known only afterwards."""


@dataclass(frozen=True)
class Line:
    """Where in the file the figures of one request belong."""

    at: int


class Ledger:
    """ndjson: time, seed, method, version, operation, path, status, ms. `status` null: no answer came."""

    def __init__(self, place: Path, seed: int, *, durable: bool = True) -> None:
        """Adds to what is there. `durable`: a line is on the disk itself before its request leaves."""
        place.parent.mkdir(parents=True, exist_ok=True)
        self.place = place
        self.seed = seed
        self.durable = durable
        self.count = 0
        self._file: BinaryIO = place.open("r+b" if place.exists() else "w+b", buffering=0)

    def begin(self, method: str, version: str | None, operation: str | None, path: str) -> Line:
        """`path` with pseudonyms instead of ids, as everything that reaches this."""
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "seed": self.seed,
            "method": method,
            "version": version,
            "operation": operation,
            "path": path,
        }
        written = json.dumps(entry)[:-1].encode()
        start = self._file.seek(0, os.SEEK_END)
        self._file.write(written + _figures(None, None) + b"}\n")
        if self.durable:
            os.fsync(self._file.fileno())
        self.count += 1
        return Line(start + len(written))

    def end(self, line: Line, status: int | None, seconds: float) -> None:
        self._file.seek(line.at)
        self._file.write(_figures(status, round(seconds * 1000, 1)))

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def read(place: Path) -> Sequence[dict[str, object]]:
    return [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]


def _figures(status: int | None, milliseconds: float | None) -> bytes:
    """Always of the same length, so that they can be filled in where they stand."""
    parts = [f', "{name}": {json.dumps(value):<{_ROOM}}' for name, value in (("status", status), ("ms", milliseconds))]
    return "".join(parts).encode()
