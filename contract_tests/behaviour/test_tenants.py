"""Tenants: worlds apart, told apart by credentials, made in no time and gone when their time is up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from contract_tests.conftest import Make, Serve
from contract_tests.support.control import in_hand, log_in, mistake, refused
from contract_tests.support.server import Running, running
from mock_server.handle import Isc, new_tenant
from mock_server.settings import Settings
from mock_server.state.people import LEVELS

UNKNOWN = {"client_id": "c0ffee" * 5 + "00", "secret": "5ec2e7" * 10}
"""Credentials that no tenant has."""


@pytest.fixture(scope="module")
def fake() -> Iterator[Running]:
    """A fake whose tenants this file may count, and reach into."""
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def auto() -> Iterator[Running]:
    with running(Settings(auto_tenants=True)) as server:
        yield server


@pytest.fixture
def control(fake: Running) -> Iterator[Isc]:
    """The first tenant of that fake; all others are gone."""
    isc = in_hand(fake.url)
    for tenant in isc.control("GET", "/tenants")[1:]:
        isc.control("DELETE", f"/tenants/{tenant['name']}")
    yield isc
    isc.close()


def test_whoever_logs_in_with_a_tenants_credentials_sees_that_tenant_alone(
    isc: Isc, isc_client: httpx.Client, isc_server: str, make: Make
) -> None:
    other = make(isc_server)
    added = isc.add(type="Generic", owner="lena.marsh", description="Mine.")

    with other.client() as stranger:
        seen = {client: client.get(f"/v2025/work-items/{added['id']}").status_code for client in (isc_client, stranger)}

    assert list(seen.values()) == [200, 404]


def test_a_change_in_one_tenant_is_not_seen_in_another(isc: Isc, isc_client: httpx.Client, isc_server: str, make: Make) -> None:
    other = make(isc_server)
    before = other.state()
    first = isc_client.get("/v2025/work-items", params={"limit": 1}).json()[0]["id"]

    isc_client.post(f"/v2025/work-items/{first}").raise_for_status()

    after = other.state()
    assert after == before
    assert isc.state() != before


@pytest.mark.parametrize("path", ["/reset", "/journal", "/faults"])
def test_the_control_api_acts_on_the_tenant_that_it_is_told(
    isc: Isc, isc_client: httpx.Client, isc_server: str, path: str, make: Make
) -> None:
    other = make(isc_server)
    isc.add(type="Generic", description="Mine.")
    isc.faults({"operationId": "*", "skip": 1, "status": 500})
    isc_client.get("/v2025/work-items/count")
    before = (isc.state(), len(isc.journal()), isc.faults_left())

    other.control("POST" if path == "/reset" else "DELETE", path)

    assert (isc.state(), len(isc.journal()), isc.faults_left()) == before


def test_a_new_tenant_has_one_token_for_each_level_and_one_for_a_plain_user(isc: Isc, isc_server: str) -> None:
    assert list(isc.credentials) == [*LEVELS, "NONE"]

    authorities = {level: _claims(isc_server, *credentials)["authorities"] for level, credentials in isc.credentials.items()}

    assert authorities == {level: [level] for level in LEVELS} | {"NONE": []}


def test_a_token_tells_its_tenants_name(isc: Isc, isc_server: str) -> None:
    assert _claims(isc_server, *isc.credentials["ORG_ADMIN"])["org"] == isc.tenant


def test_the_plain_user_owns_work_items(isc: Isc) -> None:
    with isc.client("NONE") as plain:
        assert plain.get("/v2025/work-items/count").json()["count"] > 0


def test_tenants_have_credentials_of_their_own(isc: Isc, isc_server: str, make: Make) -> None:
    other = make(isc_server)

    assert set(isc.credentials.values()).isdisjoint(other.credentials.values())


def test_tenants_are_listed_in_the_order_in_which_they_were_made(control: Isc, fake: Running, make: Make) -> None:
    for name in ("zulu", "alpha"):
        make(fake.url, name=name)

    assert [tenant["name"] for tenant in control.control("GET", "/tenants")] == [fake.tenant.name, "zulu", "alpha"]


def test_a_list_of_tenants_has_no_secrets(control: Isc, fake: Running, make: Make) -> None:
    tenant = make(fake.url, name="secretive")
    secrets = {secret for _, secret in tenant.credentials.values()}

    shown = [tenant._http.get(path).text for path in ("/tenants", "/tenants/secretive")]

    assert len(secrets) == len(LEVELS) + 1
    assert not any(secret in text for secret in secrets for text in shown)


def test_a_tenant_tells_what_it_was_started_from_and_when_it_ends(control: Isc, fake: Running, make: Make) -> None:
    tenant = make(fake.url, name="short", scenario="leaver", ttlSeconds=60)
    tenant.clock.freeze("2030-01-01T00:00:00Z")

    shown = control.control("GET", "/tenants/short")

    assert (shown["name"], shown["scenario"], shown["now"]) == ("short", "leaver", "2030-01-01T00:00:00.000Z")
    assert shown["expires"] is not None


def test_without_a_scenario_a_tenant_starts_as_the_mock_did(serve: Serve, make: Make) -> None:
    server = serve(scenario="empty")

    tenant = make(server.url)

    assert tenant.control("GET", f"/tenants/{tenant.tenant}")["scenario"] == "empty"
    assert tenant.state()["work-items"] == []


def test_a_tenant_starts_from_its_scenario(fake: Running, make: Make) -> None:
    tenant = make(fake.url, scenario="empty")

    assert tenant.state()["work-items"] == []


def test_a_body_is_not_needed(control: Isc) -> None:
    assert control._http.post("/tenants").status_code == 201


def test_deleting_a_tenant_stops_its_tokens(control: Isc, fake: Running, make: Make) -> None:
    tenant = make(fake.url, name="gone")
    with tenant.client() as client:
        before = client.get("/v2025/work-items/count").status_code

        control.control("DELETE", "/tenants/gone")

        assert (before, client.get("/v2025/work-items/count").status_code) == (200, 401)


def test_deleting_a_tenant_stops_its_credentials(control: Isc, fake: Running, make: Make) -> None:
    tenant = make(fake.url, name="gone")

    control.control("DELETE", "/tenants/gone")

    statuses = {log_in(fake.url, *credentials).status_code for credentials in tenant.credentials.values()}
    assert statuses == {401}
    assert refused(control, "GET", "/tenants/gone").status_code == 404


def test_a_new_tenant_of_an_old_name_does_not_take_the_old_tokens(control: Isc, fake: Running, make: Make) -> None:
    with make(fake.url, name="again").client() as client:
        client.get("/v2025/work-items/count").raise_for_status()
        control.control("DELETE", "/tenants/again")

        make(fake.url, name="again")

        assert client.get("/v2025/work-items/count").status_code == 401


def test_the_first_tenant_cannot_be_deleted(control: Isc, fake: Running) -> None:
    text = mistake(control, "DELETE", f"/tenants/{fake.tenant.name}")

    assert "started with" in text
    assert [tenant["name"] for tenant in control.control("GET", "/tenants")] == [fake.tenant.name]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_tenant_is_not_found(control: Isc, method: str) -> None:
    assert refused(control, method, "/tenants/nobody").status_code == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_name_that_no_tenant_can_have_is_answered_as_described(control: Isc, method: str) -> None:
    assert refused(control, method, "/tenants/two%20words").status_code in (400, 404)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "unknown scenario": ({"scenario": "nonsense"}, "scenario"),
    "scenario outside": ({"scenario": "../default"}, "scenario"),
    "empty scenario": ({"scenario": ""}, "scenario"),
    "scenario of another type": ({"scenario": 1}, "scenario"),
    "name with a space": ({"name": "my test"}, "name"),
    "upper case": ({"name": "Test"}, "name"),
    "long name": ({"name": "x" * 101}, "name"),
    "no life": ({"ttlSeconds": 0}, "ttlSeconds"),
    "long life": ({"ttlSeconds": 10**9}, "ttlSeconds"),
    "half a second": ({"ttlSeconds": 0.5}, "ttlSeconds"),
    "unknown field": ({"colour": "red"}, "colour"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_names_the_field(control: Isc, case: str) -> None:
    body, field = WRONG[case]

    assert f'"{field}"' in mistake(control, "POST", "/tenants", body)
    assert len(control.control("GET", "/tenants")) == 1


def test_a_name_can_be_taken_once(control: Isc, fake: Running, make: Make) -> None:
    make(fake.url, name="mine")

    assert '"name"' in mistake(control, "POST", "/tenants", {"name": "mine"})
    assert '"name"' in mistake(control, "POST", "/tenants", {"name": fake.tenant.name})


def test_an_unknown_tenant_in_the_query_is_a_mistake(fake: Running) -> None:
    with httpx.Client(base_url=f"{fake.url}/_mock", params={"tenant": "nobody"}) as http:
        answers = [
            http.post("/reset"),
            http.put("/scenario", json={"name": "leaver"}),
            http.get("/snapshots"),
            http.get("/state"),
            http.put("/state", json={}),
            http.post("/work-items", json={"type": "Generic", "description": "x"}),
            http.post("/tasks", json={"definition": "Identity Refresh"}),
            http.get("/clock"),
            http.post("/clock/advance", json={"seconds": 1}),
            http.get("/faults"),
            http.put("/faults", json=[]),
            http.get("/journal"),
            http.get("/journal/summary"),
        ]

    assert {answer.status_code for answer in answers} == {400}
    assert all('\\"tenant\\"' in answer.text for answer in answers)


def test_an_expired_tenant_disappears(control: Isc, fake: Running, make: Make) -> None:
    tenant = make(fake.url, name="old", ttlSeconds=60)
    with tenant.client() as client:
        client.get("/v2025/work-items/count").raise_for_status()

        _expire(fake, "old")

        assert client.get("/v2025/work-items/count").status_code == 401
        assert log_in(fake.url, *tenant.credentials["ORG_ADMIN"]).status_code == 401
        assert refused(control, "GET", "/tenants/old").status_code == 404
        assert '"tenant"' in mistake(tenant, "GET", "/clock")


def test_an_expired_tenant_is_not_listed(control: Isc, fake: Running, make: Make) -> None:
    make(fake.url, name="old", ttlSeconds=60)

    _expire(fake, "old")

    assert [tenant["name"] for tenant in control.control("GET", "/tenants")] == [fake.tenant.name]


def test_an_expired_tenant_is_not_counted(control: Isc, fake: Running, make: Make) -> None:
    make(fake.url, name="old", ttlSeconds=60)

    _expire(fake, "old")

    assert control.control("GET", "/health")["tenants"] == 1


def test_the_name_of_an_expired_tenant_is_free(control: Isc, fake: Running, make: Make) -> None:
    make(fake.url, name="old", ttlSeconds=60)

    _expire(fake, "old")

    assert make(fake.url, name="old").tenant == "old"


def test_moving_its_clock_makes_no_tenant_disappear(control: Isc, fake: Running, make: Make) -> None:
    tenant = make(fake.url, name="ahead", ttlSeconds=60)

    tenant.clock.advance(duration="P30D")

    assert control.control("GET", "/tenants/ahead")["name"] == "ahead"


def test_making_a_tenant_copies_no_documents(control: Isc, fake: Running, make: Make) -> None:
    first, second = _tenant(fake, make(fake.url, name="one")), _tenant(fake, make(fake.url, name="two"))

    assert first.state.work_items._start is second.state.work_items._start is fake.tenant.state.work_items._start
    assert first.state.tasks._start is fake.tenant.state.tasks._start
    assert first.state.identities is fake.tenant.state.identities
    assert not first.state.work_items._changes
    assert not first.state.tasks._changes


def test_making_a_tenant_loads_a_scenario_once(serve: Serve, make: Make) -> None:
    server = serve()
    tenants = [_tenant(server, make(server.url, scenario="leaver")) for _ in range(2)]

    assert tenants[0].state.work_items._start is tenants[1].state.work_items._start


def test_unknown_credentials_get_a_tenant_of_their_own(auto: Running) -> None:
    answer = log_in(auto.url, "job-1", UNKNOWN["secret"])

    assert answer.status_code == 200
    assert answer.json()["org"] != auto.tenant.name
    assert answer.json()["org"] != log_in(auto.url, "job-2", UNKNOWN["secret"]).json()["org"]


def test_unknown_credentials_are_an_administrators(auto: Running) -> None:
    assert _claims(auto.url, "job-3", UNKNOWN["secret"])["authorities"] == ["ORG_ADMIN"]


def test_the_same_credentials_get_the_same_tenant_again(auto: Running) -> None:
    orgs = {log_in(auto.url, "job-4", UNKNOWN["secret"]).json()["org"] for _ in range(3)}

    assert len(orgs) == 1


@pytest.mark.parametrize("place", ["params", "data", "files"])
def test_credentials_of_any_characters_are_the_same_wherever_they_stand(auto: Running, place: str) -> None:
    fields = {"grant_type": "client_credentials", "client_id": "job ä&7", "client_secret": 'a b+c%20"d"'}
    first = httpx.post(f"{auto.url}/oauth/token", params=fields, verify=False).json()  # noqa: S501 - plain http
    given: Any = {name: (None, value) for name, value in fields.items()} if place == "files" else fields

    again = httpx.post(f"{auto.url}/oauth/token", **{place: given}, verify=False).json()  # noqa: S501 - as above

    assert again["org"] == first["org"]


def test_another_secret_for_a_known_id_is_refused(auto: Running) -> None:
    log_in(auto.url, "job-5", UNKNOWN["secret"]).raise_for_status()

    answer = log_in(auto.url, "job-5", "another")

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def test_another_secret_for_a_shipped_id_is_refused(auto: Running) -> None:
    known = next(iter(auto.tenant.state.clients))

    assert log_in(auto.url, known, "another").status_code == 401


@pytest.mark.parametrize(("client_id", "secret"), [("", "x"), ("x", ""), ("", "")])
def test_empty_credentials_get_no_tenant(auto: Running, client_id: str, secret: str) -> None:
    before = len(auto.app.tenants)

    assert log_in(auto.url, client_id, secret).status_code in (400, 401)
    assert len(auto.app.tenants) == before


def test_a_tenant_for_unknown_credentials_expires(auto: Running) -> None:
    org = log_in(auto.url, "job-6", UNKNOWN["secret"]).json()["org"]

    _expire(auto, org)

    assert log_in(auto.url, "job-6", UNKNOWN["secret"]).json()["org"] != org


def test_by_default_unknown_credentials_are_refused(fake: Running) -> None:
    assert log_in(fake.url, UNKNOWN["client_id"], UNKNOWN["secret"]).status_code == 401


def test_a_tenant_can_be_made_by_the_handle(fake: Running) -> None:
    isc = new_tenant(fake.url, scenario="leaver", level="HELPDESK")
    isc.close()

    assert isc.env == dict(
        zip(("SAIL_BASE_URL", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET"), (fake.url, *isc.credentials["HELPDESK"]), strict=True)
    )


def _claims(url: str, client_id: str, secret: str) -> dict[str, Any]:
    token = log_in(url, client_id, secret).json()["access_token"]
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def _tenant(server: Running, isc: Isc) -> Any:
    assert isc.tenant is not None
    return server.app.tenants.find(isc.tenant)


def _expire(server: Running, name: str) -> None:
    tenant = server.app.tenants.find(name)
    assert tenant is not None
    tenant.expires = 1
