"""A run: what it is made of, how it begins and how it ends. Reads like a table of contents."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from contract_tests.harness import wires
from contract_tests.harness.caller import Caller
from contract_tests.harness.errors import Ended, Misuse, ShareReached, TargetGone, Unreachable
from contract_tests.harness.findings import Finding, Findings
from contract_tests.harness.gate import Gate
from contract_tests.harness.governor import Budget, Governor, state_folder
from contract_tests.harness.guard import Guard
from contract_tests.harness.ledger import Ledger
from contract_tests.harness.message import ORIGIN, Exchange
from contract_tests.harness.redaction import STUB_KEY, Redaction, machine_key
from contract_tests.harness.summary import Origin, Summary
from contract_tests.harness.target import Target, is_loopback
from mock_server import contract

TOOLS = ("isc-mock", "schemathesis", "hypothesis", "openapi-core")

INTERRUPTED = "interrupted"

KEPT = 50
"""Ledgers that are kept when no report folder is named."""


@dataclass(frozen=True)
class Options:
    """What means the same in every command. `versions` empty: all that the target has."""

    versions: tuple[str, ...] = ()
    seed: int = 1
    examples: int = 10
    allow_writes: bool = False
    max_requests: int | None = None
    max_time: float | None = None
    report_dir: Path | None = None
    redaction: bool = True
    accepted: dict[str, str] = field(default_factory=dict)


@dataclass
class Run:
    """`watchers` are told of each exchange, in pseudonyms. `step` tells the user what is being done now."""

    target: Target
    options: Options
    gate: Gate
    http: httpx.Client
    summary: Summary
    watchers: list[Callable[[Exchange], None]]
    stop_at: Callable[[Finding], bool] = lambda _finding: False
    step: Callable[[str], None] = lambda _text: None
    told: Callable[[], None] = lambda: None
    is_imagined: bool = False
    """Whether no target answers, but the contract's examples: then nothing is a finding."""

    @property
    def versions(self) -> tuple[str, ...]:
        return self.summary.origin.versions

    @property
    def may_write(self) -> bool:
        return self.gate.guard.may_write

    @property
    def is_gone(self) -> bool:
        """Whether the target was there, and is not any more."""
        return isinstance(self.gate.ended, TargetGone)

    @contextmanager
    def share(self, version: str) -> Iterator[None]:
        """The block is a version's turn: it ends when its part of the budget is used up, so that each version has one."""
        left = len(self.versions) - self.versions.index(version)
        self.gate.governor.shares(left)
        try:
            yield
        except KeyboardInterrupt:
            if not isinstance(self.gate.ended, ShareReached) or left == 1:
                raise
            self.gate.ended = None
            self.summary.notes.append(f"{version}: its share of the budget was used up before its end")

    def caller(self, version: str, role: str = "main") -> Caller:
        return Caller(self.http, version, self.tell, role)

    def tell(self, finding: Finding) -> None:
        if self.is_imagined:
            return
        self.summary.findings.add(finding)
        self.told()
        if self.stop_at(finding):
            raise Ended("the finding that was looked for is found")

    def reset(self) -> None:
        """A fake that the run has started goes back to its start; nothing else does."""
        if self.target.is_own and not self.is_imagined:
            self.http.post(f"{ORIGIN}/_mock/reset").raise_for_status()


@contextmanager
def opened(command: str, target: Target, options: Options, *, watchers: list[Callable[[Exchange], None]] | None = None) -> Iterator[Run]:
    """With the gate closed around this process until the block ends; then the summary is complete, however the block ended.

    Raises:
        Misuse: the options do not fit the target.
        Unreachable: nobody listens there, or the login fails.
    """
    origin = _origin(command, target, options)
    summary = Summary(origin, datetime.now(UTC), Findings(dict(options.accepted)), rate=target.rate)
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger(_ledger(options), options.seed, durable=not target.is_stub))
        summary.ledger = str(ledger.place)
        governor = Governor(target.rate, _budget(target, options), target.rate_store)
        stack.callback(governor.close)
        gate = Gate(target, Guard(target, options.allow_writes), governor, ledger, _redaction(target, options))
        every = [summary.count, *(watchers or [])]
        gate.watch = lambda exchange: _tell_all(every, exchange)
        stack.enter_context(gate.closed())
        run = Run(target, options, gate, stack.enter_context(wires.client()), summary, every)
        begun = time.monotonic()
        try:
            yield run
        except KeyboardInterrupt as error:  # an Ended is one; schemathesis makes others of them
            if isinstance(gate.ended, TargetGone) and governor.sent <= 1:
                raise Unreachable(_nobody(target)) from None
            summary.ended = str(gate.ended or (error if isinstance(error, Ended) else INTERRUPTED))
        finally:
            summary.seconds = time.monotonic() - begun
            summary.sent, summary.refused = governor.sent, gate.refused
            summary.highest, summary.waited = governor.highest, governor.waited
            summary.close()


def _nobody(target: Target) -> str:
    if is_loopback(urlsplit(target.base_url).hostname):
        return f"nobody answers at {target.base_url}; start a fake there with isc-mock serve, or let --stub do it"
    return f"--target {target.name}: nobody answers at its base-url"


def _tell_all(watchers: list[Callable[[Exchange], None]], exchange: Exchange) -> None:
    for watch in watchers:
        watch(exchange)


def digest_of_contract(versions: tuple[str, ...]) -> str:
    """Changes with the contract, whatever its version number says."""
    documents = [contract.compose(version) for version in versions]
    return hashlib.sha256(json.dumps(documents, sort_keys=True).encode()).hexdigest()[:12]


def _origin(command: str, target: Target, options: Options) -> Origin:
    missing = set(options.versions) - set(target.versions)
    if missing:
        raise Misuse(f"--version {', '.join(sorted(missing))}: the target {target.name} has {', '.join(target.versions)}")
    if not options.redaction and not target.is_stub:
        raise Misuse("--no-redaction: a sandbox holds people's data; only what a fake has may be shown")
    versions = tuple(version for version in target.versions if not options.versions or version in options.versions)
    return Origin(
        command=command,
        target=target.name,
        kind=target.kind,
        mode="writes" if Guard(target, options.allow_writes).may_write else "read-only",
        versions=versions,
        seed=options.seed,
        tools={name: installed(name) for name in TOOLS},
        contract=digest_of_contract(versions),
        profile=target.digest(),
        redacted=options.redaction,
    )


def _budget(target: Target, options: Options) -> Budget:
    """The stricter of what the profile and the option say."""
    requests = [limit for limit in (target.max_requests, options.max_requests) if limit is not None]
    return Budget(min(requests, default=None), options.max_time)


def _redaction(target: Target, options: Options) -> Redaction:
    """A fake on this machine may have been given what was a tenant's; only what a run starts itself is surely made up."""
    if not options.redaction:
        return Redaction(None)
    return Redaction(STUB_KEY if target.is_own else machine_key(state_folder()))


def _ledger(options: Options) -> Path:
    if options.report_dir is not None:
        return options.report_dir / "ledger.ndjson"
    folder = state_folder() / "ledgers"
    folder.mkdir(exist_ok=True)
    for old in sorted(folder.glob("*.ndjson"))[: -KEPT + 1]:
        old.unlink(missing_ok=True)
    return folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.ndjson"
