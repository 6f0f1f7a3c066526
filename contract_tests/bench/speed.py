"""Requests a second: all contestants with the same load, in turns, so that what else the machine does falls on each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson

from contract_tests.bench import contestants, material
from contract_tests.bench.contestants import Contestant
from contract_tests.bench.figures import Figures, Place
from contract_tests.bench.goals import LIMIT, MOCKOON, PRISM, STUB
from contract_tests.bench.load import Load, requests_per_second
from contract_tests.bench.material import Material
from contract_tests.bench.processes import Unavailable
from mock_server.state.people import Client

PAGE = 250
PATCH = orjson.dumps(
    [
        {"op": "replace", "path": "/completionStatus", "value": "Error"},
        {"op": "replace", "path": "/completed", "value": "2026-01-05T10:00:00.000Z"},
    ]
).decode()

LONG_START = 300.0
"""Seconds that the fake has to start with many documents."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Peers:
    """Programs, where they are there."""

    prism: Path | None
    mockoon: Path | None


@dataclass(frozen=True)
class Length:
    """`seconds` of load for each contestant in each of the `rounds`."""

    rounds: int
    seconds: float


def found_peers(figures: Figures) -> Peers:
    found: dict[str, Path | None] = {}
    for name, (package, program) in ((PRISM, contestants.PRISM), (MOCKOON, contestants.MOCKOON)):
        try:
            found[name] = contestants.peer(package, program)
        except Unavailable as error:
            figures.missing[name] = str(error)
            found[name] = None
    return Peers(found[PRISM], found[MOCKOON])


def starts(figures: Figures, peers: Peers, credentials: Client, folder: Path, rounds: int) -> None:
    """From the command to the first 200, both with what they come with."""
    document = material.document(folder / "v2024.json")
    for _ in range(rounds):
        with contestants.stub((), credentials) as one:
            figures.add("start", STUB, "s", one.started)
        if peers.prism is not None:
            with contestants.prism(peers.prism, document) as one:
                figures.add("start", PRISM, "s", one.started)


def loads(figures: Figures, peers: Peers, given: Material, credentials: Client, folder: Path, length: Length, say: Say) -> None:
    with _all(figures, peers, given, credentials, folder) as (ours, plan):
        for number in range(1, length.rounds + 1):
            httpx.post(f"{ours.url}/_mock/reset", timeout=60).raise_for_status()  # so that each id is new once more
            for (asked, whom), load in plan.items():
                rate = requests_per_second(load, length.seconds, folder)
                figures.add(asked, whom, "/s", rate)
                say(f"round {number} of {length.rounds}: {asked}, {whom}: {rate:,.0f} requests/s")


@contextmanager
def _all(
    figures: Figures, peers: Peers, given: Material, credentials: Client, folder: Path
) -> Iterator[tuple[Contestant, dict[Place, Load]]]:
    """Everybody who is there, ready; and what to ask of whom, in the order of a round."""
    with ExitStack() as stack:
        ours = stack.enter_context(contestants.stub(("--fixtures", str(given.folder)), credentials, LONG_START))
        item = _kept(folder / "item.json", ours, f"/v2024/work-items/{given.open_items[0]}")
        page = _kept(folder / "page.json", ours, f"/v2024/work-items?limit={PAGE}")
        if not material.is_valid_page(page.read_bytes(), PAGE):
            raise Unavailable(f"{ours.url} has not answered a page of {PAGE} valid work items")
        bare = stack.enter_context(contestants.limit(item, page))
        others = _peers(stack, peers, material.document(folder / "v2024.json"))
        one, many = f"/work-items/{given.open_items[0]}", f"/work-items?limit={PAGE}"
        yield (
            ours,
            {
                ("GET one", STUB): _get(ours, f"/v2024{one}"),
                ("GET one", LIMIT): _get(bare, "/one"),
                **{("GET one", name): _get(other, one) for name, other in others.items()},
                ("GET 250", STUB): _get(ours, f"/v2024{many}"),
                ("GET 250", LIMIT): _get(bare, "/page"),
                **{("GET 250", name): _get(other, many) for name, other in others.items()},
                **_changes(ours, given),
            },
        )


def _changes(ours: Contestant, given: Material) -> dict[Place, Load]:
    """GET once more, by the script that the changes need: making each request anew costs wrk time, and the fake some of its turns.

    And PATCH once more, of one task to what it is already: all that a change takes, but nothing moves in the index.
    """

    def patched(ids: Sequence[str]) -> Load:
        return Load(ours.url, "/v2024/task-status/", ours.token, "PATCH", ids, PATCH, "application/json-patch+json")

    return {
        ("GET each", STUB): Load(ours.url, "/v2024/work-items/", ours.token, "GET", given.open_items * 3),
        ("POST complete", STUB): Load(ours.url, "/v2024/work-items/", ours.token, "POST", given.open_items[1:]),
        ("PATCH task", STUB): patched(given.pending_tasks),
        ("PATCH again", STUB): patched(given.pending_tasks[:1] * len(given.pending_tasks)),
    }


def _peers(stack: ExitStack, peers: Peers, document: Path) -> dict[str, Contestant]:
    others: dict[str, Contestant] = {}
    if peers.prism is not None:
        others[PRISM] = stack.enter_context(contestants.prism(peers.prism, document))
    if peers.mockoon is not None:
        others[MOCKOON] = stack.enter_context(contestants.mockoon(peers.mockoon, document))
    return others


def _get(contestant: Contestant, path: str) -> Load:
    return Load(contestant.url, path, contestant.token)


def _kept(path: Path, contestant: Contestant, asked: str) -> Path:
    answer = httpx.get(contestant.url + asked, headers={"Authorization": f"Bearer {contestant.token}"}, timeout=60)
    path.write_bytes(answer.raise_for_status().content)
    return path
