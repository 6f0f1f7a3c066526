"""Who may do what: 401 without a valid token, 403 by kind of token, scope and user level, per operation and version."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest
import yaml

from contract_tests.conftest import Connect, Serve
from contract_tests.support import envelope, well_formed
from contract_tests.support.client import Client, login, operations
from contract_tests.support.server import Running, running
from mock_server.contract import VERSIONS
from mock_server.settings import Settings
from mock_server.state.people import Client as Credentials
from mock_server.state.people import Identity

every_version = pytest.mark.parametrize("version", VERSIONS)


@every_version
def test_every_operation_needs_a_token(connect: Connect, version: str) -> None:
    nobody = connect(version, None)

    answers = {name: nobody.send(name, **well_formed.arguments(name)) for name in operations(version)}

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(operations(version), 401)
    assert {answer.text for name, answer in answers.items() if not name.endswith("Headers")} == {
        '{"error":"JWT validation failed: JWT is missing"}'
    }


@every_version
def test_another_scheme_is_no_token(connect: Connect, version: str) -> None:
    isc = connect(version)
    token = _token(isc)
    values = ("", "Bearer", f"Basic {token}", f"Token {token}", token, f"Bearer{token}", f"Bearer: {token}", f"JWT {token}")

    answers = [isc.send("listWorkItems", headers={"Authorization": value}) for value in values]

    assert [answer.status_code for answer in answers] == [401] * len(values)


@every_version
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_spelt_in_any_casing(connect: Connect, version: str, scheme: str) -> None:
    isc = connect(version)

    answer = isc.send("listWorkItems", limit=1, headers={"Authorization": f"{scheme} {_token(isc)}"})

    assert answer.status_code == 200


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


MALFORMED = (
    "x",
    "a.b",
    "a.b.c",
    "..",
    "a.b.c.d",
    "é",
    "\x80\xff",
    "{token} {token}",
    "{token}.x",
    f"{_encoded(b'{')}.{_encoded(b'{}')}.x",
    f"{_encoded(b'[]')}.{_encoded(b'[]')}.x",
    f"{_encoded(b'null')}.{_encoded(b'null')}.x",
    f"{_encoded(b'5')}.{_encoded(b'5')}.x",
    f"{_encoded(b'{}')}.{_encoded(b'{}')}.",
    f"{_encoded(json.dumps({'alg': 'HS256'}).encode())}.{_encoded(b'[' * 20_000)}.x",
    f"{_encoded(json.dumps({'alg': 5}).encode())}.{_encoded(b'{}')}.x",
    f"{_encoded(json.dumps({'alg': 'HS256', 'kid': 5}).encode())}.{_encoded(b'{}')}.x",
    "x" * 30_000,
)


@every_version
def test_a_malformed_token_is_refused(connect: Connect, version: str) -> None:
    isc = connect(version)
    path = isc.base_path + operations(version)["listWorkItems"].path
    values = [f"Bearer {text.replace('{token}', _token(isc))}".encode("latin-1") for text in MALFORMED]

    answers = [isc.http.get(path, headers={"Authorization": value}) for value in values]

    assert [answer.status_code for answer in answers] == [401] * len(MALFORMED)
    assert all(answer.json()["error"].startswith("JWT validation failed: JWT ") for answer in answers)


def _with_other_claims(token: str) -> str:
    header, claims, signature = token.split(".")
    changed = {**jwt.decode(token, options={"verify_signature": False}), "authorities": ["ORG_ADMIN"], "jti": "other"}
    assert claims
    return f"{header}.{_encoded(json.dumps(changed).encode())}.{signature}"


def _with_another_key(token: str) -> str:
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}), "k" * 32, algorithm="HS256")


def _with_an_empty_key(token: str) -> str:
    header, claims, _ = token.split(".")
    signature = jwt.get_algorithm_by_name("HS256").sign(f"{header}.{claims}".encode(), b"")
    return f"{header}.{claims}.{_encoded(signature)}"


def _with_another_algorithm(token: str) -> str:
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}), "k" * 64, algorithm="HS512")


def _with_algorithm(token: str, algorithm: str, *, keep: bool) -> str:
    _, claims, signature = token.split(".")
    return f"{_encoded(json.dumps({'alg': algorithm, 'typ': 'JWT'}).encode())}.{claims}.{signature if keep else ''}"


def _without_signature(token: str) -> str:
    return f"{token.rpartition('.')[0]}."


def _with_a_shortened_signature(token: str) -> str:
    return token[:-4]


FORGERIES = {
    "other claims": _with_other_claims,
    "another key": _with_another_key,
    "an empty key": _with_an_empty_key,
    "another algorithm": _with_another_algorithm,
    "no signature": _without_signature,
    "a shortened signature": _with_a_shortened_signature,
    "alg none": lambda token: _with_algorithm(token, "none", keep=False),
    "alg none, signed": lambda token: _with_algorithm(token, "none", keep=True),
    "alg None": lambda token: _with_algorithm(token, "None", keep=False),
    "alg RS256": lambda token: _with_algorithm(token, "RS256", keep=True),
    "alg empty": lambda token: _with_algorithm(token, "", keep=True),
}


@every_version
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_is_refused(connect: Connect, version: str, forgery: str) -> None:
    isc = connect(version, "lena")

    answer = isc.send("listWorkItems", headers={"Authorization": f"Bearer {FORGERIES[forgery](_token(isc))}"})

    assert answer.status_code == 401
    assert answer.json()["error"] in ("JWT validation failed: JWT signature is invalid", "JWT validation failed: JWT is malformed")


@every_version
def test_an_expired_token_is_refused_in_the_words_of_the_service(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    before = isc.send("listWorkItems", limit=1).status_code

    server.tenant.clock.advance(12 * 3600 * 1000)
    answer = isc.send("listWorkItems", limit=1)

    assert before == 200
    assert answer.status_code == 401
    assert answer.json() == {"error": "JWT validation failed: JWT is expired"}


def test_who_logs_in_again_is_let_in(connect: Connect, server: Running) -> None:
    server.tenant.clock.advance(30 * 24 * 3600 * 1000)

    isc = connect("v2024")

    assert isc.send("listWorkItems", limit=1).status_code == 200


def test_the_token_of_another_server_is_refused(connect: Connect, serve: Serve) -> None:
    stranger = connect("v2024", to=serve())
    isc = connect("v2024", None)

    answer = isc.send("listWorkItems", headers={"Authorization": f"Bearer {_token(stranger)}"})

    assert answer.status_code == 401


@every_version
def test_the_token_comes_before_what_is_asked(connect: Connect, version: str) -> None:
    nobody = connect(version, None)

    answers = [
        nobody.send("listWorkItems", limit=9999),
        nobody.send("getWorkItem", id=well_formed.NOWHERE),
        nobody.send("forwardWorkItem", id=well_formed.NOWHERE, content=b"{", headers={"Content-Type": "text/plain"}),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401]


# Verdicts: the vendor's table, written down once more. It must not be read from spec/, which is what it judges.

READERS = {"ORG_ADMIN", "HELPDESK", "CERT_ADMIN", "REPORT_ADMIN", "ROLE_ADMIN", "ROLE_SUBADMIN", "SOURCE_ADMIN", "SOURCE_SUBADMIN"}
READING, WRITING = "idn:task-management:read", "idn:task-management:write"

SCOPES = ("sp:scopes:all", "idn:work-item:read", "idn:work-item:update", READING, WRITING, "idn:unrelated:read")
HOLDERS = {
    "administrator": "ines.calder",
    "helpdesk": "pia.ostrander",
    "source-subadmin": "bram.okafor",
    "plain": "lena.marsh",
    "nobody": None,
}


def _may(name: str, method: str, version: str, client: Credentials, identity: Identity | None) -> bool:
    """Whether an operation (by its name in v2024) lets a client in at all."""
    scopes, levels = set(client.scopes), set(identity.levels) if identity else set()
    has_all = "sp:scopes:all" in scopes
    if "Task" in name:
        if method == "PATCH":
            return identity is not None and bool(levels & (READERS - {"HELPDESK"})) and (has_all or WRITING in scopes)
        return (identity is None or bool(levels & READERS)) and (has_all or bool(scopes & {READING, WRITING}))
    if identity is None:
        return False
    if version == "beta":
        needed = "idn:work-item:read" if method == "GET" else "idn:work-item:update"
        return "ORG_ADMIN" in levels and (has_all or needed in scopes)
    if version == "v3" and name == "forwardWorkItem":
        return has_all or "idn:work-item:update" in scopes
    return has_all


@dataclass(frozen=True)
class Crowd:
    """A fake with, beside the default clients, one of each scope for each kind of holder; and the token of each of them."""

    server: Running
    http: httpx.Client
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    folder = tmp_path_factory.mktemp("crowd")
    pairs = [(holder, scope) for holder in HOLDERS for scope in SCOPES]
    more = [_client(number, holder, scope) for number, (holder, scope) in enumerate(pairs, 1)]
    (folder / "clients.yaml").write_text(yaml.safe_dump({"merge": more}))
    with running(Settings(fixtures=folder)) as server, httpx.Client(base_url=server.url) as http:
        yield Crowd(server, http, {client.name: login(server.url, client) for client in server.tenant.state.clients.values()})


@pytest.mark.parametrize(("version", "name"), [(version, name) for version in VERSIONS for name in operations(version)])
def test_kind_and_scope_and_level_decide(crowd: Crowd, version: str, name: str) -> None:
    state, request = crowd.server.tenant.state, well_formed.request(version, name)

    statuses = {user: _status(crowd.http, token, request) for user, token in crowd.tokens.items()}

    assert {user: status != 403 for user, status in statuses.items()} == {
        client.name: _may(name, request["method"], version, client, state.identities.get(client.identity or ""))
        for client in state.clients.values()
    }
    assert set(statuses.values()) <= {200, 403, 404}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_refusal_is_told_in_the_words_of_the_service(connect: Connect, version: str) -> None:
    application = connect(version, "monitor")

    answer = application.send("listWorkItems")

    assert answer.status_code == 403
    assert answer.json()["detailCode"] == "403 Forbidden"
    assert envelope.text(answer) == "The server understood the request but refuses to authorize it."


@pytest.mark.parametrize("version", VERSIONS)
def test_the_refusal_comes_before_what_is_asked(connect: Connect, version: str) -> None:
    application = connect(version, "monitor")

    answers = [
        application.send("listWorkItems", limit=9999),
        application.send("getWorkItem", id=well_formed.NOWHERE),
        application.send("forwardWorkItem", id=well_formed.NOWHERE, content=b"{", headers={"Content-Type": "text/plain"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def _token(isc: Client) -> str:
    return isc.http.headers["Authorization"].removeprefix("Bearer ")


def _client(number: int, holder: str, scope: str) -> dict[str, Any]:
    identity = HOLDERS[holder]
    client_id = f"{number:032x}" if identity else f"00000000-0000-0000-0000-{number:012x}"
    client = {"name": f"{holder} with {scope}", "clientId": client_id, "clientSecret": f"{number:064x}", "scopes": [scope]}
    return {**client, "identity": identity} if identity else client


def _status(http: httpx.Client, token: str, request: dict[str, Any]) -> int:
    headers = {**request.get("headers", {}), "Authorization": f"Bearer {token}"}
    return http.request(**{**request, "headers": headers}).status_code
