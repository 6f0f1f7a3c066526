"""The one way out. Below every HTTP library of the process, each request passes here, and nothing leaves that has not:

    pseudonyms → real values · guard · token · budget and rate · ledger · THE WIRE · pseudonyms for whatever came back

Above it, nothing knows the target's address, its tokens or its data.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from contract_tests.harness import paths, seal, wires
from contract_tests.harness.errors import BudgetReached, Ended, NoAnswer, Refused, TargetGone, Unreachable
from contract_tests.harness.governor import Governor
from contract_tests.harness.guard import Guard
from contract_tests.harness.ledger import Ledger
from contract_tests.harness.logins import Logins
from contract_tests.harness.message import HOST, ORIGIN, Answer, Exchange, Request, without
from contract_tests.harness.redaction import Redaction
from contract_tests.harness.target import Target
from mock_server import contract

Wire = Callable[[Request], Answer]

CONTROL = "/_mock/"
"""The control API of a fake: how the run resets its own is nobody's concern."""

TRIES = 4
"""How often a request is sent that the target answers with 429: it was not carried out, so it may be sent again."""


@dataclass
class Gate:
    """`watch`: told of each exchange, in pseudonyms. `instead`: answers in place of the wire, so that nothing is sent at all."""

    target: Target
    guard: Guard
    governor: Governor
    ledger: Ledger
    redaction: Redaction
    watch: Callable[[Exchange], None] = lambda _exchange: None
    instead: Wire | None = None
    refused: int = 0
    ended: Ended | None = None
    """Why nothing leaves any more: whoever asks again is told again."""
    _local: threading.local = field(default_factory=threading.local)

    def __post_init__(self) -> None:
        self.guard.found = self.redaction.found
        self.logins = Logins(self.target.base_url, self.target.credentials, self._login)

    def carry(self, sent: Request, wire: Wire) -> Answer:
        """`sent` goes to http://isc.invalid, with placeholders and pseudonyms; so does the answer come back.

        Raises:
            Refused: the guard holds it back.
            Ended: the run has had all that it may have, or the target is gone.
            Unreachable: the first login failed.
        """
        if self.ended is not None:
            raise self.ended
        self._local.wire = wire
        try:
            return self._carry(sent)
        except Ended as error:
            self.ended = error
            raise

    def _carry(self, sent: Request) -> Answer:
        real = self.guard.stripped(self._addressed(self.redaction.reveal(sent)))
        try:
            operation = self.guard.admit(real)
        except Refused:
            self.refused += 1
            raise
        version = operation.version if operation else paths.version_of(real.path)
        name = contract.canonical_ids()[operation.id] if operation else None
        signed = self._signed(real, version)
        answer = self._patiently(signed, sent, version, name)
        hidden = self.redaction.hide_answer(replace(answer, headers=self._local_headers(answer)))
        if not sent.path.startswith(CONTROL):
            self.watch(Exchange(sent, hidden, version if operation else None, name))
        return hidden

    def would_carry(self, method: str, url: str, body: bytes) -> bool:
        """Whether the guard would let it out: so that a fuzzer need not make up what is never sent."""
        try:
            self.guard.admit(self._addressed(self.redaction.reveal(Request(method, url, (), body))))
        except Refused:
            return False
        return True

    @contextmanager
    def closed(self) -> Iterator[None]:
        """While it lasts, requests and httpx send nothing of this process but through here."""
        with wires.routed(self.carry):
            yield

    def _patiently(self, signed: Request, sent: Request, version: str, operation: str | None) -> Answer:
        for _ in range(TRIES):
            answer = self._once(signed, sent, version, operation)
            if answer.status != 429 or answer.header("Retry-After") is None:
                return answer
            self.governor.hold(self._local.client, version, answer.header("Retry-After"))
        raise BudgetReached(f"the target answers with 429, {TRIES} times on end and however long it is left alone")

    def _once(self, signed: Request, sent: Request, version: str, operation: str | None) -> Answer:
        self.governor.take(self._local.client, version)
        shown = self.redaction.hide_path(urlsplit(sent.url)._replace(scheme="", netloc="").geturl())
        line = self.ledger.begin(sent.method, version, operation, shown)
        started = time.perf_counter()
        answer = self._answered(signed)
        seconds = time.perf_counter() - started
        self.ledger.end(line, answer.status, seconds)
        return replace(answer, seconds=seconds)

    def _answered(self, signed: Request) -> Answer:
        """Tries a few times where nobody listens: a target that restarts is not gone yet."""
        wire: Wire = self._local.wire
        if self.instead is not None:
            return self.instead(signed)
        for attempt in range(1, TRIES + 1):
            try:
                with seal.sending():
                    return wire(signed)
            except NoAnswer as error:
                if error.connected:
                    raise
                if attempt == TRIES:
                    raise TargetGone("the target cannot be reached") from None
                self.governor.sleep(0.2 * attempt)
        raise AssertionError("unreachable")

    def _signed(self, real: Request, version: str) -> Request:
        self._local.version = version
        self._local.client = self.logins.client_of(real)
        try:
            return self.logins.sign(real)
        except Unreachable as error:
            if self.logins.tokens:  # in the middle of a run, in which a fuzzer would take it for a failure of one request
                raise TargetGone(str(error)) from None
            raise

    def _login(self, request: Request) -> Answer:
        """The token request counts for the version that it is made for, and its line in the ledger shows no part of it."""
        self.guard.admit(request)
        return self._patiently(request, Request("POST", ORIGIN + paths.LOGIN), self._local.version, "createToken")

    def _addressed(self, request: Request) -> Request:
        """With the real address in place of the one that the run knows; any other host is left for the guard to refuse."""
        parts = urlsplit(request.url)
        if parts.netloc != HOST:
            return request
        base = self.target.base_url
        return replace(request, url=base + request.url[len(f"{parts.scheme}://{HOST}") :], headers=without(request.headers, "Host"))

    def _local_headers(self, answer: Answer) -> tuple[tuple[str, str], ...]:
        base = self.target.base_url
        return tuple(
            (name, ORIGIN + value.removeprefix(base) if name.lower() == "location" and value.startswith(base + "/") else value)
            for name, value in without(answer.headers, "Content-Encoding", "Transfer-Encoding")
        )
