"""Writes out what people leave out or abbreviate in fixtures: owners, sources and definitions by name, relative dates, empty fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mock_server import contract
from mock_server.conventions import dates
from mock_server.state.collection import Json
from mock_server.state.kinds import PENDING
from mock_server.state.people import Identities, Source

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
    """What shorthands refer to. `definitions`: TaskDefinitionSummary by uniqueName."""

    identities: Identities
    sources: Mapping[str, Source]
    definitions: Mapping[str, Mapping[str, Any]]


class Unknown(Exception):
    """A shorthand names something that is not there."""


def work_item(entry: Json, names: Names, now: int) -> Json:
    """A fixture's item as the spec's WorkItems. `now` is in milliseconds. Raises Unknown, or ValueError for a date."""
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
    """A fixture's task as the spec's TaskStatus. `now` is in milliseconds. Raises Unknown, or ValueError for a date."""
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
