"""What grows with the documents and what must not: the time of a page, memory, loading, a reset, a new tenant."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx

from contract_tests.bench import contestants
from contract_tests.bench.contestants import Contestant
from contract_tests.bench.figures import Figures
from contract_tests.bench.goals import STUB
from contract_tests.bench.load import Load, requests_per_second
from contract_tests.bench.speed import Length, Say
from mock_server.state.generation import write
from mock_server.state.people import Client

FEW = 1000

LONGEST_START = 1200.0
"""Seconds that a million documents may take to load."""

PAGES = {
    "filtered page": "/v2024/task-status?limit=50&filters=completionStatus%20eq%20%22ERROR%22&sorters=-created",
    "filtered page, two fields": "/v2024/task-status?limit=50&filters=type%20eq%20%22CLOUD_ACCOUNT_AGGREGATION%22%20and%20"
    "completionStatus%20eq%20%22ERROR%22&sorters=-created",
    "filtered page, counted": "/v2024/task-status?limit=50&count=true&filters=completionStatus%20eq%20%22ERROR%22&sorters=created",
    "newest tasks": "/v2024/task-status?limit=50&sorters=-created",
    "open work items": "/v2024/work-items?limit=50&count=true",
}

KIB = 1024

REPEATS = 15


def pages(figures: Figures, credentials: Client, folder: Path, many: int, length: Length, say: Say) -> None:
    """A fake with few documents beside one with many; a page's time is what it takes under the same load."""
    folders = {_name(FEW): _filled(folder / "few", FEW, FEW), "grown": _filled(folder / "many", many, many)}
    with _served(folders[_name(FEW)], credentials) as few, _served(folders["grown"], credentials) as grown:
        for number in range(1, length.rounds + 1):
            for asked, path in PAGES.items():
                for whom, one in ((_name(FEW), few), ("grown", grown)):
                    rate = requests_per_second(Load(one.url, path, one.token), length.seconds, folder)
                    figures.add(asked, whom, "µs", 1_000_000 / rate)
                    say(f"round {number} of {length.rounds}: {asked}, {whom}: {1_000_000 / rate:,.0f} µs")


def memory(figures: Figures, credentials: Client, folder: Path, many: int) -> None:
    """What the fake holds with many work items and no task, less what it holds with none of either, divided by the work items."""
    without, filled = _filled(folder / "none", 0, 0), _filled(folder / "items", many, 0)
    with _served(without, credentials) as empty:
        nothing = resident(empty.process)
    with _served(filled, credentials) as grown:
        figures.add("memory", "grown", "KiB", (resident(grown.process) - nothing) / KIB / many)
        figures.add("memory, at its highest", "grown", "KiB", (resident(grown.process, "VmHWM") - nothing) / KIB / many)


def loading(figures: Figures, credentials: Client, folder: Path, documents: int, rounds: int) -> None:
    """From the command to the first 200, with as many work items as tasks; then a reset and a new tenant there."""
    filled = _filled(folder / "loading", documents, documents)
    for _ in range(rounds):
        with _served(filled, credentials) as ours:
            figures.add("loading", STUB, "s", ours.started)
            _control(figures, ours)


def _control(figures: Figures, ours: Contestant) -> None:
    with httpx.Client(base_url=ours.url, timeout=60) as client:
        client.get("/_mock/health")
        authorization = {"Authorization": f"Bearer {ours.token}"}
        for _ in range(REPEATS):
            for item in client.get("/v2024/work-items?limit=20", headers=authorization).json():
                client.post(f"/v2024/work-items/{item['id']}", headers=authorization).raise_for_status()
            figures.add("reset", STUB, "ms", _milliseconds(lambda: client.post("/_mock/reset").raise_for_status()))
            figures.add("new tenant", STUB, "ms", _milliseconds(lambda: client.post("/_mock/tenants").raise_for_status()))


def resident(process: int, name: str = "VmRSS") -> int:
    """Bytes of memory that a process holds; `VmHWM`: the most that it has held."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines() if ":" in line)
    return int(fields[name].split()[0]) * KIB


def _served(filled: Path, credentials: Client) -> AbstractContextManager[Contestant]:
    return contestants.stub(("--fixtures", str(filled)), credentials, LONGEST_START)


def _filled(folder: Path, items: int, tasks: int) -> Path:
    if not folder.exists():
        write(folder, items, tasks, seed=0)
    return folder


def _name(number: int) -> str:
    return f"{number:,}"


def _milliseconds(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return (time.perf_counter() - before) * 1000
