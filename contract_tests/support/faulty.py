"""`isc-mock` with a planted fault: `python -m contract_tests.support.faulty "a patch is not stored" serve`."""

from __future__ import annotations

import sys

from contract_tests.fuzz.mutants import Mutated
from contract_tests.fuzz.planted import PLANTED, Planted
from mock_server import cli, server
from mock_server.app import App


def planted(name: str) -> Planted:
    return next(one for one in PLANTED if one.name == name)


def main(fault: str, command: str, *options: str) -> None:
    if command != "serve":
        cli.main([command, *options])
    listening = server.listen("127.0.0.1", 0)
    sys.stdout.write(f"export SAIL_BASE_URL={server.url_of(listening)}\n")
    sys.stdout.flush()
    server.server(Mutated(App(), planted(fault).fault)).run([listening])  # type: ignore[arg-type]  # an ASGI application like any other


if __name__ == "__main__":
    main(*sys.argv[1:])
