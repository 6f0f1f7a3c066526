"""What a tenant was asked and answered: the last requests, bounded by count and by bytes, and how many it had no room for."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

MAX_ENTRIES = 1000
MAX_BYTES = 8 * 1024 * 1024


class Entry(NamedTuple):
    """One request and its answer. `at` is a moment in milliseconds by the tenant's clock, `status` None a closed connection.

    `request` and `answer` are bodies as they were on the wire; what must not be shown is masked when the journal is read.
    """

    id: str
    at: int
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int | None
    duration_ms: float
    operation: str | None
    version: str | None
    client: str | None
    request: bytes
    answer: bytes
    ignored: tuple[str, ...]
    fault: dict[str, Any] | None
    near_miss: str | None

    @property
    def size(self) -> int:
        """Bytes, more or less."""
        query = sum(len(name) + len(value) for name, value in self.query) if self.query else 0
        return len(self.request) + len(self.answer) + len(self.path) + query


class Journal:
    def __init__(self) -> None:
        self.dropped = 0
        self.counts: Counter[tuple[str | None, int | None]] = Counter()
        self._entries: deque[Entry] = deque()
        self._bytes = 0

    def write(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._bytes += entry.size
        self.counts[entry.operation, entry.status] += 1
        while len(self._entries) > MAX_ENTRIES or self._bytes > MAX_BYTES:
            self._bytes -= self._entries.popleft().size
            self.dropped += 1

    def __reversed__(self) -> Iterator[Entry]:
        """Newest first."""
        entries: Iterator[Entry] = reversed(self._entries)
        return entries
