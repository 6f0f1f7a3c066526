"""Shows what a tenant was asked and answered, without secrets and tokens."""

from __future__ import annotations

from typing import Any

import orjson

from mock_server import contract
from mock_server.conventions import dates
from mock_server.conventions.errors import IllegalValue
from mock_server.conventions.masking import Masking
from mock_server.conventions.replies import Reply, json_reply
from mock_server.operations.calls import OpenCall
from mock_server.state.journal import Entry, Journal

LOGIN = ("createToken", "getOAuthInfo")


def read_journal(
    call: OpenCall, limit: int, operation: str | None, status: int | None, client: str | None, since: str | None, until: str | None
) -> Reply:
    if operation is not None and operation not in contract.canonical_ids() and operation not in LOGIN:
        raise IllegalValue("operation", f"No version has an operation {operation[:100]}.")
    wanted = {"operation": operation, "status": status, "client": client}
    begin, end = _moment("since", since, 0), _moment("until", until, 2**63)
    masking = Masking(call.tenants.secrets)
    chosen: list[dict[str, Any]] = []
    for entry in reversed(call.tenant.journal):
        if len(chosen) == limit:
            break
        fits = all(value is None or getattr(entry, name) == value for name, value in wanted.items())
        if fits and begin <= entry.at < end:
            chosen.append(_shown(entry, masking))
    return json_reply({"dropped": call.tenant.journal.dropped, "entries": chosen})


def clear_journal(call: OpenCall) -> Reply:
    call.tenant.journal = Journal()
    return Reply(status=204)


def summarize_journal(call: OpenCall) -> Reply:
    summary: dict[str, dict[str, int]] = {}
    for (operation, status), number in sorted(call.tenant.journal.counts.items(), key=str):
        summary.setdefault(operation or "-", {})[str(status or "closed")] = number
    return json_reply(summary)


def _moment(name: str, text: str | None, default: int) -> int:
    try:
        return default if text is None else dates.parse(text)
    except ValueError as error:
        raise IllegalValue(name, f"{error}.") from None


def _shown(entry: Entry, masking: Masking) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": dates.write(entry.at),
        "method": entry.method,
        "path": masking.text(entry.path),
        "query": masking.value(dict(reversed(entry.query))),
        "status": entry.status,
        "durationMs": round(entry.duration_ms, 3),
        "operationId": entry.operation,
        "version": entry.version,
        "client": entry.client,
        "request": masking.value(_body(entry.request)),
        "answer": masking.value(_body(b",".join(entry.answer))),
        "ignored": [masking.text(name) for name in entry.ignored],
        "fault": entry.fault,
        "nearMiss": entry.near_miss,
    }


def _body(body: bytes) -> Any:
    if not body:
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")
