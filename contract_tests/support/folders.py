"""Folders of fixtures: a small tenant without mistakes, for tests to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from contract_tests.support.strategies import START
from mock_server.conventions.errors import SetupError
from mock_server.state.fixtures import load
from mock_server.state.tenant import State, TenantSettings

Json = Any

NOW = START
"""When all folders are loaded, in milliseconds."""

LENA: dict[str, Json] = {"id": "a1" * 16, "name": "lena.fischer", "displayName": "Lena Fischer", "email": "lena@example.com"}
MARCO: dict[str, Json] = {
    "id": "a2" * 16,
    "name": "marco.rossi",
    "displayName": "Marco Rossi",
    "email": "marco@example.com",
    "manager": "lena.fischer",
}
HR: dict[str, Json] = {"id": "b1" * 16, "name": "HR", "owner": "lena.fischer"}
REFRESH: dict[str, Json] = {
    "name": "Identity Refresh",
    "id": "c1" * 16,
    "description": "Computes attributes.",
    "parentName": "Refresh",
    "executor": None,
    "arguments": {"deep": True},
}
TOKEN: dict[str, Json] = {"name": "lena", "clientId": "d1" * 16, "clientSecret": "e" * 64, "identity": "lena.fischer"}
ITEM: dict[str, Json] = {"id": "f1" * 16, "type": "Generic", "description": "Look.", "created": "-1d"}
TASK: dict[str, Json] = {"id": "f2" * 16, "uniqueName": "Refresh", "definition": "Identity Refresh", "created": "-1d"}

SMALL: dict[str, list[Json]] = {
    "identities": [LENA, MARCO],
    "sources": [HR],
    "task-definitions": [REFRESH],
    "clients": [TOKEN],
    "work-items": [ITEM],
    "task-status": [TASK],
}
"""A tenant without mistakes."""


@dataclass(frozen=True)
class Folder:
    path: Path

    def write(self, name: str, content: Json) -> Folder:
        """JSON is YAML. Text is written as it is."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else orjson.dumps(content))
        return self

    def load(self, scenario: str | None = None, assume: Mapping[str, str] | None = None) -> tuple[TenantSettings, State]:
        return load(self.path, scenario, assume or {}, NOW)

    def work_items(self, scenario: str | None = None) -> list[Json]:
        return [record.document() for record in self.load(scenario)[1].work_items]

    def work_item(self) -> Json:
        (document,) = self.work_items()
        return document

    def task(self) -> Json:
        (document,) = [record.document() for record in self.load()[1].tasks]
        return document

    def mistakes(self, scenario: str | None = None, assume: Mapping[str, str] | None = None) -> list[str]:
        """The lines that are told, without the folder."""
        with pytest.raises(SetupError) as error:
            self.load(scenario, assume)
        return [line.removeprefix(f"{self.path}/") for line in error.value.mistakes]


def small(path: Path) -> Folder:
    folder = Folder(path)
    for name, content in SMALL.items():
        folder.write(f"{name}.yaml", content)
    return folder
