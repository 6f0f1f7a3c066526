"""What was found: each thing once, however often it was hit, with what the contract says, what came, and how to see it again."""

from __future__ import annotations

import hashlib
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import Exchange, Request

Json = Any

SHOWN = 600
"""Characters of an answer's body that a finding tells."""

_UNTOLD = frozenset("host user-agent accept accept-encoding connection content-length x-schemathesis-testcaseid".split())


@dataclass(frozen=True)
class Step:
    """One request, in pseudonyms. `path` with its query, from the root of the host."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    @classmethod
    def of(cls, request: Request) -> Step:
        path = urlsplit(request.url)._replace(scheme="", netloc="").geturl() or "/"
        headers = tuple((name, value) for name, value in request.headers if name.lower() not in _UNTOLD)
        return cls(request.method, path, headers, request.body.decode("utf-8", errors="replace"))

    def curl(self) -> str:
        """For a shell in which SAIL_BASE_URL and TOKEN are set."""
        parts = (
            ["curl"] if self.method == "GET" else ["curl", "--head"] if self.method == "HEAD" else ["curl", "-X", shlex.quote(self.method)]
        )
        parts.append(f'"$SAIL_BASE_URL"{shlex.quote(self.path)}')
        for name, value in self.headers:
            is_ours = name.lower() == "authorization" and value.startswith(placeholder(""))
            parts.append('-H "Authorization: Bearer $TOKEN"' if is_ours else f"-H {shlex.quote(f'{name}: {value}')}")
        if self.body:
            parts.append(f"--data-raw {shlex.quote(self.body)}")
        return " ".join(parts)


@dataclass(frozen=True)
class Finding:
    """`place` tells findings of one check apart: a JSON Pointer, a parameter, a status. `status`: of the last answer; None: there was none.

    `check`: a check of schemathesis by its own name, `contract` for the oracle, or a law's. `operation`: as v2024 has it.
    """

    check: str
    operation: str
    place: str
    says: str
    came: str
    steps: tuple[Step, ...]
    version: str
    status: int | None = None
    expected: Json = None
    """What `aspects` makes of it, where a check has said what should have come."""

    @property
    def id(self) -> str:
        """The same in each run, whatever the data: what a baseline names."""
        return hashlib.sha256(f"{self.check}\n{self.operation}\n{self.place}".encode("utf-8", "backslashreplace")).hexdigest()[:10]

    def weight(self) -> tuple[int, int]:
        """The less, the better it shows the thing."""
        return len(self.steps), sum(len(step.path) + len(step.body) for step in self.steps)


@dataclass
class Hits:
    """One finding, and where it was hit."""

    finding: Finding
    versions: Counter[str] = field(default_factory=Counter)
    accepted: str | None = None
    """The reason, if the baseline accepts it."""

    @property
    def count(self) -> int:
        return self.versions.total()

    def as_json(self, seed: int) -> Json:
        told = asdict(self.finding)
        steps = [{**asdict(step), "headers": [list(pair) for pair in step.headers], "curl": step.curl()} for step in self.finding.steps]
        return {"id": self.finding.id, **told, "steps": steps, "versions": dict(self.versions), "seed": seed, "accepted": self.accepted}


@dataclass
class Findings:
    """`accepted`: fingerprints that a baseline names, each with its reason."""

    accepted: dict[str, str] = field(default_factory=dict)
    hits: dict[str, Hits] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Keeps the one with the shortest requests."""
        known = self.hits.setdefault(finding.id, Hits(finding, accepted=self.accepted.get(finding.id)))
        known.versions[finding.version] += 1
        if finding.weight() < known.finding.weight():
            known.finding = finding

    def __iter__(self) -> Iterator[Hits]:
        return iter(sorted(self.hits.values(), key=lambda hit: (hit.accepted is not None, hit.finding.operation, hit.finding.check)))

    def __len__(self) -> int:
        """Without those that are accepted."""
        return sum(hit.accepted is None for hit in self.hits.values())


def from_json(told: Json) -> Finding:
    """A finding as a report's file has it. Raises KeyError, TypeError or ValueError for anything else."""
    steps = tuple(
        Step(step["method"], step["path"], tuple((name, value) for name, value in step["headers"]), step["body"]) for step in told["steps"]
    )
    names = ("check", "operation", "place", "says", "came", "version", "status")
    return Finding(steps=steps, expected=told.get("expected"), **{name: told[name] for name in names})


def excerpt(exchange: Exchange) -> str:
    """Status and body of an answer, for people."""
    answer = exchange.answer
    body = answer.body.decode("utf-8", errors="replace")
    shown = body if len(body) <= SHOWN else f"{body[:SHOWN]}… ({len(body)} characters)"
    return f"{answer.status} {answer.header('Content-Type') or 'without a content type'}: {shown or '(empty)'}"


def steps(exchanges: Sequence[Exchange]) -> tuple[Step, ...]:
    return tuple(Step.of(exchange.request) for exchange in exchanges)
