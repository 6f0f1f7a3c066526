"""One client's requests to one version as all see them that share a store: a file of this machine, or a Redis of several."""

from __future__ import annotations

import hashlib
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock
from pyrate_limiter import AbstractBucket, Rate, RateItem, SQLiteBucket

from contract_tests.harness.errors import Ended, Misuse
from contract_tests.harness.seal import sending

WINDOW = 10_000
"""Milliseconds, as the vendor counts."""

SLACK = 1_500
"""Milliseconds more between a request and the one that takes its place: the first may have been on its way that much longer."""


@dataclass
class Shared(ABC):
    """Moments are milliseconds. The lock is that of all processes of the machine together: pyrate's own is not."""

    bucket: AbstractBucket
    now: Callable[[], int]
    """A clock that all who share the store read alike."""
    lock: AbstractContextManager[Any] = field(default_factory=nullcontext)
    in_window: int = 0

    def take(self, longest: int) -> int:
        """0: a request of this moment was admitted; else how long to wait before one is. A hold beyond `longest` is none."""
        with self.lock, sending():
            now = self.now()  # not before: who waits for the lock would come with a moment that is past
            if now < (held := self._held_until()) <= now + longest:
                return held - now
            self._forget_the_future(now)
            self.bucket.leak(now)
            item = RateItem("request", now)
            if self.bucket.put(item):
                self.in_window = self._count(now)
                return 0
            return max(1, int(self.bucket.waiting(item)))  # type: ignore[arg-type]  # not awaitable: these buckets are synchronous

    def hold(self, milliseconds: int) -> None:
        with self.lock, sending():
            self._keep_hold(self.now() + milliseconds)

    def close(self) -> None:
        self.bucket.close()

    @abstractmethod
    def _held_until(self) -> int: ...

    @abstractmethod
    def _keep_hold(self, until: int) -> None: ...

    def _forget_the_future(self, now: int) -> None:  # noqa: B027 - only a clock that begins anew has one
        """What is later than now was written before the machine was started anew."""

    def _count(self, now: int) -> int:
        """Entries of the vendor's window, not of ours with its slack."""
        number = int(self.bucket.count())  # type: ignore[arg-type]  # as above
        while number and (oldest := self.bucket.peek(number - 1)) is not None and oldest.timestamp <= now - WINDOW:  # type: ignore[union-attr]
            number -= 1
        return number


@dataclass
class InFile(Shared):
    """The machine's monotonic clock, which all its processes share, and which no change of the time of day moves."""

    holds: Path = Path()

    def _held_until(self) -> int:
        with suppress(OSError, ValueError):
            return int(self.holds.read_text())
        return 0

    def _keep_hold(self, until: int) -> None:
        self.holds.write_text(str(until))

    def _forget_the_future(self, now: int) -> None:
        newest = self.bucket.peek(0)
        if newest is not None and newest.timestamp > now + WINDOW:  # type: ignore[union-attr]  # as above
            self.bucket.flush()


@dataclass
class InRedis(Shared):
    """The clock of the Redis itself."""

    redis: Any = None
    name: str = ""

    def take(self, longest: int) -> int:
        waiting: int = self._asked(lambda: super(InRedis, self).take(longest))
        return waiting

    def hold(self, milliseconds: int) -> None:
        self._asked(lambda: super(InRedis, self).hold(milliseconds))

    def close(self) -> None:
        with sending():
            self.redis.close()

    def _held_until(self) -> int:
        return int(self.redis.get(f"{self.name}:hold") or 0)

    def _keep_hold(self, until: int) -> None:
        self.redis.set(f"{self.name}:hold", until, ex=120)

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """Without its store, nothing is sent: nobody could say how much the others send."""
        from redis.exceptions import RedisError  # noqa: PLC0415 - wants redis, which few need

        try:
            return ask()
        except RedisError as error:
            raise Ended(f"the rate store is gone: {type(error).__name__}") from None


def opened(folder: Path, client: str, version: str, rate: int, store: str | None, clock: Callable[[], float]) -> Shared:
    """`store`: a redis URL; None: a file in `folder`, and `clock`. Raises Misuse: the store cannot be reached."""
    name = f"requests_{hashlib.sha256(client.encode()).hexdigest()[:16]}_{version}"
    rates = [Rate(rate, WINDOW + SLACK)]
    if store is not None:
        return _redis(rates, store, name)
    lock = FileLock(folder / f"{name}.lock", thread_local=False)
    place = folder / "rate.sqlite"
    with lock:
        connection = sqlite3.connect(place, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
        bucket = SQLiteBucket.init_from_file(rates, table=name, db_path=str(place), use_file_lock=True)
    return InFile(bucket, lambda: int(clock() * 1000), lock, holds=folder / f"{name}.hold")


def _redis(rates: list[Rate], url: str, name: str) -> Shared:
    try:
        from pyrate_limiter import RedisBucket  # noqa: PLC0415 - as above
        from redis import Redis  # noqa: PLC0415 - as above
        from redis.exceptions import RedisError  # noqa: PLC0415 - as above
    except ImportError:
        raise Misuse("rate-store: a redis URL needs one package more: pip install 'isc-mock[redis]'") from None
    try:
        with sending():
            redis = Redis.from_url(url, socket_timeout=10)
            bucket: AbstractBucket = RedisBucket.init(rates, redis, name)
    except (RedisError, ValueError) as error:
        raise Misuse(f"rate-store: {type(error).__name__}: the store cannot be reached") from None
    return InRedis(bucket, lambda: _moment(*redis.time()), redis=redis, name=name)


def _moment(seconds: int, microseconds: int) -> int:
    return seconds * 1000 + microseconds // 1000
