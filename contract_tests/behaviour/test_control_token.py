"""With a control token, nobody steers the mock without it; whether it is there, anybody may ask."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from contract_tests.support import control_oracle
from contract_tests.support.control import in_hand, log_in
from contract_tests.support.server import Running, running
from mock_server import contract
from mock_server.handle import new_tenant
from mock_server.settings import Settings

TOKEN = "open-sesame"

OPERATIONS = {operation.id: operation for operation in contract.operations(contract.load("control.yaml"), "control")}

GUARDED = [name for name in OPERATIONS if name != "getHealth"]


@pytest.fixture(scope="module")
def guarded() -> Iterator[Running]:
    with running(Settings(control_token=TOKEN)) as server:
        yield server


@pytest.fixture
def control(guarded: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{guarded.url}/_mock", verify=False, event_hooks={"response": [control_oracle.judge]}) as client:  # noqa: S501
        yield client


@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}], ids=["none", "wrong", "basic"]
)
def test_everything_but_health_needs_it(control: httpx.Client, name: str, headers: dict[str, str]) -> None:
    answer = control.request(*_request(name), headers=headers)

    assert answer.status_code == 401
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize("name", GUARDED)
def test_with_it_every_operation_can_be_called(control: httpx.Client, name: str) -> None:
    answer = control.request(*_request(name), headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code in (200, 201, 204, 400, 404)


def test_health_needs_none(control: httpx.Client) -> None:
    assert control.get("/health").status_code == 200


def test_a_refusal_does_not_tell_the_token(control: httpx.Client) -> None:
    assert TOKEN not in control.get("/state", headers={"Authorization": "Bearer wrong"}).text


def test_a_token_that_is_not_ascii_is_refused(control: httpx.Client) -> None:
    answer = control.get("/state", headers={b"Authorization": "Bearer schlüssel".encode()})

    assert answer.status_code == 401


def test_a_refused_request_changes_nothing(control: httpx.Client, guarded: Running) -> None:
    before = len(guarded.app.tenants)

    control.post("/tenants")

    assert len(guarded.app.tenants) == before


def test_a_users_token_is_no_control_token(control: httpx.Client, guarded: Running) -> None:
    client = next(iter(guarded.tenant.state.clients.values()))
    token = log_in(guarded.url, client.id, client.secret).json()["access_token"]

    assert control.get("/state", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_the_control_token_is_no_users_token(guarded: Running) -> None:
    answer = httpx.get(f"{guarded.url}/v2025/work-items", headers={"Authorization": f"Bearer {TOKEN}"}, verify=False)  # noqa: S501

    assert answer.status_code == 401


def test_the_control_token_is_never_in_the_journal(guarded: Running) -> None:
    for path in ("/v2025/work-items", f"/v2025/work-items/{TOKEN}"):
        httpx.get(f"{guarded.url}{path}", headers={"Authorization": f"Bearer {TOKEN}"}, verify=False)  # noqa: S501 - plain http
    isc = in_hand(guarded.url, token=TOKEN)

    shown = isc._http.get("/journal").text

    isc.close()
    assert '"path":"/v2025/work-items"' in shown
    assert TOKEN not in shown


def test_the_api_itself_needs_no_control_token(guarded: Running) -> None:
    isc = new_tenant(guarded.url, token=TOKEN)

    with isc.client() as client:
        status = client.get("/v2025/work-items/count").status_code

    isc.delete()
    assert status == 200


def _request(name: str) -> tuple[str, str]:
    operation = OPERATIONS[name]
    return operation.method, operation.path.replace("{name}", "nothing")
