"""Logins: a token for each role when it is first needed, another before it ends, and no secret in what is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract_tests.harness.errors import Unreachable
from contract_tests.harness.logins import MARGIN, Logins, placeholder
from contract_tests.harness.message import Answer, Request
from contract_tests.harness.target import Credentials

Json = Any

BASE = "https://acme.example"

CREDENTIALS = {role: Credentials(f"{role} id", f"{role} secret") for role in ("main", "plain")}


@dataclass
class Service:
    """Grants a new token at each login; `now` is what its clients' clock shows."""

    life: float = 749
    now: float = 1000.0
    asked: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        return Answer(200, (), json.dumps({"access_token": f"token {len(self.asked)}", "expires_in": self.life}).encode())

    def logins(self) -> Logins:
        return Logins(BASE, CREDENTIALS, self, lambda: self.now)


def asking(role: str = "main") -> Request:
    return Request("GET", f"{BASE}/v2025/work-items", (("Accept", "application/json"), ("Authorization", placeholder(role))))


def signed(logins: Logins, role: str = "main") -> str | None:
    return logins.sign(asking(role)).header("Authorization")


def answering(body: bytes, status: int = 200) -> Callable[[Request], Answer]:
    return lambda _request: Answer(status, (), body)


def test_nothing_is_asked_for_before_it_is_needed() -> None:
    service = Service()

    service.logins()

    assert service.asked == []


def test_a_token_is_asked_for_as_the_vendor_wants_it() -> None:
    service = Service()

    signed(service.logins())

    (request,) = service.asked
    assert (request.method, request.url) == ("POST", f"{BASE}/oauth/token")
    assert request.header("Content-Type") == "application/x-www-form-urlencoded"
    form = {"grant_type": ["client_credentials"], "client_id": ["main id"], "client_secret": ["main secret"]}
    assert parse_qs(request.body.decode()) == form


def test_each_role_has_a_token_of_its_own() -> None:
    service = Service()
    logins = service.logins()

    told = [signed(logins, role) for role in ("main", "plain", "main", "plain")]

    assert told == ["Bearer token 1", "Bearer token 2", "Bearer token 1", "Bearer token 2"]


@given(life=st.floats(1, 90_000), parts=st.lists(st.floats(0.01, 0.6), max_size=12))
@example(life=2 * MARGIN, parts=[0.5])
def test_no_token_is_used_in_its_last_minute_or_the_second_half_of_a_short_life(life: float, parts: list[float]) -> None:
    service = Service(life)
    logins = service.logins()
    granted: dict[str | None, float] = {}

    for part in parts:
        token = signed(logins)
        since = granted.setdefault(token, service.now)
        assert service.now - since < max(life - MARGIN, life / 2)
        service.now += part * life

    assert len(service.asked) == len(granted)


def test_a_token_is_used_as_long_as_it_may_be() -> None:
    service = Service(749)
    logins = service.logins()

    told = []
    for _ in range(4):
        told.append(signed(logins))
        service.now += 344.5

    assert told == ["Bearer token 1", "Bearer token 1", "Bearer token 2", "Bearer token 2"]


@pytest.mark.parametrize(
    "value", [None, "", "Bearer eyJ.x.y", "Bearer isc-contract-reader", "isc-contract-main", "Bearer isc-contract-main "]
)
def test_only_a_placeholder_of_a_known_role_is_replaced(value: str | None) -> None:
    service = Service()
    request = Request("GET", f"{BASE}/", () if value is None else (("authorization", value),))

    assert service.logins().sign(request) is request
    assert service.asked == []


def test_the_rest_of_a_request_stays_as_it_is() -> None:
    request = Request("POST", f"{BASE}/x", (("accept", "x"), ("AUTHORIZATION", placeholder())), b"body")

    changed = Service().logins().sign(request)

    assert (changed.method, changed.url, changed.body) == (request.method, request.url, request.body)
    assert changed.headers == (("accept", "x"), ("Authorization", "Bearer token 1"))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, b'{"error": "invalid_client", "error_description": "main secret is wrong"}'),
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"null"),
        (200, b"\xff"),
        (200, b'{"access_token": "eyJ.x.y"}'),
        (200, b'{"expires_in": 749}'),
        (200, b'{"access_token": "eyJ.x.y", "expires_in": null}'),
        (200, b'{"access_token": "eyJ.x.y", "expires_in": "soon"}'),
        (200, b'{"access_token": null, "expires_in": 749}'),
        (200, b'{"access_token": "", "expires_in": 749}'),
        (200, b'{"access_token": "eyJ.x.y", "expires_in": NaN}'),
        (500, b'{"access_token": "eyJ.x.y", "expires_in": 1' + b"0" * 400 + b"}"),
        (200, b"[" * 100_000),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_login_that_failed_names_the_role_and_no_secret(status: int, body: bytes) -> None:
    logins = Logins(BASE, CREDENTIALS, answering(body, status))

    with pytest.raises(Unreachable) as failed:
        signed(logins, "plain")

    assert str(failed.value) == f"the login of the client 'plain' failed: status {status}; check its id and secret"
    assert failed.value.__suppress_context__


def test_a_login_that_failed_is_tried_again_when_it_is_next_needed() -> None:
    service = Service()
    logins = Logins(BASE, CREDENTIALS, answering(b"", 503))
    with pytest.raises(Unreachable):
        signed(logins)

    logins.send = service

    assert signed(logins) == "Bearer token 1"


def test_neither_tokens_nor_secrets_are_shown() -> None:
    logins = Logins(BASE, CREDENTIALS, answering(b'{"access_token": "token 1", "expires_in": 749}'))
    signed(logins)

    shown = f"{logins!r} {logins.tokens!r} {logins}"

    assert "secret" not in shown
    assert "token 1" not in shown
