"""Writes large fixtures: invented people, work items and tasks on top of the default tenant, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from faker import Faker

from mock_server.state.collection import Json
from mock_server.state.folders import Folder, Mistakes, read
from mock_server.state.ids import Ids

TYPES = ("ManualAction", "Approval", "Remediation", "Form", "Certification", "Generic", "ViolationReview", "Signoff", "Event")
ENDED = ("Finished", "Finished", "Finished", "Rejected", "Returned", "Expired", "Canceled")
STATUSES = ("SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS", "WARNING", "ERROR", "TERMINATED", "TEMPERROR")
MANUAL = ("Create an Account", "Disable an Account", "Enable an Account", "Delete an Account", "Unlock an Account", "Set an Attribute")
DAY = 24 * 60
"""Minutes, the unit of distances here."""


def write(folder: Path, work_items: int, tasks: int, seed: int) -> None:
    """Three files that the default tenant completes: more identities, and other work items and tasks in place of its own."""
    generation = Generation(seed, read(None, None, Mistakes()))
    folder.mkdir(parents=True, exist_ok=True)
    people = generation.people(min(2000, 20 + work_items // 50))
    _write(folder / "identities.json", b'{"merge": [\n', people, b"\n]}\n")
    _write(folder / "work-items.json", b"[\n", (generation.work_item(number) for number in range(work_items)), b"\n]\n")
    _write(folder / "task-status.json", b"[\n", (generation.task(number) for number in range(tasks)), b"\n]\n")


class Generation:
    """Two of three work items are open, one of fifty tasks is pending."""

    def __init__(self, seed: int, default: Folder) -> None:
        self._fake = Faker("en_US")
        self._fake.seed_instance(seed)
        self._ids = Ids(seed)
        self._names = [item.value["name"] for item in default.items["identities"]]
        self._sources = [item.value["name"] for item in default.items["sources"]]
        self._definitions = [item.value["name"] for item in default.items["task-definitions"]]

    def people(self, number: int) -> list[Json]:
        identities = []
        for _ in range(number):
            first, last = self._fake.first_name(), self._fake.last_name()
            name = f"{first}.{last}.{len(self._names)}".lower()
            identity = {"id": self._ids.hex32(), "name": name, "displayName": f"{first} {last}", "email": f"{name}@example.com"}
            identities.append({**identity, "manager": self._one(self._names), "levels": [], "active": True})
            self._names.append(name)
        return identities

    def work_item(self, number: int) -> Json:
        created = self._minutes(10, 400 * DAY)
        person, source = self._one(self._names), self._one(self._sources)
        item: Json = {
            "id": self._ids.hex32(),
            "type": TYPES[number % len(TYPES)],
            "owner": self._one(self._names),
            "requester": self._one(self._names),
            "created": f"-{created}m",
            "name": self._one(MANUAL),
            "description": f"For {person} in {source}.",
            **self._details(TYPES[number % len(TYPES)], person, source),
        }
        if number % 3 == 0:
            completed = f"-{self._minutes(1, created)}m"
            return item | {"state": self._one(ENDED), "completed": completed, "modified": completed}
        return item

    def task(self, number: int) -> Json:
        created = self._minutes(10, 88 * DAY)
        definition, source = self._one(self._definitions), self._one(self._sources)
        task: Json = {
            "id": self._ids.hex32(),
            "uniqueName": f"{definition} - {source}",
            "definition": definition,
            "source": source,
            "launcher": self._one(("System", "cloudadmin", *self._names[:20])),
            "created": f"-{created}m",
            "attributes": {"total": self._minutes(0, 9000), "optimizedAggregation": "enabled"},
        }
        if number % 50 == 0:
            return task | {"progress": "Started"}
        completed = f"-{self._minutes(max(1, created - 90), created)}m"
        return task | {"completed": completed, "completionStatus": self._one(STATUSES)}

    def _details(self, type_: str, person: str, source: str) -> Json:
        if type_ == "Approval":
            items = [
                {"id": self._ids.hex32(), "account": person, "application": source, "name": "groups", "operation": "Add", "value": value,
                 "state": None}
                for value in ("Readers", "Writers")
            ]  # fmt: skip
            return {"approvalItems": items, "numItems": len(items)}
        if type_ == "Form":
            field = {
                "name": "phone",
                "displayName": "Phone",
                "displayType": None,
                "required": True,
                "allowedValuesList": None,
                "value": None,
            }
            section = {"name": "contact", "label": "Contact", "formItems": [field]}
            form = {"id": None, "name": "Identity Update", "title": None, "subtitle": None, "targetUser": person, "sections": [section]}
            return {"form": form, "remediationItems": []}
        return {}

    def _one(self, choices: Any) -> Any:
        return self._fake.random.choice(choices)

    def _minutes(self, least: int, most: int) -> int:
        minutes: int = self._fake.random.randint(least, most)
        return minutes


def _write(path: Path, head: bytes, items: Iterable[Json], tail: bytes) -> None:
    """One item a line."""
    with path.open("wb") as file:
        file.write(head)
        for number, item in enumerate(items):
            file.write(b",\n" if number else b"")
            file.write(orjson.dumps(item))
        file.write(tail)
