"""The benchmark, without a stopwatch: what it makes of given figures, and what it says where something is missing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contract_tests.bench import cases, speed, table
from contract_tests.bench.figures import Figures, ratios
from contract_tests.bench.goals import LIMIT, MOCKOON, PRISM, SCALE, SPEED, STUB, Goal, verdicts
from contract_tests.bench.load import Load, rate
from contract_tests.bench.processes import Unavailable, finished, running

ONE = Goal("one item, against the limit", ("GET one", STUB), 0.3, ("GET one", LIMIT))


def measured(*pairs: tuple[float, float]) -> Figures:
    figures = Figures()
    for ours, theirs in pairs:
        figures.add("GET one", STUB, "/s", ours)
        figures.add("GET one", LIMIT, "/s", theirs)
    return figures


def test_a_ratio_compares_what_ran_in_the_same_round() -> None:
    figures = measured((300, 1000), (50, 100))

    assert ratios(figures.measured, ("GET one", STUB), ("GET one", LIMIT)) == [0.3, 0.5]


@pytest.mark.parametrize(("ours", "word"), [(300, "met"), (299, "NOT MET")])
def test_a_goal_is_met_from_its_bound_on(ours: float, word: str) -> None:
    (verdict,) = verdicts(measured((ours, 1000)), (ONE,))

    assert verdict.word == word


@pytest.mark.parametrize(("seconds", "word"), [(10.0, "met"), (10.1, "NOT MET")])
def test_a_goal_in_a_unit_of_its_own_is_met_up_to_its_bound(seconds: float, word: str) -> None:
    figures = Figures()
    figures.add("loading", STUB, "s", seconds)

    (verdict,) = verdicts(figures, tuple(goal for goal in SCALE if goal.name == "loading from fixtures"))

    assert verdict.word == word


def test_the_middle_round_decides() -> None:
    (verdict,) = verdicts(measured((100, 1000), (310, 1000), (320, 1000)), (ONE,))

    assert (verdict.value, verdict.low, verdict.high, verdict.word) == (0.31, 0.1, 0.32, "met")


def test_a_goal_against_a_contestant_that_is_missing_is_not_measured() -> None:
    words = {verdict.goal.name: verdict.word for verdict in verdicts(measured((300, 1000)), SPEED)}

    assert words["GET one work item, against Prism"] == "not measured"
    assert words["GET one work item, against the limit"] == "met"


TABLE = """
| measured | of           | median   | spread |
|----------|--------------|----------|--------|
| GET one  | isc-mock     | 320 /s   | 12%    |
| GET one  | bare uvicorn | 1,000 /s | 0%     |

