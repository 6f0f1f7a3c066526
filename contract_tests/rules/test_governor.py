"""How fast and how much: at most the rate in any 10 s, over all who share the store; Retry-After; and the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.harness.errors import BudgetReached
from contract_tests.harness.governor import Budget, Governor


@dataclass
class Time:
    """A clock that sleeping moves."""

    now: float = 1_767_225_600.0
    moments: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(place))
    return place


def governor(time: Time, rate: int | None = 90, client: str = "client", **budget: float) -> Governor:
    return Governor(client, rate, Budget(**budget), clock=time, sleep=time.sleep)  # type: ignore[arg-type]  # requests is an int


def most_in_any_window(moments: Sequence[float]) -> int:
    return max(sum(start <= moment < start + 10 for moment in moments) for start in moments)


@given(rate=st.integers(1, 5), pauses=st.lists(st.floats(0, 6), min_size=8, max_size=25), seed=st.integers(0, 10**9))
@settings(max_examples=15)
def test_no_window_has_more_than_the_rate(rate: int, pauses: list[float], seed: int) -> None:
    time = Time()
    several = [governor(time, rate, f"client-{seed}-{rate}-{len(pauses)}") for _ in range(3)]  # as three processes would

    for number, pause in enumerate(pauses):
        time.sleep(pause)
        several[number % 3].take("v2024")
        time.moments.append(time.now)

    assert most_in_any_window(time.moments) <= rate
    assert max(one.highest for one in several) <= rate
    for one in several:
        one.close()


def test_versions_and_clients_have_a_rate_each() -> None:
    time = Time()
    first, second = governor(time, 2), governor(time, 2, "another")
    before = time.now

    for one in (first, second):
        for version in ("v2024", "v2025"):
            one.take(version)
            one.take(version)

    assert time.now == before
    assert first.highest == 2


def test_the_rate_outlives_the_process_that_used_it() -> None:
    time = Time()
    first = governor(time, 2)
    first.take("v2024")
    first.take("v2024")
    first.close()

    governor(time, 2).take("v2024")

    assert time.now >= 1_767_225_610.0


def test_retry_after_holds_everybody_back() -> None:
    time = Time()
    asked, other = governor(time), governor(time)
    before = time.now

    asked.hold("v2024", "7")
    other.take("v2024")

    assert time.now >= before + 7


def test_retry_after_of_one_version_leaves_the_others_alone() -> None:
    time = Time()
    one = governor(time)
    before = time.now

    one.hold("v2024", "7")
    one.take("v2025")

    assert time.now == before


def test_a_target_that_wants_a_long_rest_is_left_alone() -> None:
    with pytest.raises(BudgetReached, match="3600 s"):
        governor(Time()).hold("v2024", "3600")


def test_the_budget_of_requests_ends_the_run() -> None:
    one = governor(Time(), None, requests=2)
    one.take("v2024")
    one.take("v2024")

    with pytest.raises(BudgetReached, match="--max-requests 2"):
        one.take("v2024")
    assert one.sent == 2


def test_the_budget_of_time_ends_the_run_before_a_wait_that_is_too_long() -> None:
    time = Time()
    one = governor(time, 1, seconds=5)
    one.take("v2024")
    before = time.now

    with pytest.raises(BudgetReached, match="--max-time 5"):
        one.take("v2024")
    assert time.now == before


def test_without_a_rate_the_highest_number_is_still_told() -> None:
    time = Time()
    one = governor(time, None)

    for pause in (0, 1, 1, 20, 1):
        time.sleep(pause)
        one.take("v2024")

    assert one.highest == 3
