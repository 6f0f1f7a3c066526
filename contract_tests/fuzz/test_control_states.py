"""Two tenants of one fake under random control calls and API calls: each is what a model of it says, and neither sees the other."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from contract_tests.support.server import Running
from mock_server.handle import Isc

Json = Any
T = TypeVar("T")

SCENARIOS = ("default", "empty", "leaver", "stuck-tasks")
OWNERS = ("lena.marsh", "oscar.tindall", "victor.amsel")
NAMES = ("first", "second")
TOKEN_LIFE = 12 * 3600
RETENTION = timedelta(days=90)
EVERYTHING = 250

names = st.sampled_from(NAMES)
scenarios = st.sampled_from(SCENARIOS)
snapshots = st.sampled_from(("a", "b"))
choices = st.integers(0, 1000)
"""One of a list that is only known while the machine runs."""

MISTAKES: tuple[tuple[str, str, Json], ...] = (
    ("PUT", "/scenario", {"name": "nowhere"}),
    ("POST", "/snapshots/never-taken/restore", None),
    ("DELETE", "/snapshots/never-taken", None),
    ("POST", "/work-items", {"type": "Generic", "owner": "nobody"}),
    ("POST", "/tasks", {"definition": "Nothing"}),
    ("POST", "/clock/advance", {"seconds": -1}),
    ("PUT", "/state", {"work-items": [{"type": "Generic"}]}),
)


@dataclass
class Item:
    """`plain`: nothing in it is to be decided before it can be completed."""

    owner: str | None
    is_open: bool
    plain: bool


@dataclass
class Task:
    """Ends with `outcome` when the tenant has lived `due` seconds and an answer has shown the task `reads` times; never without one."""

    outcome: str | None
    due: float = 0
    reads: int = 0
    shown: int = 0

    def status(self, age: float) -> str | None:
        return self.outcome if age >= self.due and self.shown >= self.reads else None


@dataclass
class World:
    """What a tenant remembers, in the order in which it came."""

    items: dict[str, Item]
    tasks: dict[str, Task]

    @classmethod
    def of(cls, state: Json, now: str) -> World:
        """Of an export, without the tasks that are too old to be shown."""
        oldest = datetime.fromisoformat(now) - RETENTION
        tasks = [task for task in state["task-status"] if datetime.fromisoformat(task["created"]) >= oldest]
        items = {one["id"]: Item(one.get("ownerId"), one["state"] == "Pending", not one["approvalItems"]) for one in state["work-items"]}
        return cls(items, {one["id"]: Task(one["completionStatus"]) for one in tasks})

    def ids(self, *, is_open: bool, owner: str | None = None) -> set[str]:
        return {id_ for id_, item in self.items.items() if item.is_open == is_open and owner in (None, item.owner)}


@dataclass
class Known:
    """A tenant, a client of it, and all that we know about it. `age` and `login` are seconds of its life."""

    isc: Isc
    client: httpx.Client
    scenario: str
    world: World
    age: float = 0
    login: float = 0
    snapshots: dict[str, tuple[World, Json]] = field(default_factory=dict)

    def get(self, path: str, **query: Any) -> httpx.Response:
        response = self.client.get(f"/v2025{path}", params=query)
        assert response.status_code in (200, 204), response.text
        return response


class Tenants(RuleBasedStateMachine):
    url: str
    """Of the fake."""

    def __init__(self) -> None:
        super().__init__()
        self.starts: dict[str, Json] = {}
        self.known: dict[str, Known] = {}

    @initialize(first=scenarios, second=scenarios)
    def begin(self, first: str, second: str) -> None:
        for name, scenario in zip(NAMES, (first, second), strict=True):
            self.make(name, scenario)

    def make(self, name: str, scenario: str) -> None:
        made = httpx.post(f"{self.url}/_mock/tenants", json={"name": name, "scenario": scenario})
        assert made.status_code == 201, made.text
        credentials = {one["level"]: (one["clientId"], one["clientSecret"]) for one in made.json()["credentials"]}
        isc = Isc(self.url, name, credentials)
        isc.clock.freeze()
        self.known[name] = Known(isc, isc.client(), scenario, self.start_of(isc, scenario))

    def start_of(self, isc: Isc, scenario: str) -> World:
        """Tenants share start states, and nothing that any of them does may show there."""
        state = isc.state()
        assert state == self.starts.setdefault(scenario, state)
        return World.of(state, isc.clock.now())

    @rule(name=names, scenario=scenarios)
    def delete_and_make_again(self, name: str, scenario: str) -> None:
        known = self.known[name]
        known.isc.delete()
        assert known.client.get("/v2025/work-items").status_code == 401
        known.client.close()

        self.make(name, scenario)

    @rule(name=names, owner=st.sampled_from(OWNERS))
    def add(self, name: str, owner: str) -> None:
        known = self.known[name]
        item = known.isc.add(type="Generic", owner=owner, description="More work.")
        known.world.items[item["id"]] = Item(item["ownerId"], is_open=True, plain=True)

    @precondition(lambda self: any(_completable(known) for known in self.known.values()))
    @rule(name=names, choice=choices)
    def complete(self, name: str, choice: int) -> None:
        known = self.known[name]
        for id_ in _one_of(_completable(known), choice):
            assert known.client.post(f"/v2025/work-items/{id_}").json()["state"] == "Finished"
            known.world.items[id_].is_open = False

    @rule(name=names, choice=choices, owner=st.sampled_from(OWNERS))
    def forward(self, name: str, choice: int, owner: str) -> None:
        known = self.known[name]
        target = next(person["id"] for person in self.starts[known.scenario]["identities"] if person["name"] == owner)
        forwardable = [id_ for id_, item in known.world.items.items() if item.is_open and item.owner != target]
        for id_ in _one_of(forwardable, choice):
            body = {"targetOwnerId": target, "comment": "Please take this over."}
            assert known.client.post(f"/v2025/work-items/{id_}/forward", json=body).status_code == 200
            known.world.items[id_].owner = target

    @rule(name=names, outcome=st.sampled_from(("SUCCESS", "ERROR")), after=st.integers(0, 3), race=st.integers(0, 2))
    def launch_for_reads(self, name: str, outcome: str, after: int, race: int) -> None:
        known = self.known[name]
        progress = {"model": "reads", "after": after} if after else {"model": "immediate"}
        task = known.isc.launch("Identity Refresh", outcome=outcome, progress=progress, race=race)
        known.world.tasks[task["id"]] = Task(outcome, reads=after + race)

    @rule(name=names, after=st.integers(1, 20_000))
    def launch_for_a_time(self, name: str, after: int) -> None:
        known = self.known[name]
        task = known.isc.launch("Identity Refresh", progress={"model": "time", "after": after})
        known.world.tasks[task["id"]] = Task("SUCCESS", due=known.age + after)

    @rule(name=names, seconds=st.integers(0, 20_000))
    def advance_the_clock(self, name: str, seconds: int) -> None:
        known = self.known[name]
        known.isc.clock.advance(seconds)
        known.age += seconds
        if known.age - known.login > TOKEN_LIFE:
            assert known.client.get("/v2025/work-items").status_code == 401
            known.client.close()
            known.client, known.login = known.isc.client(), known.age

    @rule(name=names, choice=choices)
    def clear(self, name: str, choice: int) -> None:
        known = self.known[name]
        patch = [
            {"op": "replace", "path": "/completionStatus", "value": "Terminated"},
            {"op": "replace", "path": "/completed", "value": known.isc.clock.now()},
        ]
        for id_ in _one_of([id_ for id_, task in known.world.tasks.items() if task.status(known.age) is None], choice):
            headers = {"Content-Type": "application/json-patch+json"}
            assert known.client.patch(f"/v2025/task-status/{id_}", json=patch, headers=headers).status_code == 200
            known.world.tasks[id_] = Task("TERMINATED")

    @rule(name=names, snapshot=snapshots)
    def take_a_snapshot(self, name: str, snapshot: str) -> None:
        known = self.known[name]
        known.isc.control("PUT", f"/snapshots/{snapshot}")
        known.snapshots.pop(snapshot, None)
        known.snapshots[snapshot] = deepcopy(known.world), known.isc.state()

    @precondition(lambda self: any(known.snapshots for known in self.known.values()))
    @rule(name=names, choice=choices)
    def restore_a_snapshot(self, name: str, choice: int) -> None:
        """And again, after a change: that one must not have changed the snapshot."""
        known = self.known[name]
        for snapshot in _one_of(list(known.snapshots), choice):
            world, state = known.snapshots[snapshot]
            known.isc.restore(snapshot)
            assert known.isc.state() == state
            known.isc.add(type="Generic", owner=OWNERS[0], description="Soon forgotten.")
            known.isc.restore(snapshot)
            assert known.isc.state() == state
            known.world = deepcopy(world)

    @rule(name=names)
    def reset(self, name: str) -> None:
        known = self.known[name]
        known.isc.reset()
        known.world = self.start_of(known.isc, known.scenario)

    @rule(name=names, scenario=scenarios)
    def load_a_scenario(self, name: str, scenario: str) -> None:
        known = self.known[name]
        known.isc.scenario(scenario)
        known.scenario, known.world = scenario, self.start_of(known.isc, scenario)

    @rule(name=names)
    def export_and_put_it_back(self, name: str) -> None:
        """What was under way stays as it is from then on: an export is documents."""
        known = self.known[name]
        state = known.isc.state()
        known.isc.replace_state(state)
        assert known.isc.state() == state
        known.world.tasks = World.of(state, known.isc.clock.now()).tasks

    @rule(name=names, mistake=st.sampled_from(MISTAKES))
    def make_a_mistake(self, name: str, mistake: tuple[str, str, Json]) -> None:
        method, path, body = mistake
        with pytest.raises(httpx.HTTPStatusError) as caught:
            self.known[name].isc.control(method, path, body)
        assert caught.value.response.status_code in (400, 404)

    @invariant()
    def lists_counts_and_summary_are_the_models(self) -> None:
        for known in self.known.values():
            owner = next(person["id"] for person in self.starts[known.scenario]["identities"] if person["name"] == OWNERS[0])
            still_open, completed = known.world.ids(is_open=True), known.world.ids(is_open=False)
            own = known.world.ids(is_open=True, owner=owner)

            listed = known.get("/work-items", limit=EVERYTHING, count="true")

            assert _ids(listed) == still_open
            assert listed.headers["X-Total-Count"] == str(len(still_open))
            assert _ids(known.get("/work-items/completed", limit=EVERYTHING)) == completed
            assert _ids(known.get("/work-items", limit=EVERYTHING, ownerId=owner)) == own
            assert known.get("/work-items/count", ownerId=owner).json() == {"count": len(own)}
            summary = {"open": len(still_open), "completed": len(completed), "total": len(known.world.items)}
            assert known.get("/work-items/summary").json() == summary

    @invariant()
    def tasks_are_as_far_as_the_models(self) -> None:
        """The list shows each of them once."""
        for known in self.known.values():
            expected = {id_: task.status(known.age) for id_, task in known.world.tasks.items()}
            pending = known.client.head("/v2025/task-status/pending-tasks", params={"count": "true"}).headers["X-Total-Count"]

            listed = {task["id"]: task["completionStatus"] for task in known.get("/task-status", limit=EVERYTHING).json()}

            assert listed == expected
            assert pending == str(list(expected.values()).count(None))
            for task in known.world.tasks.values():
                task.shown += 1

    @invariant()
    def snapshots_are_listed_oldest_first(self) -> None:
        for known in self.known.values():
            assert known.isc.control("GET", "/snapshots") == list(known.snapshots)

    def teardown(self) -> None:
        for known in self.known.values():
            own = {client_id for client_id, _ in known.isc.credentials.values()}
            entries, summary = known.isc.journal(), known.isc.journal_summary()
            known.client.close()
            known.isc.delete()
            assert {entry["client"] for entry in entries} <= own | {None}
            assert not [status for counts in summary.values() for status in counts if status.startswith("5")]


def test_two_tenants_are_what_their_models_say(server: Running) -> None:
    class OnThisFake(Tenants):
        url = server.url

    run_state_machine_as_test(OnThisFake, settings=settings(max_examples=16, stateful_step_count=20))


def _completable(known: Known) -> list[str]:
    return [id_ for id_, item in known.world.items.items() if item.is_open and item.plain]


def _one_of(values: list[T], choice: int) -> list[T]:
    """At most one."""
    return [values[choice % len(values)]] if values else []


def _ids(response: httpx.Response) -> set[str]:
    found: list[str] = [item["id"] for item in response.json()]
    assert len(found) == len(set(found))
    return set(found)
