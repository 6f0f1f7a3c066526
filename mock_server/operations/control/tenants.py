"""Isolated tenants: made, listed, deleted."""

from __future__ import annotations

from typing import Any

from mock_server.conventions import dates
from mock_server.conventions.errors import IllegalContent, IllegalValue, NotFound, SetupError
from mock_server.conventions.replies import Reply, json_reply
from mock_server.operations.calls import OpenCall
from mock_server.state.tenant import Tenant


def list_tenants(call: OpenCall) -> Reply:
    return json_reply([_shown(tenant) for tenant in call.tenants])


def make_tenant(call: OpenCall, body: dict[str, Any] | None = None) -> Reply:
    """The only answer with secrets in it."""
    wanted = body or {}
    life = wanted["ttlSeconds"] * 1000 if "ttlSeconds" in wanted else None
    try:
        tenant, clients = call.tenants.make(wanted.get("name"), wanted.get("scenario"), life)
    except SetupError as error:
        raise IllegalValue("scenario", f"{error}.") from None
    credentials = [{"level": level, "clientId": client.id, "clientSecret": client.secret} for level, client in clients]
    return json_reply({"name": tenant.name, "credentials": credentials}, 201)


def get_tenant(call: OpenCall, name: str) -> Reply:
    return json_reply(_shown(_found(call, name)))


def delete_tenant(call: OpenCall, name: str) -> Reply:
    tenant = _found(call, name)
    if tenant is call.tenants.default:
        raise IllegalContent("The tenant that the mock started with cannot be deleted.")
    call.tenants.delete(tenant)
    return Reply(status=204)


def _found(call: OpenCall, name: str) -> Tenant:
    tenant = call.tenants.find(name)
    if tenant is None:
        raise NotFound(f"There is no tenant of the name {name}.")
    return tenant


def _shown(tenant: Tenant) -> dict[str, str | None]:
    return {
        "name": tenant.name,
        "scenario": tenant.scenario,
        "now": dates.write(tenant.clock.now()),
        "expires": None if tenant.expires is None else dates.write(tenant.expires),
    }
