"""How dates are read and written, held to counting days."""

from __future__ import annotations

import calendar
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.support.strategies import START, moments
from mock_server.conventions import dates

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000

days = st.dates().map(lambda date: (date.year, date.month, date.day))
times = st.tuples(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
offsets = st.tuples(st.sampled_from(["+", "-"]), st.integers(0, 23), st.integers(0, 59))
amounts = st.none() | st.integers(0, 99)


def milliseconds(day: tuple[int, int, int], time: tuple[int, int, int], milli: int = 0, offset: tuple[str, int, int] = ("+", 0, 0)) -> int:
    sign, hours, minutes = offset
    distance = (hours * HOUR + minutes * MINUTE) * (1 if sign == "+" else -1)
    return calendar.timegm((*day, *time)) * 1000 + milli - distance


@given(moment=moments())
def test_what_is_written_reads_as_the_same_moment(moment: int) -> None:
    assert dates.parse(dates.write(moment)) == moment


@given(moment=moments())
def test_a_date_is_written_with_milliseconds_and_z(moment: int) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", dates.write(moment))


@given(one=moments(), other=moments())
def test_written_dates_sort_as_the_moments_do(one: int, other: int) -> None:
    assert (dates.write(one) < dates.write(other)) == (one < other)


@given(day=days, time=times, milli=st.integers(0, 999))
def test_a_date_is_written_as_the_calendar_has_it(day: tuple[int, int, int], time: tuple[int, int, int], milli: int) -> None:
    written = dates.write(milliseconds(day, time, milli))

    assert written == "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z".format(*day, *time, milli)


@given(day=days, time=times, milli=st.integers(0, 999), offset=offsets)
def test_an_offset_is_subtracted(day: tuple[int, int, int], time: tuple[int, int, int], milli: int, offset: tuple[str, int, int]) -> None:
    text = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}{:02}:{:02}".format(*day, *time, milli, *offset)

    assert dates.parse(text) == milliseconds(day, time, milli, offset)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2017-07-11T18:45:37.098Z", "2017-07-11T18:45:37.098Z"),
        ("2025-02-10T14:40Z", "2025-02-10T14:40:00.000Z"),
        ("2025-02-10T14:40:09Z", "2025-02-10T14:40:09.000Z"),
        ("2025-02-10T14:40:09.5Z", "2025-02-10T14:40:09.500Z"),
        ("2025-02-10T14:40:09.123999Z", "2025-02-10T14:40:09.123Z"),
        ("2025-02-10T14:40:09+00:00", "2025-02-10T14:40:09.000Z"),
        ("2025-02-10T00:10+01:00", "2025-02-09T23:10:00.000Z"),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
    ],
)
def test_every_form_that_tenants_and_clients_send_is_read(text: str, written: str) -> None:
    assert dates.canonical(text) == written


@pytest.mark.parametrize(
    "text",
    [
        *("", "today", "1735689600000", "2025-02-10", "2025-02-10T14:40:09", "2025-02-10 14:40:09Z", "14:40:09Z"),
        *(
            "2025-02-30T00:00Z",
            "2025-13-01T00:00Z",
            "2025-02-10T24:01Z",
            "2025-02-10T14:60Z",
            "2025-02-10T14:40:09+24:00",
            "+12025-02-10T00:00Z",
        ),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        dates.parse(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"])
def test_a_moment_without_a_year_of_four_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="out of range"):
        dates.canonical(text)


@given(text=st.text(max_size=30) | st.lists(st.sampled_from("0123456789-+:.,TZWdhms "), max_size=30).map("".join))
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    for read in (dates.canonical, lambda text: dates.absolute(text, START)):
        try:
            written = read(text)
        except ValueError:
            continue
        assert dates.canonical(written) == written


@given(now=moments(), sign=st.sampled_from("+-"), amounts=st.tuples(amounts, amounts, amounts, amounts).filter(any))
def test_a_relative_date_is_so_far_from_now(now: int, sign: str, amounts: tuple[int | None, ...]) -> None:
    text = sign + "".join(f"{amount}{unit}" for amount, unit in zip(amounts, "dhms", strict=True) if amount is not None)
    distance = sum((amount or 0) * unit for amount, unit in zip(amounts, (DAY, HOUR, MINUTE, SECOND), strict=True))
    expected = now + distance if sign == "+" else now - distance

    if dates.parse("0001-01-01T00:00:00Z") <= expected <= dates.parse("9999-12-31T23:59:59.999Z"):
        assert dates.absolute(text, now) == dates.write(expected)
    else:
        with pytest.raises(ValueError, match="out of range"):
            dates.absolute(text, now)


@given(now=moments(), moment=moments())
def test_an_absolute_date_does_not_depend_on_now(now: int, moment: int) -> None:
    assert dates.absolute(dates.write(moment), now) == dates.write(moment)


@pytest.mark.parametrize("text", ["-", "+", "3d", "-3", "-3x", "-4h3d", "-3d 4h", "--3d", "-3d-4h", "-d", "-3.5h", "-3D"])
def test_a_distance_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        dates.absolute(text, START)


@pytest.mark.parametrize("text", ["-9999999d", "+9999999d", "-99999999999999999999d", f"-{'9' * 5000}s"])
def test_a_distance_beyond_all_years_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        dates.absolute(text, START)


@given(amounts=st.tuples(*[st.none() | st.integers(0, 99)] * 5).filter(lambda amounts: any(amount is not None for amount in amounts)))
def test_a_duration_is_the_sum_of_its_parts(amounts: tuple[int | None, ...]) -> None:
    days = "".join(f"{amount}{unit}" for amount, unit in zip(amounts[:2], "WD", strict=True) if amount is not None)
    times = "".join(f"{amount}{unit}" for amount, unit in zip(amounts[2:], "HMS", strict=True) if amount is not None)
    units = (7 * DAY, DAY, HOUR, MINUTE, SECOND)

    duration = dates.duration("P" + days + ("T" + times if times else ""))

    assert duration == sum((amount or 0) * unit for amount, unit in zip(amounts, units, strict=True))


@pytest.mark.parametrize(("text", "milliseconds"), [("PT0.001S", 1), ("PT1.5S", 1500), ("PT0.0009S", 0), ("PT86399.999S", DAY - 1)])
def test_the_seconds_of_a_duration_may_have_a_fraction(text: str, milliseconds: int) -> None:
    assert dates.duration(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1", "P1DT", "1D", "P1H", "PT1D", "PT1M1H", "P1Y", "P1M", "p1d", "P-1D", "P1.5D", "PT.5S", " P1D"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration like P1DT2H"):
        dates.duration(text)


@pytest.mark.parametrize("text", ["P9999999999D", f"P{'9' * 400}W", f"PT{'9' * 5000}S"])
def test_a_duration_beyond_all_years_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="out of range"):
        dates.duration(text)
