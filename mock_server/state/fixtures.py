"""Makes a tenant's start state of fixtures: shorthands written out, dates made absolute, everything checked against the spec."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mock_server import contract
from mock_server.conventions import dates, schemas
from mock_server.conventions.schemas import Schema
from mock_server.state.collection import Collection, Json
from mock_server.state.folders import KEYS, Item, Mistakes, read
from mock_server.state.kinds import PENDING, TaskKind, WorkItemKind
from mock_server.state.people import Client, Identities, Identity, Source
from mock_server.state.tenant import State, TenantSettings

DATES = ("created", "modified", "launched", "completed")

WORK_ITEM: Json = {
    "requesterId": None,
    "requesterDisplayName": None,
    "ownerId": None,
    "modified": None,
    "state": PENDING,
    "remediationItems": None,
    "approvalItems": None,
    "name": None,
    "completed": None,
    "numItems": None,
    "form": None,
}
"""What a work item carries that says nothing of it (observed: null, not absent)."""

TASK: Json = {
    "type": "QUARTZ",
    "parentName": None,
    "launcher": "System",
    "completed": None,
    "completionStatus": None,
    "messages": [],
    "returns": [],
    "attributes": {},
    "progress": None,
}


class Names(NamedTuple):
    """What shorthands refer to."""

    identities: Identities
    sources: Mapping[str, Source]
    definitions: Mapping[str, Mapping[str, Any]]


class Unknown(Exception):
    """A shorthand names something that is not there."""


def load(folder: Path | None, scenario: str | None, assume: Mapping[str, str], now: int) -> tuple[TenantSettings, State]:
    """`assume` (id → value) wins over the fixtures' own assumptions; `now` is in milliseconds.

    Raises:
        SetupError: with every mistake in the fixtures, a line each: file, item, reason.
    """
    mistakes = Mistakes()
    content = read(folder, scenario, mistakes)
    settings = _settings(content.settings, assume, mistakes)
    people = {name: _checked(content.items[name], schema, mistakes) for name, schema in _SHAPES.items()}
    mistakes.stop_if_any()
    identities = Identities({one["name"]: Identity(**{**one, "levels": tuple(one.get("levels", ()))}) for one in people["identities"]})
    sources = {one["name"]: Source(**one) for one in people["sources"]}
    definitions = {one["name"]: _definition(one) for one in people["task-definitions"]}
    clients = {one["clientId"]: _client(one) for one in people["clients"]}
    names = Names(identities, sources, definitions)
    _check_references(content.items, names, mistakes)
    kinds = (WorkItemKind(), TaskKind(settings.assumptions["task-source"], settings.assumptions["task-age"]))
    work_items = _documents(content.items["work-items"], lambda value: work_item(value, names, now), kinds[0].schema, mistakes)
    tasks = _documents(content.items["task-status"], lambda value: task(value, names, now), kinds[1].schema, mistakes)
    mistakes.stop_if_any()
    shown = (_undecided(document, settings.assumptions) for document in work_items)
    return settings, State(identities, clients, sources, definitions, Collection(kinds[0], shown), Collection(kinds[1], tasks))


def work_item(entry: Json, names: Names, now: int) -> Json:
    """A fixture's item as the spec's WorkItems. Raises Unknown, or ValueError for a date."""
    given = dict(entry)
    if given.get("owner") is not None:
        owner = _found(names.identities.get(given["owner"]), "owner", given["owner"])
        given |= {"ownerId": owner.id, "ownerName": owner.name}
    if given.get("requester") is not None:
        requester = _found(names.identities.get(given["requester"]), "requester", given["requester"])
        given |= {"requesterId": requester.id, "requesterDisplayName": requester.displayName}
    given = {key: value for key, value in given.items() if key not in ("owner", "requester")}
    return _with_dates(_in_order(WORK_ITEM | given, "WorkItems"), now)


def task(entry: Json, names: Names, now: int) -> Json:
    """A fixture's task as the spec's TaskStatus. Raises Unknown, or ValueError for a date."""
    given = dict(entry)
    if given.get("definition") is not None:
        definition = _found(names.definitions.get(given["definition"]), "definition", given["definition"])
        given = {
            "description": definition["description"],
            "parentName": definition["parentName"],
            "taskDefinitionSummary": definition,
        } | given
    if given.get("source") is not None:
        source = _found(names.sources.get(given["source"]), "source", given["source"])
        given = {"target": source.target} | given | {"attributes": {"appId": source.id} | (given.get("attributes") or {})}
    given = {key: value for key, value in given.items() if key not in ("definition", "source")}
    document = TASK | given
    document.setdefault("launched", document.get("created"))
    document.setdefault("modified", document["completed"] or document.get("created"))
    document.setdefault("percentComplete", 100 if document["completed"] else 0)
    return _with_dates(_in_order(document, "TaskStatus"), now)


def _settings(given: Json, assume: Mapping[str, str], mistakes: Mistakes) -> TenantSettings:
    for keys, why in schemas.control_component("TenantSettings").mistakes(given):
        mistakes.add(f"tenant.yaml: {schemas.place(keys)}", why)
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


def _checked(items: list[Item], schema: Callable[[], Schema], mistakes: Mistakes) -> list[Json]:
    for item in items:
        for keys, why in schema().mistakes(item.value):
            mistakes.add(item.place, f"{schemas.place(keys)}: {why}".removeprefix(": "))
    return [item.value for item in items]


def _check_references(items: Mapping[str, list[Item]], names: Names, mistakes: Mistakes) -> None:
    for file, key in KEYS.items():
        _check_unique(items[file], key, mistakes)
    _check_unique(items["identities"], "name", mistakes)
    _check_unique(items["sources"], "name", mistakes)
    for file, key in (("identities", "manager"), ("sources", "owner"), ("clients", "identity")):
        for item in items[file]:
            name = item.value.get(key)
            if name is not None and names.identities.get(name) is None:
                mistakes.add(item.place, f"{key}: there is no identity with the name {name!r}")


def _check_unique(items: Iterable[Item], key: str, mistakes: Mistakes) -> None:
    first: dict[Any, str] = {}
    for item in items:
        value = item.value.get(key)
        if isinstance(value, str) and value in first:
            mistakes.add(item.place, f"{key}: {value} is taken by {first[value]}")
        elif isinstance(value, str):
            first[value] = item.place


def _documents(items: list[Item], written_out: Callable[[Json], Json], schema: Schema, mistakes: Mistakes) -> list[Json]:
    documents = []
    for item in items:
        try:
            document = written_out(item.value)
        except (Unknown, ValueError) as error:
            mistakes.add(item.place, str(error))
            continue
        for keys, why in schema.mistakes(document):
            mistakes.add(item.place, f"{schemas.place(keys)}: {why}".removeprefix(": "))
        for why in _contradictions(document):
            mistakes.add(item.place, why)
        documents.append(document)
    return documents


def _contradictions(document: Json) -> Iterable[str]:
    """What the spec cannot say."""
    identifier = document.get("id")
    if not isinstance(identifier, str) or re.fullmatch("[0-9a-f]{32}", identifier) is None:
        yield "id: 32 lower-case hex digits are expected, in quotes where there is no letter among them"
    if not isinstance(document.get("created"), str):
        yield "created: a date is expected"
    if "state" in document:
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


def _with_dates(document: Json, now: int) -> Json:
    for name in DATES:
        value = document.get(name)
        if isinstance(value, str):
            try:
                document[name] = dates.absolute(value, now)
            except ValueError:
                raise ValueError(f"{name}: {value!r} is neither an ISO 8601 date-time nor a distance like -3d4h") from None
    return document


def _in_order(document: Json, component: str) -> Json:
    """As the spec lists the keys, which is how people read an answer; unknown ones last."""
    order = contract.compose("v2024")["components"]["schemas"][component]["properties"]
    return {key: document[key] for key in order if key in document} | document


def _found(thing: Any, key: str, name: Any) -> Any:
    if thing is None:
        raise Unknown(f"{key}: there is none with the name {name!r}")
    return thing


def _definition(entry: Json) -> Json:
    return {"uniqueName": entry["name"]} | {key: value for key, value in entry.items() if key != "name"}


def _client(entry: Json) -> Client:
    optional = {"scopes": tuple(entry["scopes"])} if "scopes" in entry else {}
    return Client(entry["name"], entry["clientId"], entry["clientSecret"], entry.get("identity"), **optional)


_SHAPES: dict[str, Callable[[], Schema]] = {
    "identities": lambda: schemas.control_component("Identity"),
    "sources": lambda: schemas.control_component("Source"),
    "task-definitions": lambda: schemas.control_component("TaskDefinition"),
    "clients": lambda: schemas.control_component("Client"),
}
