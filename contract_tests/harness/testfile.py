"""A finding of `lifecycle` as a pytest file: the shortest sequence of requests, and what must hold after each."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from contract_tests.harness.findings import Finding, Step
from contract_tests.harness.summary import Origin

_HEAD = '''"""{says}

Found by isc-contract lifecycle in {version}, seed {seed}; contract {contract}. Ids are pseudonyms. `connected` takes them for the real
ones where the same machine runs this against the same target: a fake of its own, or the one that ISC_CONTRACT_TARGET names.
"""

from contract_tests.harness.aspects import Aspect
from contract_tests.harness.connected import connected


def test_{name}():
    with connected({version!r}) as send:
'''


def name(id_: str) -> str:
    return f"test_lifecycle_{id_}.py"


def written(finding: Finding, asserts: Sequence[str], origin: Origin) -> str:
    """`asserts`: for each step of the finding, one line about `answer`."""
    says = " ".join(f"{finding.operation}: {finding.says}".split()).replace("\\", " ").replace('"', "'")
    title = re.sub(r"[^a-z0-9]+", "_", finding.says.lower()).strip("_")[:80]
    head = _HEAD.format(says=textwrap.fill(says, 130), version=finding.version, seed=origin.seed, contract=origin.contract, name=title)
    lines = [f"        answer = {_sent(step)}\n        {line}\n" for step, line in zip(finding.steps, asserts, strict=True)]
    return head + "\n".join(lines)


def _sent(step: Step) -> str:
    """Headers but for the login; a body as it was."""
    headers = {key: value for key, value in step.headers if key.lower() in ("content-type", "accept")}
    body = f", content={step.body!r}" if step.body else ""
    return f"send({step.method!r}, {step.path!r}, headers={headers!r}{body})"
