"""Access tokens: signed JWTs with the claims that the service puts in, and what they say of their bearer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt

from mock_server.conventions.errors import Unauthorized
from mock_server.state import ids
from mock_server.state.people import ALL_SCOPES, Client
from mock_server.state.tenant import Tenant
from mock_server.state.tenants import Tenants

_ALGORITHM = "HS256"
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from. `identity_id` and `user_name` are None for an API client without a user. `expires`: milliseconds."""

    tenant: Tenant
    client_id: str
    identity_id: str | None
    user_name: str | None
    levels: frozenset[str]
    scopes: frozenset[str]
    expires: int

    def has_scope(self, scope: str) -> bool:
        return scope in self.scopes or ALL_SCOPES in self.scopes


class Tokens:
    """Issues and verifies. `life` is in seconds."""

    def __init__(self, tenants: Tenants, life: int) -> None:
        self._tenants = tenants
        self._life = life
        self._key = ids.signing_key()
        self._verified: dict[str, Caller] = {}

    def issue(self, tenant: Tenant, client: Client) -> dict[str, Any]:
        """The answer of the token endpoint (fields: documented)."""
        identity = tenant.state.identities.get(client.identity) if client.identity else None
        shared = {
            "scope": " ".join(client.scopes),
            "tenant_id": tenant.id,
            "internal": False,
            "pod": tenant.pod,
            "strong_auth_supported": False,
            "org": tenant.name,
            "strong_auth": False,
            "jti": ids.tracking_id(),
        }
        user = {"identity_id": identity.id, "user_name": identity.name} if identity else {}
        claims = {
            **shared,
            **user,
            "scope": list(client.scopes),
            "authorities": list(identity.levels) if identity else [],
            "client_id": client.id,
            "claims_supported": True,
            "exp": tenant.clock.now() // 1000 + self._life,
        }
        answer = {
            "access_token": jwt.encode(claims, self._key, algorithm=_ALGORITHM),
            "token_type": "bearer",
            "expires_in": self._life,
            "enabled": True,
            **shared,
            **user,
        }
        return {**answer, "user_id": identity.id} if identity else answer

    def verify(self, token: str) -> Caller:
        """Raises Unauthorized, which says whether the token is malformed, forged or expired."""
        caller = self._verified.get(token)
        if caller is None:
            caller = self._read(token)
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[token] = caller
        if self._tenants.find(caller.tenant.name) is not caller.tenant:
            raise Unauthorized("JWT is of a tenant that is gone")
        if caller.expires <= caller.tenant.clock.now():
            raise Unauthorized("JWT is expired")
        return caller

    def tenant_of(self, token: str) -> Tenant | None:
        """Whom a token was issued for, expired or not; None for what is no token of this server."""
        try:
            return (self._verified.get(token) or self._read(token)).tenant
        except Unauthorized:
            return None

    def _read(self, token: str) -> Caller:
        try:
            # Expiry follows the tenant's clock, not the machine's: see verify.
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM], options={"verify_exp": False})
        except jwt.InvalidSignatureError:
            raise Unauthorized("JWT signature is invalid") from None
        except (jwt.InvalidTokenError, RecursionError):  # RecursionError: PyJWT 2.10, of a header that is nested too deep
            raise Unauthorized("JWT is malformed") from None
        tenant = self._tenants.find(claims["org"])
        if tenant is None or tenant.id != claims["tenant_id"]:
            raise Unauthorized("JWT is of a tenant that is gone")
        return Caller(
            tenant=tenant,
            client_id=claims["client_id"],
            identity_id=claims.get("identity_id"),
            user_name=claims.get("user_name"),
            levels=frozenset(claims["authorities"]),
            scopes=frozenset(claims["scope"]),
            expires=claims["exp"] * 1000,
        )
