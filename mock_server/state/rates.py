"""The service's rate limit: 100 requests in 10 seconds, per client id and API version (documented, since 2026-03)."""

from __future__ import annotations

from collections import deque

from mock_server.conventions.errors import TooManyRequests

REQUESTS = 100
WINDOW = 10_000
"""Milliseconds."""


class Rates:
    """Counts a sliding window by the tenant's clock, which pyrate-limiter's buckets cannot follow when it is set back."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str], deque[int]] = {}

    def count(self, client_id: str, version: str, now: int) -> None:
        """Raises TooManyRequests with the whole seconds until the next request fits; a refused request does not count."""
        requests = self._requests.setdefault((client_id, version), deque())
        while requests and not now - WINDOW < requests[0] <= now:
            requests.popleft()
        if len(requests) >= REQUESTS:
            raise TooManyRequests(retry_after=max(1, -((now - WINDOW - requests[0]) // 1000)))
        requests.append(now)
