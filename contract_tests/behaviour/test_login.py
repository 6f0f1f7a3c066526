"""Login: every way in which clients ask for a token, and what they find in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest

from contract_tests.conftest import Connect, Serve, credentials
from contract_tests.support import wire
from contract_tests.support.server import Running
from contract_tests.support.well_formed import NOWHERE
from mock_server.contract import VERSIONS
from mock_server.state.people import Client as Credentials

Json = Any
Form = Callable[[httpx.Client, dict[str, str]], httpx.Response]


def _urlencoded(http: httpx.Client, fields: dict[str, str]) -> httpx.Response:
    """The SDKs for Python and Go."""
    return http.post("/oauth/token", data=fields)


def _typescript(http: httpx.Client, fields: dict[str, str]) -> httpx.Response:
    """The SDK for TypeScript: npm's form-data."""
    boundary = "--------------------------515890814546601021194782"
    return _multipart(http, boundary, boundary, fields, 'Content-Disposition: form-data; name="{name}"')


def _powershell(http: httpx.Client, fields: dict[str, str]) -> httpx.Response:
    """The SDK for PowerShell: .NET quotes the boundary, leaves the names bare, and gives each part a type, before its disposition."""
    boundary = "4d4b5ae6-53bc-4c5a-9a7e-1f4a6ad0fb7c"
    head = "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name={name}"
    return _multipart(http, boundary, f'"{boundary}"', fields, head)


def _mixed(http: httpx.Client, fields: dict[str, str]) -> httpx.Response:
    """The vendor's command line."""
    in_query = {name: value for name, value in fields.items() if name == "grant_type"}
    return http.post("/oauth/token", params=in_query, data={name: value for name, value in fields.items() if name not in in_query})


def _mixed_multipart(http: httpx.Client, fields: dict[str, str]) -> httpx.Response:
    in_query = {name: value for name, value in fields.items() if name == "client_id"}
    parts = {name: (None, value) for name, value in fields.items() if name not in in_query}
    return http.post("/oauth/token", params=in_query, files=parts or {"other": (None, "")})


def _validator(http: httpx.Client, fields: dict[str, str]) -> httpx.Response:
    """The vendor's schema validator: an empty urlencoded body."""
    return http.post("/oauth/token", params=fields, headers={"Content-Type": "application/x-www-form-urlencoded"})


def _query(http: httpx.Client, fields: dict[str, str]) -> httpx.Response:
    return http.post("/oauth/token", params=fields)


def _multipart(http: httpx.Client, boundary: str, declared: str, fields: dict[str, str], head: str) -> httpx.Response:
    parts = [f"--{boundary}\r\n{head.format(name=name)}\r\n\r\n{value}\r\n" for name, value in fields.items()]
    body = f"{''.join(parts)}--{boundary}--\r\n"
    return http.post("/oauth/token", content=body, headers={"Content-Type": f"multipart/form-data; boundary={declared}"})


FORMS: dict[str, Form] = {
    "urlencoded": _urlencoded,
    "typescript": _typescript,
    "powershell": _powershell,
    "mixed": _mixed,
    "mixed multipart": _mixed_multipart,
    "validator": _validator,
    "query": _query,
}

every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())


@every_form
def test_each_form_of_request_gets_a_token(http: httpx.Client, server: Running, form: Form) -> None:
    fields = _fields(server)

    answer = form(http, fields)

    assert answer.status_code == 200
    assert _claims(answer)["client_id"] == fields["client_id"]


@every_form
def test_the_grant_is_spelt_in_any_casing(http: httpx.Client, server: Running, form: Form) -> None:
    grants = ("CLIENT_CREDENTIALS", "Client_Credentials")

    answers = [form(http, {**_fields(server), "grant_type": grant}) for grant in grants]

    assert [answer.status_code for answer in answers] == [200, 200]


@every_form
def test_each_form_of_request_is_refused_with_a_wrong_secret(http: httpx.Client, server: Running, form: Form) -> None:
    answer = form(http, {**_fields(server), "client_secret": "0" * 64})

    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_client", "error_description": "Bad client credentials"}


