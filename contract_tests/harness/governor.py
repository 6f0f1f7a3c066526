"""How fast, how much and how long: the rate over all processes of the machine, Retry-After, and the budget of a run."""

from __future__ import annotations

import email.utils
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from contract_tests.harness.errors import BudgetReached, ShareReached
from contract_tests.harness.rates import WINDOW, Shared, opened

LONGEST_WAIT = 60
"""Seconds: a target that wants more is left alone, and the run ends."""

UNREADABLE = 10
"""Seconds to wait for a Retry-After that is neither a number nor a date."""


def state_folder() -> Path:
    """What runs on this machine share: the rate, the ledgers, the key of the pseudonyms."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    folder = Path(home) / "isc-contract"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@dataclass
class Budget:
    """None: no limit. `seconds` count from the first request."""

    requests: int | None = None
    seconds: float | None = None


@dataclass
class Governor:
    """`rate`: requests in 10 s, for each client and version; None: no limit. `clock`: seconds that no change of the time of day moves."""

    rate: int | None
    budget: Budget
    store: str | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    sent: int = 0
    highest: int = 0
    """The most requests in any 10 s, of one client to one version: of this run, and of all others on the machine as far as it saw."""
    waited: float = 0.0
    share: int | None = None
    """How many may be sent before the next version has its turn."""
    _shared: dict[tuple[str, str], Shared] = field(default_factory=dict)
    _recent: dict[tuple[str, str], deque[float]] = field(default_factory=dict)
    _deadline: float | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def take(self, client: str, version: str) -> None:
        """Returns when a client may send one more request to a version. `client`: its id, of which only a hash is stored.

        Raises:
            Ended: there may be no more in this run, or for this version.
        """
        with self._lock:
            self._check_budget(0)
            if self.rate is not None:
                self._wait_for_room(self._of(client, version), self._own(client, version), self.rate)
            self._count(self._own(client, version))
            self.sent += 1

    def hold(self, client: str, version: str, retry_after: str | None) -> None:
        """Sends nothing more until a target's Retry-After has passed: nobody who shares the store does.

        Raises:
            BudgetReached: it asks for more than this waits.
        """
        seconds = seconds_of(retry_after)
        if seconds > LONGEST_WAIT:
            raise BudgetReached(f"the target asks to wait {seconds:.0f} s")
        with self._lock:
            if self.rate is not None:
                self._of(client, version).hold(int(seconds * 1000))
            else:
                self._pause(seconds)

    def shares(self, versions_left: int) -> None:
        """The budget that is left is for so many versions: the next one may use its part of it."""
        if self.budget.requests is not None:
            self.share = self.sent + max(1, (self.budget.requests - self.sent) // versions_left)

    def close(self) -> None:
        for shared in self._shared.values():
            shared.close()

    def _check_budget(self, pause: float) -> None:
        now = self.clock()
        if self._deadline is None and self.budget.seconds is not None:
            self._deadline = now + self.budget.seconds
        if self._deadline is not None and now + pause > self._deadline:
            raise BudgetReached(f"--max-time {self.budget.seconds:g} is reached")
        if self.budget.requests is not None and self.sent >= self.budget.requests:
            raise BudgetReached(f"{self.budget.requests} requests were sent, which is the budget: --max-requests, or the profile")
        if self.share is not None and self.sent >= self.share:
            raise ShareReached("a version has had its share of the budget")

    def _wait_for_room(self, shared: Shared, own: deque[float], rate: int) -> None:
        """In the store, and by what this process knows itself: whatever becomes of the store, it keeps to the rate."""
        while True:
            pause = self._until_room(own, rate) or shared.take(LONGEST_WAIT * 1000) / 1000
            if pause <= 0:
                break
            self._pause(pause)
        self.highest = max(self.highest, shared.in_window)

    def _until_room(self, own: deque[float], rate: int) -> float:
        recent = [moment for moment in own if moment > self.clock() - WINDOW / 1000]
        return 0.0 if len(recent) < rate else recent[-rate] + WINDOW / 1000 - self.clock() + 0.001

    def _pause(self, seconds: float) -> None:
        self._check_budget(seconds)
        self.waited += seconds
        self.sleep(seconds)

    def _count(self, own: deque[float]) -> None:
        now = self.clock()
        own.append(now)
        while own[0] <= now - WINDOW / 1000:
            own.popleft()
        self.highest = max(self.highest, len(own))

    def _own(self, client: str, version: str) -> deque[float]:
        return self._recent.setdefault((client, version), deque())

    def _of(self, client: str, version: str) -> Shared:
        if (client, version) not in self._shared:
            assert self.rate is not None
            self._shared[client, version] = opened(state_folder(), client, version, self.rate, self.store, self.clock)
        return self._shared[client, version]


def seconds_of(retry_after: str | None) -> float:
    """Of a Retry-After: a number of seconds or a date (RFC 9110, 10.2.3)."""
    text = (retry_after or "").strip()[:40]
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return UNREADABLE
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
