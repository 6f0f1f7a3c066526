"""spec/assumptions.yaml: every entry is complete, asked for in the code, and each of its alternatives is tried by a test."""

from __future__ import annotations

from pathlib import Path

import pytest

import mock_server
from contract_tests.support.client import operations
from mock_server import contract
from mock_server.contract import Assumption

ENTRIES = list(contract.assumptions().values())
KNOWN = {*operations("v2024"), "createToken"}


def text_below(folder: Path) -> str:
    return "\n".join(path.read_text() for path in folder.rglob("*.py"))


CODE = text_below(Path(mock_server.__file__).parent)
TESTS = text_below(Path(__file__).parent.parent / "behaviour") + text_below(Path(__file__).parent.parent / "rules")


def test_no_id_stands_twice() -> None:
    assert len(contract.load("assumptions.yaml")["assumptions"]) == len(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_an_entry_is_complete(entry: Assumption) -> None:
    assert set(entry.operations) <= KNOWN
    assert entry.statement
    assert entry.evidence[:1] in "LDCU"
    assert entry.alternatives
    assert all(entry.alternatives.values())
    assert entry.default not in entry.alternatives


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_the_code_asks_for_it(entry: Assumption) -> None:
    assert f'"{entry.id}"' in CODE


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_a_test_tries_each_alternative(entry: Assumption) -> None:
    assert f'"{entry.id}"' in TESTS
    assert [value for value in entry.alternatives if f'"{value}"' not in TESTS] == []
