"""Schemathesis finds nothing in the mock's own API and in the login that the list of exceptions does not explain."""

from __future__ import annotations

import gc

import pytest

from contract_tests.support.fuzzing import fuzz_own
from mock_server.app import App

EXAMPLES = 5
"""For each operation and phase: a first look; --fuzz-examples is for the versions."""


@pytest.mark.parametrize("name", ["control.yaml", "oauth.yaml"])
def test_schemathesis_finds_nothing(name: str, fuzz_seed: int) -> None:
    outcome = fuzz_own(App(), name, examples=EXAMPLES, seed=fuzz_seed)

    print(f"{name}: {outcome.cases} cases, statuses {dict(sorted(outcome.statuses.items()))}")  # noqa: T201 - for -s
    assert not outcome.errors, "\n".join(outcome.errors)
    assert not outcome.findings, "\n\n".join(f"{label} {check}\n{told}" for (label, check), told in outcome.findings.items())
    assert outcome.cases > 0
    assert not any(status >= 500 for status in outcome.statuses)


def test_what_the_run_asks_of_the_garbage_collector_ends_with_it(fuzz_seed: int) -> None:
    before = (gc.get_threshold(), gc.isenabled())

    fuzz_own(App(), "oauth.yaml", examples=1, seed=fuzz_seed)

    assert (gc.get_threshold(), gc.isenabled()) == before
    assert gc.get_freeze_count() == 0
