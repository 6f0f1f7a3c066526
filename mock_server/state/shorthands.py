"""Writes out what people leave out or abbreviate in fixtures: owners, sources and definitions by name, relative dates, empty fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    """What shorthands refer to. `definitions`: TaskDefinitionSummary by uniqueName; `wrong`: names of what has mistakes of its own."""

    identities: Identities
    sources: Mapping[str, Source]
    definitions: Mapping[str, Mapping[str, Any]]
    wrong: frozenset[str] = frozenset()


class Suspended(Exception):
    """An entry refers to something that has mistakes of its own: what is said of it would only repeat them."""


Complain = Callable[[str], None]
"""Takes one line for each mistake."""


def work_item(entry: Json, names: Names, now: int, complain: Complain) -> Json:
    """A fixture's item as the spec's WorkItems. `now` is in milliseconds. Raises Suspended."""
    given = dict(entry)
    for shorthand, written_out in (("owner", "ownerId"), ("owner", "ownerName"), ("requester", "requesterId")):
        if given.get(shorthand) is not None and written_out in given:
            complain(f"{written_out}: {shorthand} says it already")
    owner = _found(names, names.identities.get, given.pop("owner", None), "owner", complain)
    if owner is not None:
        given |= {"ownerId": owner.id, "ownerName": owner.name}
    requester = _found(names, names.identities.get, given.pop("requester", None), "requester", complain)
    if requester is not None:
        given |= {"requesterId": requester.id, "requesterDisplayName": requester.displayName}
    return _with_dates(_in_order(WORK_ITEM | given, "WorkItems"), now, complain)


def task(entry: Json, names: Names, now: int, complain: Complain) -> Json:
    """A fixture's task as the spec's TaskStatus. `now` is in milliseconds. Raises Suspended."""
    given = dict(entry)
    source = _found(names, names.sources.get, given.pop("source", None), "source", complain)
    definition = _found(names, names.definitions.get, given.pop("definition", None), "definition", complain)
    if definition is not None:
        own = {"description": definition["description"], "parentName": definition["parentName"], "taskDefinitionSummary": definition}
        given = own | given
    if source is not None:
        given = {"target": source.target, "attributes": {}} | given
        if isinstance(given["attributes"], dict):
            given["attributes"] = {"appId": source.id} | given["attributes"]
    document = TASK | given
    document.setdefault("launched", document.get("created"))
    document.setdefault("modified", document["completed"] or document.get("created"))
    document.setdefault("percentComplete", 100 if document["completed"] else 0)
    return _with_dates(_in_order(document, "TaskStatus"), now, complain)


def _with_dates(document: Json, now: int, complain: Complain) -> Json:
    """A date that is none is told once, and stands for now: what the spec says of it would only repeat it."""
    wrong = set()
    for name in DATES:
        value = document.get(name)
        if isinstance(value, str):
            try:
                document[name] = dates.absolute(value, now)
            except ValueError:
                document[name] = dates.write(now)
                if value not in wrong:
                    complain(f"{name}: {value!r} is neither an ISO 8601 date-time nor a distance like -3d4h")
                wrong.add(value)
    return document


def _in_order(document: Json, component: str) -> Json:
    """As the spec lists the keys, which is how people read an answer; unknown ones last."""
    order = contract.compose("v2024")["components"]["schemas"][component]["properties"]
    return {key: document[key] for key in order if key in document} | document


def _found(names: Names, get: Callable[[str], Any], name: Any, key: str, complain: Complain) -> Any:
    if name is None:
        return None
    thing = get(name) if isinstance(name, str) else None
    if thing is None and isinstance(name, str) and name in names.wrong:
        raise Suspended
    if thing is None:
        complain(f"{key}: there is none with the name {name!r}")
    return thing
