"""Runs made up by hand: what reports, screen and baseline tell about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from contract_tests.harness.findings import Finding, Findings, Step
from contract_tests.harness.message import ORIGIN, Answer, Exchange, Request
from contract_tests.harness.summary import Origin, Summary

VERSIONS = ("v2024", "v2025")

STARTED = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)

HOSTILE = "</script></pre><img src=x onerror=alert(1)>]]>&amp;'\"\x00\x1b[31m\x85\r\ufffe\ud800\u202e\nend"
"""What breaks out of HTML and XML, what a terminal obeys, and what UTF-8 cannot hold."""


def finding(**told: Any) -> Finding:
    """Of v2024, one request, unless told otherwise."""
    usual: dict[str, Any] = {
        "check": "contract",
        "operation": "listWorkItems",
        "place": "/0/created",
        "says": "created is a date-time",
        "came": '200 application/json: [{"created": "yesterday"}]',
        "steps": (Step("GET", "/v2024/work-items?limit=3"),),
        "version": "v2024",
        "status": 200,
    }
    return Finding(**(usual | told))


def hostile() -> Finding:
    named = HOSTILE.replace("\ud800", "")  # an id is a digest of UTF-8
    return finding(operation=named, place=named, says=HOSTILE, came=HOSTILE, check=named, steps=(Step("GET", f"/{HOSTILE}"),))


def exchange(status: int = 200, *, version: str | None = "v2024", operation: str | None = "listWorkItems", **told: Any) -> Exchange:
    """`told`: of the answer, or `request`."""
    request = told.pop("request", Request("GET", f"{ORIGIN}/v2024/work-items?limit=3", (("Accept", "application/json"),)))
    return Exchange(request, Answer(status, **told), version, operation)


def summary(
    *findings: Finding,
    accepted: Mapping[str, str] | None = None,
    versions: Sequence[str] = VERSIONS,
    exchanges: Sequence[Exchange] = (),
    **figures: Any,
) -> Summary:
    """Complete: as it is when its run is over."""
    origin = Origin(
        command="fuzz",
        target="a-sandbox",
        kind="sandbox",
        mode="read-only",
        versions=tuple(versions),
        seed=7,
        tools={"isc-mock": "0.1.0", "schemathesis": "4.32.5"},
        contract="c0ffee",
        profile="decade",
        redacted=True,
    )
    made = Summary(origin, STARTED, Findings(dict(accepted or {})), **({"sent": len(exchanges)} | figures))
    for one in findings:
        made.findings.add(one)
    for one_exchange in exchanges:
        made.count(one_exchange)
    made.close()
    return made
