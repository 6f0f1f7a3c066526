"""A tenant: what it remembers, its clock, and what it takes for true where nobody has published anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mock_server.state.clock import Clock, machine_time
from mock_server.state.collection import Collection
from mock_server.state.faults import Faults
from mock_server.state.journal import Journal
from mock_server.state.kinds import TaskFields, WorkItemFields
from mock_server.state.people import Client, Identities, Source
from mock_server.state.progress import Progress
from mock_server.state.rates import Rates


@dataclass(frozen=True)
class State:
    """Everything that fixtures say, and what is under way. `copy` costs the changes, not the documents."""

    identities: Identities
    clients: Mapping[str, Client]
    sources: Mapping[str, Source]
    task_definitions: Mapping[str, Mapping[str, object]]
    work_items: Collection[WorkItemFields]
    tasks: Collection[TaskFields]
    progress: Progress = field(default_factory=Progress)

    def copy(self) -> State:
        return replace(self, work_items=self.work_items.copy(), tasks=self.tasks.copy(), progress=self.progress.copy())


@dataclass(frozen=True)
class TenantSettings:
    """`assumptions`: id → value, complete."""

    name: str
    id: str
    pod: str
    assumptions: Mapping[str, str]


class Tenant:
    """`expires` is a moment in milliseconds by the machine's clock: moving its own makes no tenant disappear."""

    def __init__(self, settings: TenantSettings, start: State, clock: Clock, *, scenario: str = "default") -> None:
        self.settings = settings
        self.name = settings.name
        self.id = settings.id
        self.pod = settings.pod
        self.clock = clock
        self.scenario = scenario
        self.expires: int | None = None
        self.journal = Journal()
        self.faults = Faults()
        self.rates = Rates()
        self.snapshots: dict[str, State] = {}
        self._start = start
        self.state = start.copy()

    def assumes(self, assumption: str) -> str:
        """The value that is taken for true; KeyError for an id that spec/assumptions.yaml does not list."""
        return self.settings.assumptions[assumption]

    @property
    def has_expired(self) -> bool:
        return self.expires is not None and self.expires <= machine_time()

    def reset(self) -> None:
        """Back to the start state. The clock, credentials, snapshots and the journal stay."""
        self.state = self._start.copy()
        self.faults = Faults()
        self.rates = Rates()

    def start_from(self, scenario: str, start: State) -> None:
        """Reset to another start, now and later; the credentials stay."""
        self.scenario = scenario
        self._start = replace(start, clients=self.state.clients)
        self.reset()

    def take_snapshot(self, name: str) -> None:
        self.snapshots.pop(name, None)
        self.snapshots[name] = self.state.copy()

    def restore_snapshot(self, name: str) -> None:
        """KeyError for a name that was not taken."""
        self.state = self.snapshots[name].copy()
