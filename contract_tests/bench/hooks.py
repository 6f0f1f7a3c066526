"""What `st run` needs to make the cases that the tests make: the filter grammar, and no ids that are another operation's path."""

from __future__ import annotations

import schemathesis

from contract_tests.harness import fuzzing, preparing
from contract_tests.harness.inventory import Inventory

VERSION = "v2024"

for name, strategy in preparing.plan(VERSION, Inventory(), seed=0, examples=1).formats.items():
    schemathesis.openapi.format(name, strategy)
schemathesis.hook(fuzzing.filter_case)
