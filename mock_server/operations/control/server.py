"""Is it there?"""

from __future__ import annotations

from importlib.metadata import version

from mock_server.conventions.replies import Reply, json_reply
from mock_server.operations.calls import OpenCall


def get_health(call: OpenCall) -> Reply:
    return json_reply({"status": "ok", "version": version("isc-mock"), "tenants": len(list(call.tenants))})
