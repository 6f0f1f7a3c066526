"""A tenant: what it remembers, its clock, and what it takes for true where nobody has published anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mock_server.state.clock import Clock
from mock_server.state.collection import Collection
from mock_server.state.kinds import TaskFields, WorkItemFields
from mock_server.state.people import Client, Identities, Source
from mock_server.state.rates import Rates


@dataclass(frozen=True)
class State:
    """Everything that fixtures say. `copy` costs the changes, not the documents."""

    identities: Identities
    clients: Mapping[str, Client]
    sources: Mapping[str, Source]
    task_definitions: Mapping[str, Mapping[str, object]]
    work_items: Collection[WorkItemFields]
    tasks: Collection[TaskFields]

    def copy(self) -> State:
        return replace(self, work_items=self.work_items.copy(), tasks=self.tasks.copy())


@dataclass(frozen=True)
class TenantSettings:
    """`assumptions`: id → value, complete."""

    name: str
    id: str
    pod: str
    assumptions: Mapping[str, str]


class Tenant:
    def __init__(self, settings: TenantSettings, start: State, clock: Clock) -> None:
        self.name = settings.name
        self.id = settings.id
        self.pod = settings.pod
        self.clock = clock
        self.rates = Rates()
        self._assumptions = settings.assumptions
        self._start = start
        self.state = start.copy()

    def assumes(self, assumption: str) -> str:
        """The value that is taken for true; KeyError for an id that spec/assumptions.yaml does not list."""
        return self._assumptions[assumption]

    def reset(self) -> None:
        """Back to the start state. The clock and the credentials stay."""
        self.state = self._start.copy()
        self.rates = Rates()


class Tenants:
    """All tenants of a server. Credentials tell them apart at login, the token's claim `org` afterwards."""

    def __init__(self, *tenants: Tenant) -> None:
        self._by_name = {tenant.name: tenant for tenant in tenants}

    def find(self, name: str) -> Tenant | None:
        return self._by_name.get(name)

    def login(self, client_id: str) -> tuple[Tenant, Client] | None:
        """The tenant and the client that an id belongs to."""
        for tenant in self._by_name.values():
            client = tenant.state.clients.get(client_id)
            if client is not None:
                return tenant, client
        return None

    @property
    def default(self) -> Tenant:
        """The one that the server started with."""
        return next(iter(self._by_name.values()))

    def __len__(self) -> int:
        return len(self._by_name)
