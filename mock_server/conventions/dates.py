"""How dates are written: ISO 8601 in and out, milliseconds since 1970 inside, and relative ones (`-3d4h`) in fixtures."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MINUTES = [f"T{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60)]
_SECONDS = [f"{second:02}." for second in range(60)]
"""Written down once: `write` takes half the time, and every document has three of its texts."""

_DURATION = re.compile(r"P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_RELATIVE = re.compile(r"([+-])(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def parse(text: str) -> int:
    """Milliseconds since 1970 of an ISO 8601 date-time with `Z` or an offset; seconds may be left out, as in real answers.

    Raises:
        ValueError: it is not such a date-time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or "T" not in text.upper():
        raise ValueError(f"{text!r} has no time or no offset")
    return (moment - _EPOCH) // _MILLISECOND


def write(milliseconds: int) -> str:
    """As the vendor's documents write it: `2017-07-11T18:45:37.098Z`."""
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    days, minute = divmod(minutes, len(_MINUTES))
    return f"{_day(days)}{_MINUTES[minute]}{_SECONDS[second]}{thousandths:03}Z"


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    """Since 1970. Documents have few different ones: remembering them makes `write` twice as fast, a fifth of loading fixtures."""
    return (_EPOCH + timedelta(days=days)).date().isoformat()


def canonical(text: str) -> str:
    """The same moment as `write` would write it. Raises ValueError as `parse` does, and for a year that has not four digits."""
    try:
        return write(parse(text))
    except OverflowError:
        raise ValueError(f"{text!r} is out of range") from None


def duration(text: str) -> int:
    """Milliseconds of an ISO 8601 duration of weeks, days, hours, minutes and seconds. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:100]!r} is not a duration like P1DT2H (weeks, days, hours, minutes and seconds)")
    names = ("weeks", "days", "hours", "minutes", "seconds")
    amounts = {name: float(amount) for name, amount in zip(names, match.groups(default="0"), strict=True)}
    try:
        return timedelta(**amounts) // _MILLISECOND
    except OverflowError:
        raise ValueError(f"{text[:100]!r} is out of range") from None


def absolute(text: str, now: int) -> str:
    """A fixture's date, relative to `now` (milliseconds) or not, as `write` would write it. Raises ValueError."""
    match = _RELATIVE.fullmatch(text)
    if match is None:
        return canonical(text)
    sign, *amounts = match.groups(default="0")
    days, hours, minutes, seconds = map(int, amounts)
    try:
        distance = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
        return write(now + distance if sign == "+" else now - distance)
    except OverflowError:
        raise ValueError(f"{text!r} is out of range") from None
