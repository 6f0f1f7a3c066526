"""Who may call an operation: a valid token, within the rate limit, of a kind, scopes and user level that the document allows."""

from __future__ import annotations

import hmac
from typing import Any

from connexion.middleware.security import SecurityAPI, SecurityMiddleware
from connexion.operations import AbstractOperation
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.contract import Operation
from mock_server.conventions.errors import Forbidden, MissingValue, Unauthorized
from mock_server.state.people import ALL_SCOPES
from mock_server.state.tokens import Caller, Tokens
from mock_server.wiring import exchange as exchanges
from mock_server.wiring.exchange import Exchange

EXPERIMENTAL = "X-SailPoint-Experimental"

CONTROL = "controlToken"
"""The security scheme of the mock's own API."""

USER = "userAuth"
APPLICATION = "applicationAuth"

Alternative = tuple[str, tuple[str, ...]]
"""A security scheme and the scopes that it needs."""


class Login(SecurityMiddleware):
    """connexion's own handlers know neither user levels nor `sp:scopes:all`."""

    def __init__(self, app: ASGIApp, *, tokens: Tokens, rate_limit: bool, strict_experimental: bool, control_token: str | None) -> None:
        super().__init__(app)
        self._rules = {"tokens": tokens, "rate_limit": rate_limit, "strict_experimental": strict_experimental}
        self._control_token = control_token

    def add_api(self, specification: Specification, **options: Any) -> SecurityAPI:
        api = _API(specification, rules=self._rules, control_token=self._control_token, next_app=self.app, **options)
        self.apis[api.base_path].append(api)
        return api


class _API(SecurityAPI):
    def __init__(self, *args: Any, rules: dict[str, Any], control_token: str | None, **options: Any) -> None:
        self._rules = rules
        self._control_token = control_token
        super().__init__(*args, **options)

    def make_operation(self, operation: AbstractOperation) -> ASGIApp:
        if not operation.security:
            return self.next_app
        alternatives = [(scheme, tuple(scopes)) for requirement in operation.security for scheme, scopes in requirement.items()]
        if any(scheme == CONTROL for scheme, _ in alternatives):
            return self.next_app if self._control_token is None else ControlGate(self.next_app, self._control_token)
        return Gate(self.next_app, alternatives, **self._rules)


class Gate:
    """Stands before one operation."""

    def __init__(
        self, next_app: ASGIApp, alternatives: list[Alternative], *, tokens: Tokens, rate_limit: bool, strict_experimental: bool
    ) -> None:
        self._next_app = next_app
        self._scopes = {kind: [frozenset(scopes) for scheme, scopes in alternatives if scheme == kind] for kind in (APPLICATION, USER)}
        self._tokens = tokens
        self._rate_limit = rate_limit
        self._strict_experimental = strict_experimental

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchanges.of(scope)
        operation = exchange.operation
        assert operation is not None  # noqa: S101 - Routes has put it there: this gate is found by its id
        caller = self._tokens.verify(_demanded(exchange.bearer))
        exchange.caller = caller
        if self._rate_limit:
            caller.tenant.rates.count(caller.client_id, operation.version, caller.tenant.clock.now())
        if not self._has_scopes(caller) or not _has_level(caller, operation):
            raise Forbidden
        if self._strict_experimental and operation.spec.get("x-isc-experimental"):
            _demand_experimental(exchange, caller)
        await self._next_app(scope, receive, send)

    def _has_scopes(self, caller: Caller) -> bool:
        """Any alternative: the right kind of token, with all scopes that it names."""
        alternatives = self._scopes[APPLICATION if caller.identity_id is None else USER]
        if ALL_SCOPES in caller.scopes:
            return bool(alternatives)
        return any(scopes <= caller.scopes for scopes in alternatives)


class ControlGate:
    """Stands before an operation of the mock's own API, once a control token was chosen."""

    def __init__(self, next_app: ASGIApp, control_token: str) -> None:
        self._next_app = next_app
        self._control_token = control_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not hmac.compare_digest(_demanded(exchanges.of(scope).bearer).encode(), self._control_token.encode()):
            raise Unauthorized("this is not the control token")
        await self._next_app(scope, receive, send)


def _has_level(caller: Caller, operation: Operation) -> bool:
    """Levels are a user's: a token without one is judged by its scopes alone."""
    levels = operation.spec.get("x-sailpoint-userLevels")
    if not levels or caller.identity_id is None or not caller.levels.isdisjoint(levels):
        return True
    of_an_owner = "x-isc-administrators" in operation.spec
    return of_an_owner and caller.tenant.assumes("beta-owner") == "admitted"


def _demanded(token: str) -> str:
    if not token:
        raise Unauthorized("JWT is missing")
    return token


def _demand_experimental(exchange: Exchange, caller: Caller) -> None:
    if exchange.header(EXPERIMENTAL.lower().encode()).strip().lower() != "true":
        raise MissingValue(EXPERIMENTAL) if caller.tenant.assumes("experimental-header") == "bad-request" else Forbidden()
