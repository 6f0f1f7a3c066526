"""Schemathesis finds nothing in any version that the list of exceptions does not explain."""

from __future__ import annotations

import pytest
from schemathesis.checks import CHECKS

from contract_tests.conftest import credentials
from contract_tests.support.client import login
from contract_tests.support.fuzzing import fuzz
from contract_tests.support.server import Running
from mock_server.contract import VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_schemathesis_finds_nothing(server: Running, version: str, fuzz_examples: int, fuzz_seed: int) -> None:
    token = login(server.url, credentials(server, "org-admin"))

    outcome = fuzz(server.app, version, token, examples=fuzz_examples, seed=fuzz_seed)

    print(f"{version}: {outcome.cases} cases, statuses {dict(sorted(outcome.statuses.items()))}")  # noqa: T201 - for -s
    assert not outcome.errors, "\n".join(outcome.errors)
    assert not outcome.findings, "\n\n".join(f"{label} {check}\n{told}" for (label, check), told in outcome.findings.items())
    assert outcome.checks >= set(CHECKS.get_all_names()) - {"max_response_time"}, "a check did not run"
    assert not any(status >= 500 for status in outcome.statuses)
