"""All tenants of a server: made in no time, told apart by credentials at login and by the token's claim `org` afterwards."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from mock_server.conventions.errors import IllegalValue
from mock_server.state import ids
from mock_server.state.clock import Clock, machine_time
from mock_server.state.people import LEVELS, NO_LEVEL, Client, Identity
from mock_server.state.tenant import State, Tenant, TenantSettings

Start = tuple[TenantSettings, State]
Load = Callable[[str | None], Start]

DEFAULT = "default"
"""The scenario that is none."""

MAX_TENANTS = 10_000

AUTO_LIFE = 24 * 3600 * 1000
"""Milliseconds that a tenant lives whose credentials nobody knew before."""

STALE = 24 * 3600 * 1000
"""Milliseconds after which a start state is loaded anew, because its relative dates have aged."""


class Starts:
    """Start states by scenario, loaded once and shared. `load` takes None for no scenario, and raises SetupError."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._loaded: dict[str, tuple[int, Start]] = {}

    def get(self, scenario: str) -> Start:
        at, start = self._loaded.get(scenario, (0, None))
        if start is None or machine_time() - at > STALE:
            at, start = machine_time(), self._load(None if scenario == DEFAULT else scenario)
            self._loaded[scenario] = at, start
        return start


class Tenants:
    """`auto`: whoever comes with unknown credentials gets a tenant of his own.

    `secrets` are those that somebody chose, so that only knowing them keeps them out of sight.
    """

    def __init__(self, starts: Starts, *, scenario: str | None = None, auto: bool = False, secrets: Iterable[str] = ()) -> None:
        """Raises SetupError: the start state is wrong."""
        self.secrets = set(secrets)
        self.starts = starts
        self._auto = auto
        self._scenario = scenario or DEFAULT
        settings, state = starts.get(self._scenario)
        self.default = Tenant(settings, state, Clock(), scenario=self._scenario)
        self._by_name = {settings.name: self.default}
        self._by_client = dict.fromkeys(state.clients, self.default)

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[Tenant]:
        self._forget_expired()
        return iter(list(self._by_name.values()))

    def find(self, name: str) -> Tenant | None:
        tenant = self._by_name.get(name)
        if tenant is not None and tenant.has_expired:
            self.delete(tenant)
            return None
        return tenant

    def of_client(self, client_id: str) -> Tenant | None:
        return self._by_client.get(client_id)

    def make(self, name: str | None, scenario: str | None, life: int | None) -> tuple[Tenant, list[tuple[str, Client]]]:
        """A tenant, and its clients by level. `life` is in milliseconds.

        Raises:
            IllegalValue: the name is taken, or there are too many tenants.
            SetupError: there is no such scenario.
        """
        clients = self._clients(scenario)
        tenant = self._add(name, scenario, [client for _, client in clients])
        tenant.expires = None if life is None else machine_time() + life
        return tenant, clients

    def delete(self, tenant: Tenant) -> None:
        del self._by_name[tenant.name]
        for client_id in tenant.state.clients:
            self._by_client.pop(client_id, None)

    def login(self, client_id: str, secret: str) -> tuple[Tenant, Client] | None:
        """The tenant and the client whom credentials belong to; None if they are wrong."""
        tenant = self._by_client.get(client_id)
        if tenant is not None and self.find(tenant.name) is tenant:
            client = tenant.state.clients[client_id]
            return (tenant, client) if hmac.compare_digest(client.secret.encode(), secret.encode()) else None
        return self._newcomer(client_id, secret) if self._auto and client_id and secret else None

    def _newcomer(self, client_id: str, secret: str) -> tuple[Tenant, Client]:
        _, administrator = self._clients(None)[0]
        client = replace(administrator, id=client_id, secret=secret)
        self.secrets.add(secret)
        tenant = self._add(None, None, [client])
        tenant.expires = machine_time() + AUTO_LIFE
        return tenant, client

    def _add(self, name: str | None, scenario: str | None, clients: list[Client]) -> Tenant:
        self._forget_expired()
        name = name or f"tenant-{ids.tracking_id()[:12]}"
        if name in self._by_name:
            raise IllegalValue("name", f"There is a tenant of the name {name}.")
        if len(self) >= MAX_TENANTS:
            raise IllegalValue("name", f"There are {MAX_TENANTS} tenants; delete some, or give them a ttlSeconds.")
        scenario = scenario or self._scenario
        settings, state = self.starts.get(scenario)
        own = replace(state, clients={client.id: client for client in clients})
        tenant = Tenant(replace(settings, name=name, id=ids.tenant_id()), own, Clock(), scenario=scenario)
        self._by_name[name] = tenant
        self._by_client |= dict.fromkeys(own.clients, tenant)
        return tenant

    def _clients(self, scenario: str | None) -> list[tuple[str, Client]]:
        """New ones for somebody of each level, the administrator first, and for a plain user."""
        _, state = self.starts.get(scenario or self._scenario)
        people = ((level, _somebody(state, level)) for level in (*LEVELS, NO_LEVEL))
        return [
            (level, Client(level.lower().replace("_", "-"), ids.client_id(), ids.client_secret(), identity.name))
            for level, identity in people
            if identity is not None
        ]

    def _forget_expired(self) -> None:
        for tenant in [tenant for tenant in self._by_name.values() if tenant.has_expired]:
            self.delete(tenant)


def _somebody(state: State, level: str) -> Identity | None:
    """The active identity with this level alone who owns the most open work items: there is something to see for everybody."""
    wanted = () if level == NO_LEVEL else (level,)
    able = [identity for identity in state.identities if identity.active and identity.levels == wanted]
    return max(able, key=lambda identity: len(state.work_items.bucket((True, identity.id))), default=None)
