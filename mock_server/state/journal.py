"""What a tenant was asked and answered: the last requests, bounded by count and by bytes, and how many it had no room for."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

MAX_ENTRIES = 1000
MAX_BYTES = 8 * 1024 * 1024


class Entry(NamedTuple):
    """One request and its answer. `at` is a moment in milliseconds by the tenant's clock, `status` None a closed connection.

    `request` is a body as it was on the wire, and `answer` another in pieces, with a comma between each two; what must not be shown is
    masked when the journal is read. The pieces of a page are its documents, which the state has anyway: kept in one piece, 60 pages of
    250 were 8 MiB more, and each took 2 % longer.

    `size` is in bytes, more or less, and counts what is shared as well.
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
    answer: Sequence[bytes]
    ignored: tuple[str, ...]
    fault: dict[str, Any] | None
    near_miss: str | None
    size: int


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
