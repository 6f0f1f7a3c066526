"""What `st run` needs to make the cases that the tests make: the filter grammar, and no ids that are another operation's path."""

from __future__ import annotations

import schemathesis

from contract_tests.support import fuzzing

VERSION = "v2024"

fuzzing._register_formats(VERSION)
schemathesis.hook(fuzzing.filter_case)
