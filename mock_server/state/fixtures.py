"""Makes a tenant's state of fixtures, from files or from a document, and fixtures of its state; everything checked against the spec."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from mock_server import contract
from mock_server.conventions import schemas
from mock_server.conventions.schemas import Schema
from mock_server.state import shorthands
from mock_server.state.collection import Collection, Json
from mock_server.state.folders import KEYS, LARGE, Item, Mistakes, read
from mock_server.state.kinds import PENDING, TaskKind, WorkItemKind
from mock_server.state.people import Client, Identities, Identity, Source
from mock_server.state.progress import Progress
from mock_server.state.shorthands import Complain, Names, Suspended
from mock_server.state.tenant import State, TenantSettings

place = schemas.place

Items = Mapping[str, Iterable[Item]]

Written = Callable[[Json, Names, int, Complain], Json]
"""Writes an entry out: see shorthands."""


def load(folder: Path | None, scenario: str | None, assume: Mapping[str, str], now: int) -> tuple[TenantSettings, State]:
    """A start state. `assume` (id → value) wins over the fixtures' own assumptions; `now` is in milliseconds.

    Raises:
        SetupError: with every mistake in the fixtures, a line each: file, item, reason.
    """
    mistakes = Mistakes()
    content = read(folder, scenario, mistakes)
    if mistakes.unreadable:
        mistakes.stop_if_any()
    settings = _settings(content.settings, assume, mistakes)
    return settings, _state(content.items, settings.assumptions, now, mistakes)


def replaced(state: State, document: Mapping[str, list[Any]], assumptions: Mapping[str, str], now: int) -> State:
    """Another state for the same clients: fixtures by file name, as `export` gives them. Raises SetupError as `load` does."""
    people = {name: entries for name, entries in export(state).items() if name not in ("work-items", "task-status")}
    content = {name: [] for name in KEYS} | people | dict(document)
    mistakes = Mistakes()
    items: dict[str, list[Item]] = {name: [] for name in content}
    for name, values in content.items():
        for number, value in enumerate(values):
            if isinstance(value, dict):
                items[name].append(Item(f"{name}[{number}]", value))
            else:
                mistakes.add(f"{name}[{number}]", "an object is expected")
    known = {str(item.value.get("name")) for item in items["identities"]}
    for client in state.clients.values():
        if client.identity and client.identity not in known:
            mistakes.add("identities", f"{client.identity} is missing, to whom credentials of this tenant belong")
    return replace(_state(items, assumptions, now, mistakes), clients=state.clients)


def export(state: State) -> dict[str, list[Json]]:
    """Fixtures by file name, without the clients."""
    return {
        "identities": [asdict(identity) | {"levels": list(identity.levels)} for identity in state.identities],
        "sources": [asdict(source) for source in state.sources.values()],
        "task-definitions": [_without_unique_name(definition) for definition in state.task_definitions.values()],
        "work-items": [record.document() for record in state.work_items],
        "task-status": [record.document() for record in state.tasks],
    }


def one_work_item(entry: Json, state: State, assumptions: Mapping[str, str], now: int) -> Json:
    """A document that fits the state. Raises SetupError."""
    mistakes = Mistakes()
    documents = list(_documents([Item("", entry)], shorthands.work_item, _names(state), now, state.work_items.kind.schema, mistakes))
    mistakes.stop_if_any()
    return _undecided(documents[0], assumptions)


def one_task(entry: Json, state: State, now: int) -> Json:
    """A document that fits the state. Raises SetupError."""
    mistakes = Mistakes()
    documents = list(_documents([Item("", entry)], shorthands.task, _names(state), now, state.tasks.kind.schema, mistakes))
    mistakes.stop_if_any()
    return documents[0]


def _state(items: Items, assumptions: Mapping[str, str], now: int, mistakes: Mistakes) -> State:
    people = {name: _checked(items[name], schema(), mistakes) for name, schema in _SHAPES.items()}
    identities = Identities({one["name"]: Identity(**{**one, "levels": tuple(one.get("levels", ()))}) for one in people["identities"]})
    sources = {one["name"]: Source(**one) for one in people["sources"]}
    definitions = {one["name"]: _definition(one) for one in people["task-definitions"]}
    clients = {one["clientId"]: _client(one) for one in people["clients"]}
    right = {id(value) for values in people.values() for value in values}
    wrong = frozenset(str(item.value.get("name")) for name in _SHAPES for item in items[name] if id(item.value) not in right)
    names = Names(identities, sources, definitions, wrong)
    _check_references(items, mistakes)
    work_items, tasks = WorkItemKind(), TaskKind(assumptions["task-source"], assumptions["task-age"])
    item_documents = _documents(items["work-items"], shorthands.work_item, names, now, work_items.schema, mistakes)
    task_documents = _documents(items["task-status"], shorthands.task, names, now, tasks.schema, mistakes)
    shown = Collection(work_items, (_undecided(document, assumptions) for document in item_documents), checked=True)
    listed = Collection(tasks, task_documents, checked=True)
    mistakes.stop_if_any()
    return State(identities, clients, sources, definitions, shown, listed, Progress())


def _names(state: State) -> Names:
    return Names(state.identities, state.sources, state.task_definitions)


def _settings(given: Json, assume: Mapping[str, str], mistakes: Mistakes) -> TenantSettings:
    for keys, why in schemas.control_component("TenantSettings").mistakes(given):
        mistakes.add("tenant.yaml", f"{place(keys)}: {why}".removeprefix(": "))
    own = given.get("assumptions")
    chosen = {name: entry.default for name, entry in contract.assumptions().items()}
    for origin, values in (("tenant.yaml: assumptions", own if isinstance(own, dict) else {}), ("--assume", assume)):
        for name, value in values.items():
            known = contract.assumptions().get(name)
            if known is None:
                mistakes.add(f"{origin}: {name}", f"there is no such assumption; there are: {', '.join(chosen)}")
            elif value not in known.values:
                mistakes.add(f"{origin}: {name}", f"{value!r} is not one of its values: {', '.join(known.values)}")
            chosen[name] = value
    return TenantSettings(str(given.get("name")), str(given.get("id")), str(given.get("pod")), chosen)


def _checked(items: Iterable[Item], schema: Schema, mistakes: Mistakes) -> list[Json]:
    """Those without mistakes."""
    valid = []
    for item in items:
        wrong = list(schema.mistakes(item.value))
        for keys, why in wrong:
            mistakes.add(item.place, f"{place(keys)}: {why}".removeprefix(": "))
        if not wrong:
            valid.append(item.value)
    return valid


def _check_references(items: Items, mistakes: Mistakes) -> None:
    for file, key in KEYS.items():
        if file not in LARGE:
            _check_unique(items[file], key, mistakes)
    _check_unique(items["identities"], "name", mistakes)
    _check_unique(items["sources"], "name", mistakes)
    known = {str(item.value.get("name")) for item in items["identities"]}
    for file, key in (("identities", "manager"), ("sources", "owner"), ("clients", "identity")):
        for item in items[file]:
            name = item.value.get(key)
            if isinstance(name, str) and name not in known:
                mistakes.add(item.place, f"{key}: there is no identity with the name {name!r}")


def _check_unique(items: Iterable[Item], key: str, mistakes: Mistakes) -> None:
    first: dict[Any, str] = {}
    for item in items:
        value = item.value.get(key)
        if isinstance(value, str) and value in first:
            mistakes.add(item.place, f"{key}: {value} is taken by {first[value]}")
        elif isinstance(value, str):
            first[value] = item.place


def _documents(items: Iterable[Item], written_out: Written, names: Names, now: int, schema: Schema, mistakes: Mistakes) -> Iterator[Json]:
    """Those without mistakes, one after the other: a million of them need not be in memory at once."""
    ids: list[Any] = []
    for item in items:
        ids.append(item.value.get("id"))
        told = len(mistakes.lines)
        complain = partial(mistakes.add, item.place)
        try:
            document = written_out(item.value, names, now, complain)
        except Suspended:
            continue
        for why in _wrong(document, names, schema):
            complain(why)
        if len(mistakes.lines) == told:
            yield document
    texts = [id_ for id_ in ids if isinstance(id_, str)]
    if len(set(texts)) < len(texts):
        _check_unique(items, "id", mistakes)


def _wrong(document: Json, names: Names, schema: Schema) -> Iterator[str]:
    if not schema.holds(document):
        for keys, why in schema.mistakes(document):
            yield f"{place(keys)}: {why}".removeprefix(": ")
    yield from _contradictions(document, names)


def _contradictions(document: Json, names: Names) -> Iterable[str]:
    """What the spec cannot say."""
    identifier, owner = document.get("id"), document.get("ownerId")
    if not isinstance(identifier, str) or re.fullmatch("[0-9a-f]{32}", identifier) is None:
        yield "id: 32 lower-case hex digits are expected, in quotes where there is no letter among them"
    if not isinstance(document.get("created"), str):
        yield "created: a date is expected"
    if isinstance(owner, str) and names.identities.with_id(owner) is None:
        yield f"ownerId: there is no identity with the id {owner!r}"
    approvals = document.get("approvalItems")
    ids = [item.get("id") for item in approvals if isinstance(item, dict)] if isinstance(approvals, list) else []
    if None in ids or len(set(map(str, ids))) < len(ids):
        yield "approvalItems: each needs an id of its own"
    if isinstance(document.get("state"), str):
        if document["state"] == PENDING and document["completed"] is not None:
            yield "completed: an item that is Pending has no such date"
        if document["state"] != PENDING and document["completed"] is None:
            yield f"completed: an item that is {document['state']} needs this date"


def _undecided(document: Json, assumptions: Mapping[str, str]) -> Json:
    """Undecided approval items carry null; the other value of approval-item-state has them say Pending."""
    if assumptions["approval-item-state"] == "pending-until-decided" and document["state"] == PENDING:
        items = document["approvalItems"] or []
        decided = [{**item, "state": item.get("state") or PENDING} for item in items]
        return {**document, "approvalItems": decided if items else document["approvalItems"]}
    return document


def _definition(entry: Json) -> Json:
    return {"uniqueName": entry["name"]} | {key: value for key, value in entry.items() if key != "name"}


def _without_unique_name(definition: Mapping[str, Any]) -> Json:
    return {"name": definition["uniqueName"]} | {key: value for key, value in definition.items() if key != "uniqueName"}


def _client(entry: Json) -> Client:
    optional = {"scopes": tuple(entry["scopes"])} if "scopes" in entry else {}
    return Client(entry["name"], entry["clientId"], entry["clientSecret"], entry.get("identity"), **optional)


_SHAPES: dict[str, Callable[[], Schema]] = {
    "identities": lambda: schemas.control_component("Identity"),
    "sources": lambda: schemas.control_component("Source"),
    "task-definitions": lambda: schemas.control_component("TaskDefinition"),
    "clients": lambda: schemas.control_component("Client"),
}
