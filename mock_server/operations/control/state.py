"""A tenant's state as a whole: reset, scenario, snapshots, export and replacement."""

from __future__ import annotations

from typing import Any

from mock_server.conventions.errors import IllegalContent, IllegalValue, NotFound, SetupError
from mock_server.conventions.replies import Reply, json_reply
from mock_server.operations.calls import OpenCall
from mock_server.state import fixtures


def reset_tenant(call: OpenCall) -> Reply:
    call.tenant.reset()
    return Reply(status=204)


def load_scenario(call: OpenCall, body: dict[str, Any]) -> Reply:
    try:
        _, start = call.tenants.starts.get(body["name"])
    except SetupError as error:
        raise IllegalValue("name", f"{error}.") from None
    missing = [
        client.identity for client in call.tenant.state.clients.values() if client.identity and not start.identities.get(client.identity)
    ]
    if missing:
        raise IllegalValue("name", f"The scenario has no identity {', '.join(missing)}, to whom credentials of this tenant belong.")
    call.tenant.start_from(body["name"], start)
    return Reply(status=204)


def list_snapshots(call: OpenCall) -> Reply:
    return json_reply(list(call.tenant.snapshots))


def take_snapshot(call: OpenCall, name: str) -> Reply:
    call.tenant.take_snapshot(name)
    return Reply(status=204)


def restore_snapshot(call: OpenCall, name: str) -> Reply:
    if name not in call.tenant.snapshots:
        raise NotFound(f"There is no snapshot of the name {name}.")
    call.tenant.restore_snapshot(name)
    return Reply(status=204)


def delete_snapshot(call: OpenCall, name: str) -> Reply:
    if call.tenant.snapshots.pop(name, None) is None:
        raise NotFound(f"There is no snapshot of the name {name}.")
    return Reply(status=204)


def get_state(call: OpenCall) -> Reply:
    """Tasks that are under way are exported where they are now, and stay there once they are put in again."""
    state = call.tenant.state
    state.progress.follow(state.tasks, call.tenant.clock.now())
    return json_reply(fixtures.export(state))


def replace_state(call: OpenCall, body: dict[str, Any]) -> Reply:
    """Whole or not at all."""
    tenant = call.tenant
    try:
        tenant.state = fixtures.replaced(tenant.state, body, tenant.settings.assumptions, tenant.clock.now())
    except SetupError as error:
        raise IllegalContent(f"Every mistake is told in causes: {len(error.mistakes)}.", causes=error.mistakes) from None
    return Reply(status=204)