def test_a_base_url_that_ends_in_a_slash_gets_a_token(http: httpx.Client, server: Running) -> None:
    answer = http.post(f"{server.url}//oauth/token", data=_fields(server))

    assert answer.request.url.raw_path == b"//oauth/token"
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_token_opens_every_version(http: httpx.Client, server: Running, version: str) -> None:
    token = _urlencoded(http, _fields(server)).json()["access_token"]
    path = "/work-items/v1" if version == "v1" else f"/{version}/work-items"

    answer = http.get(path, params={"limit": 1}, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 200


def test_the_answer_has_the_fields_that_the_service_documents(http: httpx.Client, server: Running) -> None:
    identity = _identity(server, "org-admin")

    answer = _urlencoded(http, _fields(server)).json()

    assert answer == {
        "access_token": answer["access_token"],
        "token_type": "bearer",
        "expires_in": 12 * 3600,
        "scope": "sp:scopes:all",
        "tenant_id": server.tenant.id,
        "internal": False,
        "pod": server.tenant.pod,
        "strong_auth_supported": answer["strong_auth_supported"],
        "org": server.tenant.name,
        "user_id": answer["user_id"],
        "identity_id": identity.id,
        "user_name": identity.name,
        "strong_auth": answer["strong_auth"],
        "enabled": True,
        "jti": answer["jti"],
    }
    assert isinstance(answer["user_id"], str)
    assert isinstance(answer["strong_auth"], bool)
    assert isinstance(answer["strong_auth_supported"], bool)


def test_the_token_has_the_claims_that_the_service_documents(http: httpx.Client, server: Running) -> None:
    server.tenant.clock.freeze()
    client, identity = credentials(server, "org-admin"), _identity(server, "org-admin")

    claims = _claims(_urlencoded(http, _fields(server)))

    assert claims == {
        "tenant_id": server.tenant.id,
        "internal": False,
        "pod": server.tenant.pod,
        "org": server.tenant.name,
        "identity_id": identity.id,
        "user_name": identity.name,
        "strong_auth": claims["strong_auth"],
        "authorities": ["ORG_ADMIN"],
        "client_id": client.id,
        "scope": ["sp:scopes:all"],
        "strong_auth_supported": claims["strong_auth_supported"],
        "claims_supported": True,
        "exp": server.tenant.clock.now() // 1000 + 12 * 3600,
        "jti": claims["jti"],
    }
    assert isinstance(claims["strong_auth"], bool)
    assert isinstance(claims["strong_auth_supported"], bool)


def test_answer_and_token_agree(http: httpx.Client, server: Running) -> None:
    answer = _urlencoded(http, _fields(server))

    claims = _claims(answer)

    shared = answer.json().keys() & claims.keys() - {"scope"}
    assert shared == {
        "tenant_id",
        "internal",
        "pod",
        "org",
        "identity_id",
        "user_name",
        "strong_auth",
        "strong_auth_supported",
        "jti",
    }
    assert {name: answer.json()[name] for name in shared} == {name: claims[name] for name in shared}


def test_no_two_tokens_have_the_same_id(http: httpx.Client, server: Running) -> None:
    ids = {_urlencoded(http, _fields(server)).json()["jti"] for _ in range(3)}

    assert len(ids) == 3


def test_the_token_names_the_level_of_each_user(http: httpx.Client, server: Running) -> None:
    users = {client.name: list(_identity(server, client.name).levels) for client in server.tenant.state.clients.values() if client.identity}

    levels = {user: _claims(_urlencoded(http, _fields(server, user)))["authorities"] for user in users}

    assert levels == users
    assert {"ORG_ADMIN", "HELPDESK", "SOURCE_SUBADMIN"} <= {level for one in levels.values() for level in one}


def test_narrow_scopes_are_told_in_answer_and_token(http: httpx.Client, server: Running) -> None:
    answer = _urlencoded(http, _fields(server, "task-reader"))

    assert answer.json()["scope"] == "idn:task-management:read"
    assert _claims(answer)["scope"] == ["idn:task-management:read"]


def test_the_answer_to_an_api_client_names_no_user(http: httpx.Client, server: Running) -> None:
    answer = _urlencoded(http, _fields(server, "monitor")).json()

    assert answer.keys() & {"user_id", "identity_id", "user_name"} == set()
    assert answer["token_type"] == "bearer"


def test_the_token_of_an_api_client_names_no_user(http: httpx.Client, server: Running) -> None:
    claims = _claims(_urlencoded(http, _fields(server, "monitor")))

    assert claims.keys() & {"user_id", "identity_id", "user_name"} == set()
    assert claims["authorities"] == []
    assert claims["client_id"] == credentials(server, "monitor").id


@pytest.mark.parametrize("client_id", [NOWHERE, "458048d1-df0c-4574-838c-000000000000", "nobody", "é", "\x00", "a" * 100_000])
def test_an_unknown_client_is_refused_like_a_wrong_secret(http: httpx.Client, server: Running, client_id: str) -> None:
    answer = _urlencoded(http, {**_fields(server), "client_id": client_id})

    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_client", "error_description": "Bad client credentials"}


@pytest.mark.parametrize("change", [str.upper, lambda secret: secret[:-1], lambda secret: f"{secret} ", lambda _: "é", lambda _: "\x00"])
def test_a_secret_must_be_exactly_right(http: httpx.Client, server: Running, change: Callable[[str], str]) -> None:
    fields = _fields(server)

    answer = _urlencoded(http, {**fields, "client_secret": change(fields["client_secret"])})

    assert answer.status_code == 401


def test_the_secret_of_somebody_else_is_refused(http: httpx.Client, server: Running) -> None:
    answer = _urlencoded(http, {**_fields(server), "client_secret": credentials(server, "lena").secret})

    assert answer.status_code == 401


@every_form
def test_another_grant_is_refused(http: httpx.Client, server: Running, form: Form) -> None:
    grants = ("password", "refresh_token", "authorization_code", "client-credentials", "client_credentials ")

    answers = [form(http, {**_fields(server), "grant_type": grant}) for grant in grants]

    assert {(answer.status_code, answer.json()["error"]) for answer in answers} == {(400, "unsupported_grant_type")}


@every_form
def test_a_missing_grant_is_refused(http: httpx.Client, server: Running, form: Form) -> None:
    fields = {name: value for name, value in _fields(server).items() if name != "grant_type"}

    answers = [form(http, {**fields, **missing}) for missing in ({}, {"grant_type": ""})]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert {answer.text for answer in answers} == {'{"error":"invalid_request","error_description":"Missing grant type"}'}


@every_form
@pytest.mark.parametrize("field", ["client_id", "client_secret"])
def test_a_missing_field_is_refused_like_a_wrong_secret(http: httpx.Client, server: Running, form: Form, field: str) -> None:
    fields = {name: value for name, value in _fields(server).items() if name != field}

    answers = [form(http, {**fields, **missing}) for missing in ({}, {field: ""})]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert {answer.text for answer in answers} == {'{"error":"invalid_client","error_description":"Bad client credentials"}'}


def test_nothing_at_all_is_refused(http: httpx.Client) -> None:
    answer = http.post("/oauth/token")

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


def test_a_refusal_is_json_with_an_id(http: httpx.Client) -> None:
    answer = http.post("/oauth/token")

    assert answer.headers["Content-Type"] == "application/json"
    assert len(answer.headers["SLPT-Request-ID"]) == 32


def test_fields_that_nobody_knows_are_ignored(http: httpx.Client, server: Running) -> None:
    answer = _urlencoded(http, {**_fields(server), "scope": "sp:scopes:all", "": "", "audience": "x"})

    assert answer.status_code == 200


def test_a_body_that_is_no_form_is_refused(http: httpx.Client, server: Running) -> None:
    answer = http.post("/oauth/token", json=_fields(server))

    assert answer.status_code == 415
    assert "application/x-www-form-urlencoded" in answer.text
    assert "multipart/form-data" in answer.text


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n\r\n"),
        ("multipart/form-data; boundary=", b"--x\r\n\r\n"),
        ("multipart/form-data; boundary=x", b"no parts"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="grant_type"'),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nclient_credentials\r\n--x--\r\n"),
        ("multipart/form-data; boundary=\xff", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=%zz&&&=&%00"),
        ("application/x-www-form-urlencoded", b"grant_type"),
    ],
)
def test_a_form_that_cannot_be_read_has_no_fields(http: httpx.Client, content_type: str, body: bytes) -> None:
    answer = http.post("/oauth/token", content=body, headers={b"Content-Type": content_type.encode("latin-1")})

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


def test_a_token_lives_12_hours_by_default(connect: Connect, server: Running) -> None:
    server.tenant.clock.freeze(1_800_000_000_000)
    isc = connect("v2024")

    server.tenant.clock.advance(12 * 3600 * 1000 - 1)
    before = isc.send("listWorkItems", limit=1).status_code
    server.tenant.clock.advance(1)
    after = isc.send("listWorkItems", limit=1).status_code

    assert (before, after) == (200, 401)


@pytest.mark.parametrize("seconds", [749, 60])
def test_the_life_of_a_token_can_be_set(connect: Connect, serve: Serve, seconds: int) -> None:
    other = serve(token_life=seconds)
    other.tenant.clock.freeze(1_800_000_000_000)
    isc = connect("v2024", to=other)

    other.tenant.clock.advance(seconds * 1000 - 1)
    before = isc.http.get("/v2024/work-items?limit=1").status_code
    other.tenant.clock.advance(1)
    after = isc.http.get("/v2024/work-items?limit=1").status_code

    assert (before, after) == (200, 401)
    assert _urlencoded(isc.http, _fields(other)).json()["expires_in"] == seconds


def test_anybody_learns_where_to_sign_in(http: httpx.Client, server: Running) -> None:
    answer = http.get("/oauth/info")

    assert answer.status_code == 200
    assert answer.json() == {
        "tenantId": server.tenant.id,
        "tenantName": server.tenant.name,
        "authorizeEndpoint": f"{server.url}/oauth/authorize",
        "tokenEndpoint": f"{server.url}/oauth/token",
        "cloudDomainUrl": server.url,
        "logoutUrl": f"{server.url}/logout",
        "pod": server.tenant.pod,
    }


def test_the_named_token_endpoint_is_as_the_client_sees_it(server: Running) -> None:
    answer = wire.ask(server.url, "GET /oauth/info", host="isc.example.com:8443")

    assert b'"tokenEndpoint":"http://isc.example.com:8443/oauth/token"' in answer.body


def _fields(server: Running, user: str = "org-admin") -> dict[str, str]:
    client: Credentials = credentials(server, user)
    return {"grant_type": "client_credentials", "client_id": client.id, "client_secret": client.secret}


def _identity(server: Running, user: str) -> Any:
    return server.tenant.state.identities.get(credentials(server, user).identity or "")


def _claims(answer: httpx.Response) -> Json:
    return jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
