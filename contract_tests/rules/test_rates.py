"""The rate limit: how many requests are admitted in which time, and what the refused ones are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.support.strategies import START
from mock_server.conventions.errors import TooManyRequests
from mock_server.state.rates import Rates

LIMIT, WINDOW = 100, 10_000

bursts = st.lists(st.tuples(st.integers(1, 120), st.integers(0, 12_000)), min_size=1, max_size=8)
"""How many requests at once, and how many milliseconds before the next."""


def admitted(rates: Rates, now: int, client: str = "client", version: str = "v2024") -> bool:
    try:
        rates.count(client, version, now)
    except TooManyRequests:
        return False
    return True


def refused(rates: Rates, now: int) -> TooManyRequests:
    with pytest.raises(TooManyRequests) as refusal:
        rates.count("client", "v2024", now)
    return refusal.value


def within(moments: list[int], end: int) -> int:
    return sum(end - WINDOW < moment <= end for moment in moments)


@given(bursts=bursts)
def test_a_request_is_admitted_if_and_only_if_fewer_than_100_were_in_the_last_ten_seconds(bursts: list[tuple[int, int]]) -> None:
    rates, moments, now = Rates(), [START], START
    rates.count("client", "v2024", START)

    for number, pause in bursts:
        for _ in range(number):
            fits = within(moments, now) < LIMIT
            assert admitted(rates, now) == fits
            moments += [now] * fits
        now += pause

    assert max(within(moments, moment) for moment in moments) <= LIMIT


@given(gaps=st.lists(st.integers(0, 99), min_size=LIMIT - 1, max_size=LIMIT - 1), later=st.integers(0, 99))
def test_retry_after_is_exact_to_the_second(gaps: list[int], later: int) -> None:
    rates, now = Rates(), START
    rates.count("client", "v2024", now)
    for gap in gaps:
        now += gap
        rates.count("client", "v2024", now)
    now += later

    seconds = refused(rates, now).retry_after

    assert 1 <= seconds <= 10
    assert seconds == 1 or not admitted(rates, now + (seconds - 1) * 1000)
    assert admitted(rates, now + seconds * 1000)


def test_the_header_says_how_many_seconds() -> None:
    rates = Rates()
    for _ in range(LIMIT):
        rates.count("client", "v2024", START)

    refusal = refused(rates, START + 2_001)

    assert refusal.headers == {"Retry-After": "8"}


def test_a_refused_request_does_not_count() -> None:
    rates = Rates()
    for _ in range(LIMIT):
        rates.count("client", "v2024", START)
    for moment in range(START, START + WINDOW, 10):
        refused(rates, moment)

    assert all(admitted(rates, START + WINDOW) for _ in range(LIMIT))


def test_clients_and_versions_are_counted_apart() -> None:
    rates = Rates()
    for _ in range(LIMIT):
        rates.count("client", "v2024", START)

    assert not admitted(rates, START)
    assert admitted(rates, START, client="another")
    assert admitted(rates, START, version="v2025")


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    rates = Rates()
    for _ in range(LIMIT):
        rates.count("client", "v2024", START)

    assert all(admitted(rates, START - WINDOW) for _ in range(LIMIT))
