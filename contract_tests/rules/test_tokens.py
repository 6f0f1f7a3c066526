"""Access tokens: what stands in them, how long they are good for, and which ones are refused with which words."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract_tests.support.strategies import START
from mock_server.conventions.errors import Unauthorized
from mock_server.state.fixtures import load
from mock_server.state.people import Client
from mock_server.state.tenant import Tenant
from mock_server.state.tenants import Starts, Tenants
from mock_server.state.tokens import Caller, Tokens

LIFE = 749


@pytest.fixture(scope="module")
def started() -> Any:
    return load(None, None, {}, START)


@pytest.fixture
def tenants(started: Any) -> Tenants:
    return Tenants(Starts(lambda _: started))


@pytest.fixture
def tenant(tenants: Tenants) -> Tenant:
    """The default tenant, on a clock that stands still."""
    tenants.default.clock.freeze(START)
    return tenants.default


@pytest.fixture
def tokens(tenants: Tenants) -> Tokens:
    return Tokens(tenants, LIFE)


def client(tenant: Tenant, name: str) -> Client:
    return next(client for client in tenant.state.clients.values() if client.name == name)


def issued(tokens: Tokens, tenant: Tenant, name: str = "org-admin") -> str:
    token: str = tokens.issue(tenant, client(tenant, name))["access_token"]
    return token


def claims(token: str) -> dict[str, Any]:
    """Read without a key, as clients read them."""
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def with_header(token: str, **header: Any) -> str:
    _, payload, signature = token.split(".")
    return f"{encoded(json.dumps(header).encode())}.{payload}.{signature}"


def test_a_users_token_has_the_claims_of_the_service(tokens: Tokens, tenant: Tenant) -> None:
    administrator = tenant.state.identities.get("ines.calder")
    assert administrator is not None

    found = claims(issued(tokens, tenant))

    assert len(found.pop("jti")) == 32
    assert found == {
        "tenant_id": tenant.id,
        "internal": False,
        "pod": tenant.pod,
        "org": tenant.name,
        "identity_id": administrator.id,
        "user_name": "ines.calder",
        "strong_auth": False,
        "strong_auth_supported": False,
        "authorities": ["ORG_ADMIN"],
        "client_id": client(tenant, "org-admin").id,
        "scope": ["sp:scopes:all"],
        "claims_supported": True,
        "exp": START // 1000 + LIFE,
    }


def test_an_api_clients_token_names_no_user(tokens: Tokens, tenant: Tenant) -> None:
    found = claims(issued(tokens, tenant, "monitor"))

    assert not {"identity_id", "user_name", "user_id"} & found.keys()
    assert found["authorities"] == []
    assert found["scope"] == ["idn:task-management:read"]


def test_the_answer_has_the_fields_of_the_service(tokens: Tokens, tenant: Tenant) -> None:
    administrator = tenant.state.identities.get("ines.calder")
    assert administrator is not None

    answer = tokens.issue(tenant, client(tenant, "org-admin"))

    assert answer.pop("jti") == claims(answer.pop("access_token"))["jti"]
    assert answer == {
        "token_type": "bearer",
        "expires_in": LIFE,
        "scope": "sp:scopes:all",
        "tenant_id": tenant.id,
        "internal": False,
        "pod": tenant.pod,
        "strong_auth_supported": False,
        "org": tenant.name,
        "user_id": administrator.id,
        "identity_id": administrator.id,
        "user_name": "ines.calder",
        "strong_auth": False,
        "enabled": True,
    }


def test_the_answer_to_an_api_client_names_no_user(tokens: Tokens, tenant: Tenant) -> None:
    answer = tokens.issue(tenant, client(tenant, "monitor"))

    assert not {"identity_id", "user_name", "user_id"} & answer.keys()


def test_every_token_is_another(tokens: Tokens, tenant: Tenant) -> None:
    assert len({issued(tokens, tenant) for _ in range(10)}) == 10


@pytest.mark.parametrize("name", ["org-admin", "oscar", "task-reader", "monitor"])
def test_a_token_says_who_its_bearer_is(tokens: Tokens, tenant: Tenant, name: str) -> None:
    its = client(tenant, name)
    identity = tenant.state.identities.get(its.identity) if its.identity else None

    caller = tokens.verify(issued(tokens, tenant, name))

    assert caller == Caller(
        tenant=tenant,
        client_id=its.id,
        identity_id=identity.id if identity else None,
        user_name=its.identity,
        levels=frozenset(identity.levels if identity else ()),
        scopes=frozenset(its.scopes),
        expires=START + LIFE * 1000,
    )


def test_all_scopes_grant_every_scope_and_others_themselves(tokens: Tokens, tenant: Tenant) -> None:
    administrator, reader = (tokens.verify(issued(tokens, tenant, name)) for name in ("org-admin", "task-reader"))

    assert administrator.has_scope("idn:work-item:read")
    assert reader.has_scope("idn:task-management:read")
    assert not reader.has_scope("idn:task-management:write")
    assert not reader.has_scope("sp:scopes:all")


def test_a_token_is_good_until_its_life_is_over_by_the_tenants_clock(tokens: Tokens, tenant: Tenant) -> None:
    token = issued(tokens, tenant)

    tenant.clock.advance(LIFE * 1000 - 1)
    assert tokens.verify(token).user_name == "ines.calder"

    tenant.clock.advance(1)
    with pytest.raises(Unauthorized, match=r"^JWT validation failed: JWT is expired$"):
        tokens.verify(token)


def test_a_token_that_was_never_used_expires_as_well(tokens: Tokens, tenant: Tenant) -> None:
    token = issued(tokens, tenant)

    tenant.clock.advance(LIFE * 1000)

    with pytest.raises(Unauthorized, match="JWT is expired"):
        tokens.verify(token)


def test_a_clock_in_the_past_makes_good_tokens(tokens: Tokens, tenant: Tenant) -> None:
    tenant.clock.freeze(0)

    assert tokens.verify(issued(tokens, tenant)).expires == LIFE * 1000


def test_a_token_outlives_a_reset_of_its_tenant(tokens: Tokens, tenant: Tenant) -> None:
    token = issued(tokens, tenant)

    tenant.reset()

    assert tokens.verify(token).tenant is tenant


def test_a_token_leads_to_its_own_tenant(tenants: Tenants, tokens: Tokens) -> None:
    made = [tenants.make(name, None, None) for name in ("one", "two")]

    callers = [tokens.verify(tokens.issue(tenant, clients[0][1])["access_token"]) for tenant, clients in made]

    assert [caller.tenant for caller in callers] == [tenant for tenant, _ in made]


def test_a_token_of_a_tenant_that_is_gone_is_refused(tenants: Tenants, tokens: Tokens) -> None:
    tenant, clients = tenants.make("one", None, None)
    token = tokens.issue(tenant, clients[0][1])["access_token"]
    tokens.verify(token)

    tenants.delete(tenant)

    with pytest.raises(Unauthorized, match="JWT is of a tenant that is gone"):
        tokens.verify(token)


def test_a_token_is_not_good_for_another_tenant_of_the_same_name(tenants: Tenants, tokens: Tokens) -> None:
    tenant, clients = tenants.make("one", None, None)
    token = tokens.issue(tenant, clients[0][1])["access_token"]
    tenants.delete(tenant)

    tenants.make("one", None, None)

    with pytest.raises(Unauthorized, match="JWT is of a tenant that is gone"):
        tokens.verify(token)


def test_a_token_that_another_server_signed_is_refused(tenants: Tenants, tokens: Tokens, tenant: Tenant) -> None:
    other = Tokens(tenants, LIFE)

    with pytest.raises(Unauthorized, match="JWT signature is invalid"):
        tokens.verify(issued(other, tenant))


@pytest.mark.parametrize("change", [{"authorities": ["ORG_ADMIN"]}, {"exp": START}, {"org": "other"}, {"client_id": "other"}, {}])
def test_a_token_with_other_claims_is_refused(tokens: Tokens, tenant: Tenant, change: dict[str, Any]) -> None:
    header, _, signature = issued(tokens, tenant, "oscar").split(".")
    payload = encoded(json.dumps(claims(issued(tokens, tenant, "oscar")) | change).encode())

    with pytest.raises(Unauthorized, match="JWT signature is invalid"):
        tokens.verify(f"{header}.{payload}.{signature}")


def test_a_token_that_was_verified_once_is_not_trusted_in_part(tokens: Tokens, tenant: Tenant) -> None:
    token = issued(tokens, tenant)
    tokens.verify(token)

    with pytest.raises(Unauthorized):
        tokens.verify(token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"))


@pytest.mark.parametrize("algorithm", ["none", "None", "HS384", "HS512", "RS256", ""])
def test_a_token_of_another_algorithm_is_refused(tokens: Tokens, tenant: Tenant, algorithm: str) -> None:
    token = with_header(issued(tokens, tenant), alg=algorithm, typ="JWT")

    with pytest.raises(Unauthorized):
        tokens.verify(token)


def test_a_token_without_signature_is_refused(tokens: Tokens, tenant: Tenant) -> None:
    unsigned = jwt.encode(claims(issued(tokens, tenant)), None, algorithm="none")

    with pytest.raises(Unauthorized):
        tokens.verify(unsigned)


def test_the_right_key_with_another_algorithm_is_refused(tokens: Tokens, tenant: Tenant) -> None:
    token = jwt.encode(claims(issued(tokens, tenant)), tokens._key * 2, algorithm="HS512")

    with pytest.raises(Unauthorized):
        tokens.verify(token)


@pytest.mark.parametrize("token", ["", "x", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d", "é.é.é", " ", "Bearer x", "\0"])
def test_what_is_no_token_is_malformed(tokens: Tokens, token: str) -> None:
    with pytest.raises(Unauthorized, match=r"^JWT validation failed: JWT is malformed$"):
        tokens.verify(token)


@pytest.mark.parametrize(
    "header",
    [
        *(
            b"",
            b"{}",
            b"[]",
            b"null",
            b"1",
            b"\xff",
            b'{"alg":1}',
            b'{"alg":[]}',
            b'{"alg":{}}',
            b'{"alg":null}',
            b'{"alg":"HS256","kid":1}',
        ),
        *(b'{"alg":"HS256","b64":false}', b'{"alg":"HS256","crit":["x"]}', b"1" * 5000, b"[" * 5000, b'{"a":' * 5000),
    ],
    ids=lambda header: header[:30].decode(errors="replace"),
)
def test_no_header_is_more_than_unauthorized(tokens: Tokens, tenant: Tenant, header: bytes) -> None:
    _, payload, signature = issued(tokens, tenant).split(".")

    with pytest.raises(Unauthorized):
        tokens.verify(f"{encoded(header)}.{payload}.{signature}")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # they are only read
@given(token=st.text() | st.lists(st.text(alphabet="abcXYZ09-_=", max_size=8), max_size=4).map(".".join))
def test_any_text_is_unauthorized(tokens: Tokens, token: str) -> None:
    with pytest.raises(Unauthorized):
        tokens.verify(token)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # they are only read
@given(place=st.integers(0, 10_000), character=st.sampled_from("aZ0-_.=!"))
def test_a_token_with_one_character_changed_is_unauthorized(tokens: Tokens, tenant: Tenant, place: int, character: str) -> None:
    token = issued(tokens, tenant)
    at = place % (len(token) - 1)  # the last character of a signature has bits that mean nothing
    changed = token[:at] + character + token[at + 1 :]

    if changed != token:
        with pytest.raises(Unauthorized):
            tokens.verify(changed)


def test_a_token_leads_to_its_tenant_even_when_it_has_expired(tokens: Tokens, tenant: Tenant) -> None:
    token = issued(tokens, tenant)

    tenant.clock.advance(LIFE * 1000)

    assert tokens.tenant_of(token) is tenant


@pytest.mark.parametrize("change", [lambda _: "", lambda token: token[:-4], lambda token: with_header(token, alg="none")])
def test_what_is_no_token_of_this_server_leads_to_no_tenant(tokens: Tokens, tenant: Tenant, change: Any) -> None:
    assert tokens.tenant_of(change(issued(tokens, tenant))) is None
