"""What each exception becomes: the vendor's answer, and a traceback in the log for our own bugs alone."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException

from mock_server.conventions.errors import ApiError, InternalFault, NotFound
from mock_server.conventions.replies import Reply, json_reply
from mock_server.wiring.exchange import Exchange

LOG = logging.getLogger("isc_mock")


def reply_to(error: Exception, exchange: Exchange) -> Reply:
    known = _known(error)
    if known is None:
        LOG.error("%s %s: a bug of isc-mock", exchange.method, exchange.path, exc_info=error)
        known = InternalFault()
    reply = json_reply(known.body(exchange.tracking_id), known.status)
    return Reply(reply.body, reply.status, known.headers)


def _known(error: Exception) -> ApiError | None:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, HTTPException):
        return NotFound()  # starlette's static files, behind Swagger UI: a file that is not there
    return None
