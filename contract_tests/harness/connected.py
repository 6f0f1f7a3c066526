"""For tests that `lifecycle` writes: the way to a target through the gate, with what is there learnt, so that pseudonyms are understood."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from contract_tests.harness import run as runs
from contract_tests.harness.inventory import learn
from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import ORIGIN
from contract_tests.harness.options import chosen_target
from contract_tests.harness.run import Options

Send = Callable[..., httpx.Response]


@contextmanager
def connected(version: str) -> Iterator[Send]:
    """`send(method, path, headers=…, content=…)` → httpx.Response, logged in.

    On a fake of its own, unless the variable ISC_CONTRACT_TARGET names a target; on a sandbox, writes need ISC_CONTRACT_ALLOW_WRITES=1 as
    well as its profile.
    """
    wanted = os.environ.get("ISC_CONTRACT_TARGET")
    with chosen_target(wanted, None, is_stub=wanted is None) as target:
        may_write = wanted is None or os.environ.get("ISC_CONTRACT_ALLOW_WRITES") == "1"
        with runs.opened("test", target, Options(versions=(version,), allow_writes=may_write)) as run:
            learn(run.caller(version))

            def send(method: str, path: str, *, headers: dict[str, str], **settings: Any) -> httpx.Response:
                return run.http.request(method, ORIGIN + path, headers={"Authorization": placeholder(), **headers}, **settings)

            yield send
        if run.summary.ended is not None:
            raise RuntimeError(run.summary.ended)
