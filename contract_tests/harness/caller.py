"""Calls operations of one version by name, as one of the target's clients, and has each answer judged by the contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from contract_tests.harness import oracle
from contract_tests.harness.errors import NoAnswer
from contract_tests.harness.findings import Finding, Step, excerpt, steps
from contract_tests.harness.logins import placeholder
from contract_tests.harness.message import ORIGIN, Answer, Exchange, Request
from contract_tests.harness.paths import operations
from mock_server import contract
from mock_server.contract import Operation

Json = Any


@dataclass
class Caller:
    """`tell`: takes each finding. `last`: the exchanges since `begin`, of which one is made. `denied`: what the client may not call."""

    http: httpx.Client
    version: str
    tell: Callable[[Finding], None]
    role: str = "main"
    last: list[Exchange] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)

    def as_(self, role: str) -> Caller:
        return Caller(self.http, self.version, self.tell, role, denied=self.denied)

    def has(self, *names: str) -> bool:
        """Whether the version has these operations, and the client may call them."""
        return operations(self.version).keys() >= set(names) and self.denied.isdisjoint(names)

    def begin(self) -> None:
        """What was exchanged until now has no part in the next finding."""
        self.last = []

    def call(
        self, name: str, /, *, body: Json = ..., headers: Mapping[str, str] | None = None, judged: bool = True, **parameters: Any
    ) -> Exchange:
        """`name`: the operationId in v2024. Parameters go where the document says; what it does not know into the query.

        `headers` replace what is sent by itself; an Authorization of "" sends none. `judged`: by the oracle, which takes its time.
        Raises NoAnswer, when that has been told, and Refused.
        """
        operation = operations(self.version)[name]
        request = self._request(operation, body, dict(headers or {}), parameters)
        try:
            response = self.http.request(request.method, request.url, headers=dict(request.headers), content=request.body or None)
        except NoAnswer as error:
            self.tell(Finding("answers", name, "no answer", "every request is answered", str(error), (Step.of(request),), self.version))
            raise
        answer = Answer(response.status_code, tuple(response.headers.multi_items()), response.content)
        exchange = Exchange(request, answer, self.version, name)
        self.last.append(exchange)
        for problem in oracle.judge(self.version, request, answer) if judged else ():
            says = f"the document of {self.version} describes it otherwise: {problem.text}"
            self.tell(Finding("contract", name, problem.place, says, excerpt(exchange), steps([exchange]), self.version, answer.status))
        return exchange

    def get(self, name: str, /, **parameters: Any) -> Json:
        """The body of a 200; [] for a 204 that the document knows; None, and a finding, for anything else. Raises as `call` does."""
        exchange = self.call(name, **parameters)
        if exchange.answer.status == 204 and "204" in operations(self.version)[name].spec["responses"]:
            return []
        if exchange.answer.status != 200:
            self.broken("answers", name, str(exchange.answer.status), "a valid request is answered with 200")
            return None
        try:
            return exchange.answer.json()
        except ValueError:
            return None  # the oracle has told it

    def broken(self, check: str, name: str, place: str, says: str, came: str | None = None) -> None:
        """Tells that a law does not hold, with all that was exchanged since `begin`."""
        last = self.last[-1]
        self.tell(Finding(check, name, place, says, came or excerpt(last), steps(self.last), self.version, last.answer.status))

    def _request(self, operation: Operation, body: Json, headers: dict[str, str], parameters: Mapping[str, Any]) -> Request:
        path, query = operation.path, {}
        for key, value in parameters.items():
            if f"{{{key}}}" in path:
                path = path.replace(f"{{{key}}}", quote(str(value), safe=""))
            elif value is not None:
                query[key] = str(value).lower() if isinstance(value, bool) else str(value)
        sent = {"Authorization": placeholder(self.role), "Accept": "application/json", **headers}
        content = b""
        if body is not ...:
            content = json.dumps(body).encode()
            sent.setdefault("Content-Type", next(iter(operation.spec["requestBody"]["content"])))
        url = ORIGIN + contract.base_path(contract.compose(self.version)) + path
        # %20 and no +: both are read alike, but proxies on the way know only one of them
        url += f"?{urlencode(query, quote_via=quote)}" if query else ""
        return Request(operation.method, url, tuple((name, value) for name, value in sent.items() if value), content)
