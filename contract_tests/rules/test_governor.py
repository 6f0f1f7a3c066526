"""How fast and how much: at most the rate in any 10 s, over all who share the store; Retry-After; and the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.harness.errors import BudgetReached, ShareReached
from contract_tests.harness.governor import Budget, Governor, seconds_of


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


def governor(time: Time, rate: int | None = 90, **budget: float) -> Governor:
    return Governor(rate, Budget(**budget), clock=time, sleep=time.sleep)  # type: ignore[arg-type]  # requests is an int


def most_in_any_window(moments: Sequence[float]) -> int:
    return max(sum(start <= moment < start + 10 for moment in moments) for start in moments)


@given(rate=st.integers(1, 5), pauses=st.lists(st.floats(0, 6), min_size=8, max_size=25), seed=st.integers(0, 10**9))
@settings(max_examples=15)
def test_no_window_has_more_than_the_rate(rate: int, pauses: list[float], seed: int) -> None:
    time = Time()
    several = [governor(time, rate) for _ in range(3)]  # as three processes would

    for number, pause in enumerate(pauses):
        time.sleep(pause)
        several[number % 3].take(f"client-{seed}-{rate}-{len(pauses)}", "v2024")
        time.moments.append(time.now)

    assert most_in_any_window(time.moments) <= rate
    assert max(one.highest for one in several) <= rate
    for one in several:
        one.close()


def test_versions_and_clients_have_a_rate_each() -> None:
    time = Time()
    one = governor(time, 2)
    before = time.now

    for client in ("client", "another"):
        for version in ("v2024", "v2025"):
            one.take(client, version)
            one.take(client, version)

    assert time.now == before
    assert one.highest == 2


def test_the_rate_outlives_the_process_that_used_it() -> None:
    time = Time()
    first = governor(time, 2)
    first.take("client", "v2024")
    first.take("client", "v2024")
    first.close()

    governor(time, 2).take("client", "v2024")

    assert time.now >= 1_767_225_610.0


def test_retry_after_holds_everybody_back() -> None:
    time = Time()
    asked, other = governor(time), governor(time)
    before = time.now

    asked.hold("client", "v2024", "7")
    other.take("client", "v2024")

    assert time.now >= before + 7


def test_retry_after_of_one_version_leaves_the_others_alone() -> None:
    time = Time()
    one = governor(time)
    before = time.now

    one.hold("client", "v2024", "7")
    one.take("client", "v2025")

    assert time.now == before


def test_a_target_that_wants_a_long_rest_is_left_alone() -> None:
    with pytest.raises(BudgetReached, match="3600 s"):
        governor(Time()).hold("client", "v2024", "3600")


def test_the_budget_of_requests_ends_the_run() -> None:
    one = governor(Time(), None, requests=2)
    one.take("client", "v2024")
    one.take("client", "v2024")

    with pytest.raises(BudgetReached, match="2 requests were sent"):
        one.take("client", "v2024")
    assert one.sent == 2


def test_the_budget_of_time_ends_the_run_before_a_wait_that_is_too_long() -> None:
    time = Time()
    one = governor(time, 1, seconds=5)
    one.take("client", "v2024")
    before = time.now

    with pytest.raises(BudgetReached, match="--max-time 5"):
        one.take("client", "v2024")
    assert time.now == before


def test_without_a_rate_the_highest_number_is_still_told() -> None:
    time = Time()
    one = governor(time, None)

    for pause in (0, 1, 1, 20, 1):
        time.sleep(pause)
        one.take("client", "v2024")

    assert one.highest == 3


def test_a_client_has_one_rate_whatever_role_it_plays() -> None:
    """In one run as `plain`, in the next as `main`: the target counts the client."""
    time = Time()
    for _ in range(4):
        governor(time, 2).take("client", "v2024")
        time.moments.append(time.now)

    assert most_in_any_window(time.moments) <= 2


def test_what_is_left_of_before_the_machine_started_holds_nobody() -> None:
    """The clock counts from the start of the machine: what is later than now is of another life."""
    later = Time(now=5_000_000.0)
    first = governor(later, 1)
    first.take("client", "v2024")
    first.hold("client", "v2024", "50")
    first.close()
    time = Time(now=100.0)

    governor(time, 1).take("client", "v2024")

    assert time.now == 100.0


def test_a_process_keeps_to_the_rate_by_itself_if_the_store_forgets(state: Path) -> None:
    time = Time()
    one = governor(time, 3)

    for _ in range(8):
        one.take("client", "v2024")
        one._of("client", "v2024").bucket.flush()
        time.moments.append(time.now)

    assert most_in_any_window(time.moments) <= 3


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [("7", 7), ("0", 0), (None, 10), ("", 10), ("soon", 10), ("1.5", 10), ("9" * 5000, 10**40)]
)
def test_a_retry_after_is_read(retry_after: str | None, seconds: float) -> None:
    assert seconds_of(retry_after) == pytest.approx(seconds, rel=0.01)


def test_a_retry_after_may_be_a_date() -> None:
    until = datetime.now(UTC) + timedelta(seconds=30)

    assert seconds_of(format_datetime(until, usegmt=True)) == pytest.approx(30, abs=2)


def test_each_version_has_its_share_of_the_budget() -> None:
    one = governor(Time(), None, requests=10)
    one.shares(2)
    for _ in range(5):
        one.take("client", "v2024")

    with pytest.raises(ShareReached):
        one.take("client", "v2024")
    one.shares(1)
    one.take("client", "v2025")
    assert one.sent == 6
