"""How fast the fake is, measured beside its peers and beside the limit, in one run: `python -m contract_tests.bench`."""
