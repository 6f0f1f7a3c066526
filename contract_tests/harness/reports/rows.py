"""The order in which operations are told, and which of them were never tried."""

from __future__ import annotations

from contract_tests.harness import paths
from contract_tests.harness.summary import Summary


def operations(summary: Summary) -> list[str]:
    """All that the run's versions have, in the order of the documents, then whatever else was found something in."""
    known = [name for version in summary.origin.versions for name in paths.operations(version)]
    return list(dict.fromkeys([*known, *(name for name, _version in summary.rows)]))


def untried(summary: Summary) -> list[str]:
    """Operations that no version was sent a request for."""
    tried = {operation for (operation, _version), row in summary.rows.items() if row.cases}
    return [operation for operation in operations(summary) if operation not in tried]


def exists(operation: str, version: str) -> bool:
    """In the contract."""
    return operation in paths.operations(version)
