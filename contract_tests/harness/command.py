"""The entry point of isc-contract: says what to install where the packages that it needs are missing."""

from __future__ import annotations

import sys


def main() -> None:
    try:
        from contract_tests.harness.cli import main as run  # noqa: PLC0415 - what it needs may not be installed
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] in ("contract_tests", "mock_server"):
            raise
        sys.stderr.write(f"isc-contract: the package {error.name} is missing; install them all with: pip install 'isc-mock[contract]'\n")
        sys.exit(2)
    run()
