"""What a run works on: a large folder of fixtures, of which many items can be completed and all tasks are pending; and who logs in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from mock_server import contract
from mock_server.conventions import schemas
from mock_server.state import generation
from mock_server.state.clock import machine_time
from mock_server.state.fixtures import load
from mock_server.state.people import Client


@dataclass(frozen=True)
class Material:
    """`open_items` and `pending_tasks`: ids, each good for one change."""

    folder: Path
    documents: int
    open_items: list[str] = field(repr=False)
    pending_tasks: list[str] = field(repr=False)


def generated(folder: Path, documents: int) -> Material:
    """As `isc-mock generate` writes it, with as many work items as tasks; then every task is made pending."""
    generation.write(folder, documents, documents, seed=0)
    tasks = [_without_end(task) for task in orjson.loads((folder / "task-status.json").read_bytes())]
    _write(folder / "task-status.json", tasks)
    items = orjson.loads((folder / "work-items.json").read_bytes())
    ids = [item["id"] for item in items if "state" not in item]
    return Material(folder, documents, ids, [task["id"] for task in tasks])


def administrator() -> Client:
    """Of the default tenant, whose clients generated folders keep."""
    _, state = load(None, None, {}, machine_time())
    return next(client for client in state.clients.values() if client.name == "org-admin")


def document(path: Path) -> Path:
    """The composed document of v2024, which the peers read."""
    path.write_bytes(orjson.dumps(contract.compose("v2024")))
    return path


def is_valid_page(body: bytes, size: int) -> bool:
    """Whether it holds that many work items, each as every version describes it."""
    page = orjson.loads(body)
    schema = schemas.component("WorkItems")
    return len(page) == size and all(schema.holds(item) for item in page)


def _without_end(task: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in task.items() if key not in ("completed", "completionStatus")}


def _write(path: Path, entries: Iterable[dict[str, Any]]) -> None:
    path.write_bytes(b"[\n" + b",\n".join(map(orjson.dumps, entries)) + b"\n]\n")
