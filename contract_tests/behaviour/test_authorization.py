"""Who may do what: 401 without a valid token, 403 by kind of token, scope and user level, per operation and version."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest
import yaml

from contract_tests.conftest import Connect
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
def test_the_scheme_is_spelt_in_any_casing(connect: Connect, version: str) -> None:
    isc = connect(version)
    values = [f"{scheme} {_token(isc)}" for scheme in ("Bearer", "bearer", "BEARER")]

    answers = [isc.send("getCountWorkItems", headers={"Authorization": value}) for value in values]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


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

    answers = [isc.http.get(path, headers={b"Authorization": value}) for value in values]

    assert [answer.status_code for answer in answers] == [401] * len(MALFORMED)
    assert all(answer.json()["error"].startswith("JWT validation failed: JWT ") for answer in answers)


@every_version
def test_a_forged_token_is_refused(connect: Connect, version: str) -> None:
    isc = connect(version, "lena")
    forgeries = _forgeries(_token(isc))

    answers = {name: isc.send("listWorkItems", headers={"Authorization": f"Bearer {token}"}) for name, token in forgeries.items()}

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(forgeries, 401)
    assert {answer.json()["error"] for answer in answers.values()} == {
        "JWT validation failed: JWT signature is invalid",
        "JWT validation failed: JWT is malformed",
    }


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

SCOPES = ("idn:work-item:read", "idn:work-item:update", READING, WRITING, "idn:unrelated:read")
HOLDERS: dict[str, str | None] = {
    "administrator": "ines.calder",
    "helpdesk": "pia.ostrander",
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
    more = [_client(number, holder, scope) for number, (holder, scope) in enumerate([*pairs, ("nobody", "sp:scopes:all")], 1)]
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


def test_the_token_of_another_server_is_refused(crowd: Crowd, connect: Connect) -> None:
    isc = connect("v2024", None)

    answer = isc.send("listWorkItems", headers={"Authorization": f"Bearer {crowd.tokens['org-admin']}"})

    assert answer.status_code == 401


@every_version
def test_a_refusal_is_told_in_the_words_of_the_service(connect: Connect, version: str) -> None:
    application = connect(version, "monitor")

    answer = application.send("listWorkItems")

    assert answer.status_code == 403
    assert answer.json()["detailCode"] == "403 Forbidden"
    assert envelope.text(answer) == "The server understood the request but refuses to authorize it."


@every_version
def test_the_refusal_comes_before_what_is_asked(connect: Connect, version: str) -> None:
    application = connect(version, "monitor")

    answers = [
        application.send("listWorkItems", limit=9999),
        application.send("getWorkItem", id=well_formed.NOWHERE),
        application.send("forwardWorkItem", id=well_formed.NOWHERE, content=b"{", headers={"Content-Type": "text/plain"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def _forgeries(token: str) -> dict[str, str]:
    header, claims, signature = token.split(".")
    known = jwt.decode(token, options={"verify_signature": False})
    algorithms = {name: _encoded(json.dumps({"alg": name, "typ": "JWT"}).encode()) for name in ("none", "None", "RS256", "HS512", "")}
    return {
        "a higher level": f"{header}.{_encoded(json.dumps({**known, 'authorities': ['ORG_ADMIN']}).encode())}.{signature}",
        "another key": jwt.encode(known, "k" * 32, algorithm="HS256"),
        "another key and algorithm": jwt.encode(known, "k" * 64, algorithm="HS512"),
        "an empty key": f"{header}.{claims}.{_encoded(hmac.digest(b'', f'{header}.{claims}'.encode(), 'sha256'))}",
        "no signature": f"{header}.{claims}.",
        "half a signature": f"{header}.{claims}.{signature[:20]}",
        "no algorithm, no signature": f"{algorithms['none']}.{claims}.",
        **{f"algorithm {name or 'missing'}": f"{encoded}.{claims}.{signature}" for name, encoded in algorithms.items()},
    }


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
