"""A tenant's time: read, set, moved."""

from __future__ import annotations

from typing import Any

from mock_server.conventions import dates
from mock_server.conventions.errors import IllegalValue, MissingValue
from mock_server.conventions.replies import Reply, json_reply
from mock_server.operations.calls import OpenCall
from mock_server.state.clock import Clock

LAST = dates.parse("9999-01-01T00:00:00Z")


def get_clock(call: OpenCall) -> Reply:
    return _shown(call.tenant.clock)


def set_clock(call: OpenCall, body: dict[str, Any]) -> Reply:
    clock, mode = call.tenant.clock, body["mode"]
    at = _moment(body["now"]) if "now" in body else None
    if mode == "real":
        if at is not None:
            raise IllegalValue("now", "It does not go with the mode real.")
        clock.run()
    elif mode == "frozen":
        clock.freeze(at)
    elif at is None:
        raise MissingValue("now")
    else:
        clock.run_from(at)
    return _shown(clock)


def advance_clock(call: OpenCall, body: dict[str, Any]) -> Reply:
    clock = call.tenant.clock
    try:
        distance = dates.duration(body["duration"]) if "duration" in body else round(body["seconds"] * 1000)
    except ValueError as error:
        raise IllegalValue("duration", f"{error}.") from None
    if clock.now() + distance > LAST:
        raise IllegalValue("duration" if "duration" in body else "seconds", "That would be after the year 9998.")
    clock.advance(distance)
    return _shown(clock)


def _moment(text: str) -> int:
    try:
        moment = dates.parse(dates.canonical(text))
    except ValueError as error:
        raise IllegalValue("now", f"{error}.") from None
    if moment > LAST:
        raise IllegalValue("now", "It is after the year 9998.")
    return moment


def _shown(clock: Clock) -> Reply:
    return json_reply({"mode": clock.mode, "now": dates.write(clock.now())})
