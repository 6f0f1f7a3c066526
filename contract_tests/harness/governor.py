"""How fast, how much and how long: the rate over all processes of the machine, Retry-After, and the budget of a run."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock
from pyrate_limiter import AbstractBucket, Rate, RateItem, SQLiteBucket

from contract_tests.harness.errors import BudgetReached, Misuse

WINDOW = 10_000
"""Milliseconds, as the vendor counts."""

SLACK = 250
"""Milliseconds more between a request and the one that takes its place: the first may have been on its way that much longer."""

LONGEST_WAIT = 60
"""Seconds: a target that wants more is left alone, and the run ends."""


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
    """`client`: the client id, of which only a hash is stored. `rate`: requests in 10 s, for each version; None: no limit."""

    client: str
    rate: int | None
    budget: Budget
    store: str | None = None
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    sent: int = 0
    highest: int = 0
    """The most requests that this run, with all others on the machine, sent in any 10 s, of one client to one version."""
    waited: float = 0.0
    _buckets: dict[str, Shared] = field(default_factory=dict)
    _recent: deque[float] = field(default_factory=deque)
    _deadline: float | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def take(self, version: str) -> None:
        """Returns when one more request may be sent to a version.

        Raises:
            BudgetReached: there may be no more in this run.
        """
        with self._lock:
            self._check_budget(0)
            if self.rate is not None:
                self._wait_for_room(self._bucket(version))
            else:
                self._count_alone()
            self.sent += 1

    def hold(self, version: str, retry_after: str | None) -> None:
        """Sends nothing more to a version until a target's Retry-After has passed: nobody on this machine does."""
        seconds = int(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else 1
        with self._lock:
            if seconds > LONGEST_WAIT:
                raise BudgetReached(f"the target asks to wait {seconds} s")
            if self.rate is not None:
                self._bucket(version).hold(self.clock() + seconds)
            else:
                self._pause(seconds)

    def close(self) -> None:
        for bucket in self._buckets.values():
            bucket.close()

    def _check_budget(self, pause: float) -> None:
        now = self.clock()
        if self._deadline is None and self.budget.seconds is not None:
            self._deadline = now + self.budget.seconds
        if self._deadline is not None and now + pause > self._deadline:
            raise BudgetReached(f"--max-time {self.budget.seconds:g} is reached")
        if self.budget.requests is not None and self.sent >= self.budget.requests:
            raise BudgetReached(f"--max-requests {self.budget.requests} is reached")

    def _wait_for_room(self, bucket: Shared) -> None:
        while (pause := bucket.take(int(self.clock() * 1000))) > 0:
            self._pause(pause / 1000)
        self.highest = max(self.highest, bucket.in_window)

    def _pause(self, seconds: float) -> None:
        self._check_budget(seconds)
        self.waited += seconds
        self.sleep(seconds)

    def _count_alone(self) -> None:
        now = self.clock()
        self._recent.append(now)
        while self._recent[0] <= now - WINDOW / 1000:
            self._recent.popleft()
        self.highest = max(self.highest, len(self._recent))

    def _bucket(self, version: str) -> Shared:
        if version not in self._buckets:
            assert self.rate is not None
            self._buckets[version] = Shared.open(self.client, version, self.rate, self.store)
        return self._buckets[version]


@dataclass
class Shared:
    """One client's requests to one version, as all processes see them. The lock is theirs together: pyrate's own is not."""

    bucket: AbstractBucket
    lock: Any
    holds: Path
    in_window: int = 0

    @classmethod
    def open(cls, client: str, version: str, rate: int, store: str | None) -> Shared:
        name = f"requests_{hashlib.sha256(client.encode()).hexdigest()[:16]}_{version}"
        rates = [Rate(rate, WINDOW + SLACK)]
        folder = state_folder()
        lock = FileLock(folder / f"{name}.lock", thread_local=False)
        bucket = _redis_bucket(rates, store, name) if store else _file_bucket(rates, folder / "rate.sqlite", name, lock)
        return cls(bucket, lock, folder / f"{name}.hold")

    def take(self, now: int) -> int:
        """0: a request of this moment (milliseconds) was admitted; else how long to wait before one is."""
        with self.lock:
            if (held := self._held_until()) > now:
                return held - now
            self.bucket.leak(now)
            item = RateItem("request", now)
            if self.bucket.put(item):
                self.in_window = self._count(now)
                return 0
            wait = self.bucket.waiting(item)
            return max(1, int(wait))  # type: ignore[arg-type]  # not awaitable: these buckets are synchronous

    def hold(self, until: float) -> None:
        """`until`: seconds since the epoch."""
        with self.lock:
            self.holds.write_text(str(max(self._held_until(), int(until * 1000))))

    def close(self) -> None:
        self.bucket.close()

    def _held_until(self) -> int:
        with suppress(OSError, ValueError):
            return int(self.holds.read_text())
        return 0

    def _count(self, now: int) -> int:
        """Entries of the vendor's window, not of ours with its slack."""
        number = int(self.bucket.count())  # type: ignore[arg-type]  # as above
        while number and (oldest := self.bucket.peek(number - 1)) is not None and oldest.timestamp <= now - WINDOW:  # type: ignore[union-attr]
            number -= 1
        return number


def _file_bucket(rates: list[Rate], place: Path, table: str, lock: FileLock) -> SQLiteBucket:
    with lock:
        connection = sqlite3.connect(place, isolation_level="DEFERRED", check_same_thread=False, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
        return SQLiteBucket.init_from_file(rates, table=table, db_path=str(place), use_file_lock=True)


def _redis_bucket(rates: list[Rate], url: str, name: str) -> AbstractBucket:
    try:
        from pyrate_limiter import RedisBucket  # noqa: PLC0415 - wants redis, which few need
        from redis import Redis  # noqa: PLC0415
        from redis.exceptions import RedisError  # noqa: PLC0415
    except ImportError:
        raise Misuse("rate-store: a redis URL needs one package more: pip install 'isc-mock[redis]'") from None
    try:
        bucket: AbstractBucket = RedisBucket.init(rates, Redis.from_url(url), name)
    except (RedisError, ValueError) as error:
        raise Misuse(f"rate-store: {type(error).__name__}: the store cannot be reached") from None
    return bucket
