"""A sorted sequence that never changes: each change gives a new one, which shares what it leaves alone.

So a copy of a tenant (a reset, a snapshot, a new tenant) costs nothing, and a page costs the page. sortedcontainers, the library for
sorted sequences, must be copied whole.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

Entry = tuple[int, str]
"""A moment in milliseconds, and the id that breaks ties."""

CHUNK = 512


class Ordered:
    __slots__ = ("_chunks", "_counted", "_size")

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        every = sorted(entries)
        self._chunks: tuple[tuple[Entry, ...], ...] = tuple(tuple(every[at : at + CHUNK]) for at in range(0, len(every), CHUNK))
        self._size = len(every)
        self._counted: list[int] | None = None

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Entry]:
        for chunk in self._chunks:
            yield from chunk

    def __reversed__(self) -> Iterator[Entry]:
        for chunk in reversed(self._chunks):
            yield from reversed(chunk)

    def plus(self, entry: Entry) -> Ordered:
        """With one entry more, which must not be there yet."""
        if not self._chunks:
            return Ordered((entry,))
        at = min(self._chunk_of(entry), len(self._chunks) - 1)
        chunk = self._chunks[at]
        place = bisect_left(chunk, entry)
        longer = (*chunk[:place], entry, *chunk[place:])
        halves = (longer,) if len(longer) <= 2 * CHUNK else (longer[:CHUNK], longer[CHUNK:])
        return self._with(at, halves, self._size + 1)

    def minus(self, entry: Entry) -> Ordered:
        """Without one entry, which must be there."""
        at = self._chunk_of(entry)
        chunk = self._chunks[at]
        place = bisect_left(chunk, entry)
        shorter = chunk[:place] + chunk[place + 1 :]
        return self._with(at, (shorter,) if shorter else (), self._size - 1)

    def before(self, moment: int) -> int:
        """How many entries are earlier than the moment."""
        entry = (moment, "")
        at = self._chunk_of(entry)
        if at == len(self._chunks):
            return self._size
        return self._ends[at] - len(self._chunks[at]) + bisect_left(self._chunks[at], entry)

    def slice(self, start: int, stop: int) -> list[Entry]:
        """As a list's slice of positions from 0."""
        stop = min(stop, self._size)
        found: list[Entry] = []
        at = bisect_right(self._ends, start)
        while start < stop:
            chunk = self._chunks[at]
            first = self._ends[at] - len(chunk)
            found += chunk[start - first : stop - first]
            start = self._ends[at]
            at += 1
        return found

    @property
    def _ends(self) -> list[int]:
        """The position after the last entry of each chunk: counted once for all reads between two changes.

        At a million entries, going through 2,000 chunks for each page took as long as the page.
        """
        if self._counted is None:
            self._counted = list(accumulate(map(len, self._chunks)))
        return self._counted

    def _chunk_of(self, entry: Entry) -> int:
        return bisect_left(self._chunks, entry, key=lambda chunk: chunk[-1])

    def _with(self, at: int, instead: tuple[tuple[Entry, ...], ...], size: int) -> Ordered:
        changed = object.__new__(Ordered)
        changed._chunks = self._chunks[:at] + instead + self._chunks[at + 1 :]
        changed._size = size
        changed._counted = None
        return changed
