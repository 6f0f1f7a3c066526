"""Tokens, by role: fetched when first needed, renewed before they expire, and seen by nothing but the gate."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from contract_tests.harness.errors import Unreachable
from contract_tests.harness.message import Answer, Request
from contract_tests.harness.paths import LOGIN
from contract_tests.harness.target import Credentials

MARGIN = 60.0
"""Seconds before its end from which a token is not used any more; a short-lived one is used for half its life."""


def placeholder(role: str = "main") -> str:
    """What stands in the Authorization header above the gate, in place of a token."""
    return f"Bearer isc-contract-{role}"


@dataclass
class Token:
    text: str = field(repr=False)
    until: float


@dataclass
class Logins:
    """`send`: sends the token request, counted like any other."""

    base_url: str
    credentials: Mapping[str, Credentials] = field(repr=False)
    send: Callable[[Request], Answer]
    clock: Callable[[], float] = time.monotonic
    tokens: dict[str, Token] = field(default_factory=dict, repr=False)

    def sign(self, request: Request) -> Request:
        """With a token in place of a placeholder; any other Authorization header, or none, stays as it is."""
        value = request.header("Authorization")
        role = next((role for role in self.credentials if value == placeholder(role)), None)
        return request if role is None else request.with_header("Authorization", f"Bearer {self._token(role)}")

    def client_of(self, request: Request) -> str:
        """The id of the client that a request is counted for: what bears no placeholder is `main`'s."""
        value = request.header("Authorization")
        role = next((role for role in self.credentials if value == placeholder(role)), "main")
        return self.credentials[role].id

    def _token(self, role: str) -> str:
        token = self.tokens.get(role)
        if token is None or self.clock() >= token.until:
            token = self.tokens[role] = self._login(role)
        return token.text

    def _login(self, role: str) -> Token:
        credentials = self.credentials[role]
        form = {"grant_type": "client_credentials", "client_id": credentials.id, "client_secret": credentials.secret}
        headers = (("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"))
        answer = self.send(Request("POST", self.base_url + LOGIN, headers, urlencode(form).encode()))
        try:
            granted = json.loads(answer.body)
            life, text = float(granted["expires_in"]), granted["access_token"]
            if not math.isfinite(life) or not isinstance(text, str) or not text:
                raise ValueError
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            raise Unreachable(f"the login of the client {role!r} failed: status {answer.status}; check its id and secret") from None
        return Token(text, self.clock() + max(life - MARGIN, life / 2))
