"""What an exception becomes: the vendor's answer, and a traceback in the log for our own bugs alone."""

from __future__ import annotations

import logging

import orjson
import pytest
from starlette.exceptions import HTTPException

from mock_server.conventions.errors import MethodNotAllowed, TooManyRequests
from mock_server.wiring.exchange import Exchange
from mock_server.wiring.failures import reply_to

TRACKING_ID = "0" * 32


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(TRACKING_ID, "GET", "/v3/work-items", 0.0, [], {})


def test_a_bug_is_a_500_that_tells_nothing_and_a_traceback_in_the_log(exchange: Exchange, caplog: pytest.LogCaptureFixture) -> None:
    reply = reply_to(KeyError("the inside of things"), exchange)

    assert reply.status == 500
    assert orjson.loads(reply.body)["detailCode"] == "500.0 Internal Fault"
    assert orjson.loads(reply.body)["trackingId"] == TRACKING_ID
    assert b"the inside of things" not in reply.body
    assert "the inside of things" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (MethodNotAllowed(("GET", "PATCH")), 405, {"Allow": "GET, PATCH"}),
        (TooManyRequests(7), 429, {"Retry-After": "7"}),
        (HTTPException(404), 404, {}),
    ],
)
def test_an_answer_of_the_service_is_no_line_in_the_log(
    exchange: Exchange, caplog: pytest.LogCaptureFixture, error: Exception, status: int, headers: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)

    reply = reply_to(error, exchange)

    assert (reply.status, reply.headers) == (status, headers)
    assert caplog.text == ""
