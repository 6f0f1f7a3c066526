"""The one door to time: a tenant's clock can be stopped, set and moved."""

from __future__ import annotations

import time


class Clock:
    """Milliseconds since 1970. Runs with the machine's clock until it is frozen or moved."""

    def __init__(self) -> None:
        self._frozen: int | None = None
        self._offset = 0

    @property
    def mode(self) -> str:
        """real, frozen or offset."""
        if self._frozen is not None:
            return "frozen"
        return "offset" if self._offset else "real"

    def now(self) -> int:
        return self._frozen if self._frozen is not None else machine_time() + self._offset

    def freeze(self, at: int | None = None) -> None:
        """Stand still, at `at` or at the present moment."""
        self._frozen = self.now() if at is None else at

    def run_from(self, at: int) -> None:
        """Run on from a moment."""
        self._frozen, self._offset = None, at - machine_time()

    def advance(self, milliseconds: int) -> None:
        """Move forward; a frozen clock stays frozen."""
        if self._frozen is None:
            self._offset += milliseconds
        else:
            self._frozen += milliseconds

    def run(self) -> None:
        """Follow the machine's clock again, without an offset."""
        self._frozen, self._offset = None, 0


def machine_time() -> int:
    return time.time_ns() // 1_000_000


def stopwatch() -> float:
    """Milliseconds, for durations only."""
    return time.perf_counter() * 1000