| goal                        | to reach    | median     | rounds       |     |
|-----------------------------|-------------|------------|--------------|-----|
| one item, against the limit | ≥ 0.3 times | 0.32 times | 0.30 to 0.34 | met |
Prism is missing: there is no npx; install Node.js
"""


def test_the_table_tells_medians_spreads_ratios_goals_and_who_is_missing() -> None:
    figures = measured((300, 1000), (320, 1000), (340, 1000))
    figures.missing[PRISM] = "there is no npx; install Node.js"

    text = "\n".join(table.lines(figures, verdicts(figures, (ONE,))))

    assert text == TABLE.strip()


def test_the_json_says_the_same_for_machines() -> None:
    figures = measured((300, 1000), (340, 1000))

    told = table.as_json(figures, verdicts(figures, (ONE,)), {"date": "2026-11-20"})

    assert json.loads(json.dumps(told)) == {
        "run": {"date": "2026-11-20"},
        "measured": [
            {"asked": "GET one", "of": STUB, "unit": "/s", "median": 320, "spread": 0.125, "values": [300, 340]},
            {"asked": "GET one", "of": LIMIT, "unit": "/s", "median": 1000, "spread": 0.0, "values": [1000, 1000]},
        ],
        "goals": [
            {"goal": ONE.name, "reach": "≥ 0.3 times", "value": 0.32, "low": 0.3, "high": 0.34, "result": "met"},
        ],
        "missing": {},
        "notes": [],
    }


def test_each_goal_of_the_project_is_one_that_something_measures() -> None:
    contestants = {STUB, LIMIT, PRISM, "in process", "st run", "grown", "1,000"}

    places = [place for goal in (*SPEED, *SCALE) for place in (goal.place, goal.against) if place is not None]

    assert {whom for _, whom in places} <= contestants


def test_without_wrk_it_says_what_to_install(tmp_path: Path) -> None:
    ended = bench(tmp_path, "--quick")

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("bench: wrk is missing") and "apt-get install wrk" in ended.stderr  # noqa: PT018 - one line
    assert ended.stderr.count("\n") == 1


def test_without_node_the_peers_are_missing_and_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    figures = Figures()

    peers = speed.found_peers(figures)

    assert peers == speed.Peers(None, None)
    assert figures.missing == dict.fromkeys((PRISM, MOCKOON), "there is no npx; install Node.js")


def test_npx_that_fails_is_a_missing_peer_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npx = tmp_path / "npx"
    npx.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    npx.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    figures = Figures()

    speed.found_peers(figures)

    assert figures.missing[PRISM] == "npx does not get @stoplight/prism-cli@5: npx ended with 1: no network"


LOAD = Load("http://127.0.0.1:1", "/x/", "token", "POST", ids=["a", "b"])


def told(requests: int, failures: int) -> str:
    return f'Running 1s test\n{{"requests": {requests}, "seconds": 0.5, "failures": {failures}}}\n'


def test_wrk_is_read_by_the_line_of_our_own_script() -> None:
    assert rate(told(2, 0), LOAD) == 4.0


@pytest.mark.parametrize(("requests", "failures", "why"), [(2, 1, "1 of 2 answers were no success"), (3, 1, "2 ids did not suffice")])
def test_a_load_that_was_not_what_it_should_be_counts_for_nothing(requests: int, failures: int, why: str) -> None:
    with pytest.raises(Unavailable, match=why):
        rate(told(requests, failures), LOAD)


def test_the_time_of_st_run_is_its_own() -> None:
    assert (
        cases.seconds_told("  1409 generated\n\n============================== 1 warning in 6.69s ==============================\n") == 6.69
    )


def test_a_program_ends_with_the_block_that_started_it_and_so_do_its_own(tmp_path: Path) -> None:
    script = "import subprocess,sys; child = subprocess.Popen(['sleep', '60']); print(child.pid, flush=True); child.wait()"
    output = tmp_path / "output"

    with running([sys.executable, "-c", script], output) as process:
        while not output.read_text().endswith("\n"):
            assert process.poll() is None

    assert process.poll() is not None
    assert not is_alive_still(int(output.read_text()))


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(Unavailable, match="has not ended within 0 s"):
        finished(["sleep", "60"], 0.1)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_all_that_it_started(tmp_path: Path, by: signal.Signals) -> None:
    (tmp_path / "wrk").symlink_to("/bin/true")
    command = [sys.executable, "-m", "contract_tests.bench", "--quick"]
    with subprocess.Popen(command, env={**os.environ, "PATH": str(tmp_path)}, stderr=subprocess.PIPE, text=True) as run:
        while not (started := children(run.pid)):
            assert run.poll() is None
            time.sleep(0.01)

        run.send_signal(by)
        _, told = run.communicate(timeout=30)

    assert run.returncode == 130
    assert told.splitlines()[-1] == "bench: interrupted; all that it started has ended"
    assert [child for child in started if is_alive_still(child)] == []


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_alive_still(process: int) -> bool:
    """What was killed by the system takes a moment to be gone."""
    limit = time.monotonic() + 5
    while is_alive(process) and time.monotonic() < limit:
        time.sleep(0.01)
    return is_alive(process)


def is_alive(process: int) -> bool:
    """What has ended and was not waited for counts as ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def bench(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, with nothing but `path` to find programs in."""
    return subprocess.run(
        [sys.executable, "-m", "contract_tests.bench", *arguments],
        env={**os.environ, "PATH": str(path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
