"""A tenant's time: read, frozen, set, advanced; and all that follows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from contract_tests.conftest import Make, Serve
from contract_tests.support.control import log_in, mistake
from mock_server.handle import Isc

NEW_YEAR = "2030-01-01T00:00:00.000Z"

SLACK = timedelta(seconds=30)
"""More than any exchange takes."""


def test_at_first_the_clock_is_real(isc: Isc) -> None:
    clock = isc.control("GET", "/clock")

    assert clock["mode"] == "real"
    assert abs(_moment(clock["now"]) - datetime.now(UTC)) < SLACK


def test_a_frozen_clock_stands_still(isc: Isc) -> None:
    frozen = isc.clock.freeze()

    assert {isc.clock.now() for _ in range(5)} == {frozen}
    assert isc.control("GET", "/clock")["mode"] == "frozen"


def test_a_clock_can_be_frozen_at_any_moment(isc: Isc) -> None:
    assert isc.clock.freeze("2030-01-01T01:00:00+01:00") == NEW_YEAR
    assert isc.clock.now() == NEW_YEAR


def test_freezing_again_without_a_moment_changes_nothing(isc: Isc) -> None:
    isc.clock.freeze(NEW_YEAR)

    assert isc.clock.freeze() == NEW_YEAR


def test_an_offset_clock_runs_on_from_its_moment(isc: Isc) -> None:
    shown = isc.control("PUT", "/clock", {"mode": "offset", "now": NEW_YEAR})

    assert shown["mode"] == "offset"
    assert timedelta(0) <= _moment(isc.clock.now()) - _moment(NEW_YEAR) < SLACK


def test_a_clock_can_be_real_again(isc: Isc) -> None:
    isc.clock.freeze(NEW_YEAR)

    isc.clock.run()

    assert isc.control("GET", "/clock")["mode"] == "real"
    assert abs(_moment(isc.clock.now()) - datetime.now(UTC)) < SLACK


@pytest.mark.parametrize(
    ("distance", "after"),
    [
        ({"seconds": 90}, "2030-01-01T00:01:30.000Z"),
        ({"seconds": 0.25}, "2030-01-01T00:00:00.250Z"),
        ({"seconds": 0}, NEW_YEAR),
        ({"duration": "P1DT2H"}, "2030-01-02T02:00:00.000Z"),
        ({"duration": "P2W"}, "2030-01-15T00:00:00.000Z"),
        ({"duration": "PT1M0.5S"}, "2030-01-01T00:01:00.500Z"),
    ],
)
def test_a_frozen_clock_advances_exactly_and_stays_frozen(isc: Isc, distance: dict[str, Any], after: str) -> None:
    isc.clock.freeze(NEW_YEAR)

    shown = isc.control("POST", "/clock/advance", distance)

    assert shown == {"mode": "frozen", "now": after}
    assert isc.clock.now() == after


def test_a_running_clock_advances_and_runs_on(isc: Isc) -> None:
    shown = isc.control("POST", "/clock/advance", {"duration": "P1D"})

    assert shown["mode"] == "offset"
    assert abs(_moment(shown["now"]) - datetime.now(UTC) - timedelta(days=1)) < SLACK


def test_a_clock_is_a_tenants_own(isc: Isc, isc_server: str, make: Make) -> None:
    other = make(isc_server)

    isc.clock.freeze(NEW_YEAR)

    assert other.control("GET", "/clock")["mode"] == "real"


def test_tokens_expire_by_the_clock(isc: Isc, isc_server: str) -> None:
    isc.clock.freeze()
    token = log_in(isc_server, *isc.credentials["ORG_ADMIN"]).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    path = f"{isc_server}/v2025/work-items/count"

    isc.clock.advance(token["expires_in"] - 1)
    before = httpx.get(path, headers=headers, verify=False)  # noqa: S501 - plain http
    isc.clock.advance(1)
    after = httpx.get(path, headers=headers, verify=False)  # noqa: S501 - as above

    assert (before.status_code, after.status_code) == (200, 401)
    assert "expired" in after.json()["error"]


def test_tokens_of_another_tenant_do_not_expire(isc: Isc, isc_client: httpx.Client, isc_server: str, make: Make) -> None:
    make(isc_server).clock.advance(duration="P30D")

    assert isc_client.get("/v2025/work-items/count").status_code == 200


def test_a_new_token_works_at_any_time(isc: Isc) -> None:
    isc.clock.freeze("1999-12-31T23:59:59Z")

    with isc.client() as client:
        assert client.get("/v2025/work-items/count").status_code == 200


def test_tasks_vanish_after_90_days(isc: Isc) -> None:
    isc.clock.freeze()
    task = isc.launch()

    isc.clock.advance(duration="P90D")
    kept = _status(isc, task["id"])
    isc.clock.advance(0.001)

    assert (kept, _status(isc, task["id"])) == (200, 404)


def test_work_items_are_of_the_tenants_time(isc: Isc) -> None:
    item = isc.add(type="Generic", description="Look.")
    isc.clock.freeze(NEW_YEAR)

    with isc.client() as client:
        completed = client.post(f"/v2025/work-items/{item['id']}").json()

    assert completed["completed"] == NEW_YEAR


def test_the_rate_limit_follows_the_clock(serve: Serve, make: Make) -> None:
    isc = make(serve(rate_limit=True).url)
    isc.clock.freeze()

    with isc.client() as client:
        for _ in range(100):
            client.get("/v2025/work-items/count").raise_for_status()
        refused = client.get("/v2025/work-items/count")
        isc.clock.advance(int(refused.headers["Retry-After"]))
        after = client.get("/v2025/work-items/count")

    assert (refused.status_code, after.status_code) == (429, 200)


def test_the_journal_is_of_the_tenants_time(isc: Isc, isc_client: httpx.Client) -> None:
    now = isc.clock.freeze()

    isc_client.get("/v2025/work-items/count")

    assert [entry["at"] for entry in isc.journal(operation="getCountWorkItems")] == [now]


WRONG: dict[str, tuple[str, str, Any, str]] = {
    "no mode": ("PUT", "/clock", {}, "mode"),
    "an unknown mode": ("PUT", "/clock", {"mode": "fast"}, "mode"),
    "a moment for a real clock": ("PUT", "/clock", {"mode": "real", "now": NEW_YEAR}, "now"),
    "no moment to run on from": ("PUT", "/clock", {"mode": "offset"}, "now"),
    "no date": ("PUT", "/clock", {"mode": "frozen", "now": "tomorrow"}, "now"),
    "a date without offset": ("PUT", "/clock", {"mode": "frozen", "now": "2030-01-01T00:00:00"}, "now"),
    "a leap second": ("PUT", "/clock", {"mode": "frozen", "now": "2016-12-31T23:59:60Z"}, "now"),
    "a moment too late": ("PUT", "/clock", {"mode": "frozen", "now": "9999-06-01T00:00:00Z"}, "now"),
    "a moment before the calendar": ("PUT", "/clock", {"mode": "frozen", "now": "0001-01-01T00:00:00+10:00"}, "now"),
    "an unknown field": ("PUT", "/clock", {"mode": "frozen", "speed": 2}, "speed"),
    "no distance": ("POST", "/clock/advance", {}, "body"),
    "two distances": ("POST", "/clock/advance", {"seconds": 1, "duration": "PT1S"}, "body"),
    "backwards": ("POST", "/clock/advance", {"seconds": -1}, "seconds"),
    "a text": ("POST", "/clock/advance", {"seconds": "1"}, "seconds"),
    "no duration": ("POST", "/clock/advance", {"duration": "1 day"}, "duration"),
    "an empty duration": ("POST", "/clock/advance", {"duration": "P"}, "duration"),
    "months": ("POST", "/clock/advance", {"duration": "P1M"}, "duration"),
    "an endless duration": ("POST", "/clock/advance", {"duration": f"P{'9' * 400}D"}, "duration"),
    "a duration that is a number": ("POST", "/clock/advance", {"duration": 1}, "duration"),
    "too far": ("POST", "/clock/advance", {"duration": "P2950000D"}, "duration"),
    "an unknown unit": ("POST", "/clock/advance", {"hours": 1}, "hours"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_names_the_field_and_leaves_the_clock(isc: Isc, case: str) -> None:
    method, path, body, field = WRONG[case]
    isc.clock.freeze(NEW_YEAR)

    assert f'"{field}"' in mistake(isc, method, path, body)
    assert isc.control("GET", "/clock") == {"mode": "frozen", "now": NEW_YEAR}


def _status(isc: Isc, task_id: str) -> int:
    with isc.client() as client:
        return client.get(f"/v2025/task-status/{task_id}").status_code


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
