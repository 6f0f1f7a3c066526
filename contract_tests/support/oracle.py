"""Judges each exchange of a test by the composed document: so every behaviour test is a contract test as well."""

from __future__ import annotations

import httpx

from contract_tests.harness import oracle
from contract_tests.harness.message import Answer, Request


def judge(version: str, response: httpx.Response) -> None:
    """Fails for an undescribed status, an answer that is not as described, or an admitted request that is not."""
    sent = response.request
    request = Request(sent.method, str(sent.url), tuple(sent.headers.multi_items()), sent.content)
    problems = oracle.judge(version, request, Answer(response.status_code, tuple(response.headers.multi_items()), response.content))
    told = "; ".join(f"{problem.place}: {problem.text}" for problem in problems)
    assert not problems, f"{version}: {sent.method} {sent.url.path}: {response.status_code}: {told}"
