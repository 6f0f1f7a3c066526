"""What becomes of findings: the baseline, validate and replay."""

from __future__ import annotations

import json
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from contract_tests.support.command import (
    COUNT,
    QUICK,
    Json,
    isc_contract,
    one_line,
    profile,
    told,
)

# The baseline


def test_a_finding_that_is_accepted_is_told_and_does_not_fail(faulty: str, home: Path) -> None:
    isc_contract("fuzz", "--target", faulty, *QUICK, "--report-dir", "first")
    suggested = yaml.safe_load((home / "first" / "baseline-suggestion.yaml").read_text())
    accepted = [{**entry, "reason": "known since March"} for entry in suggested]
    (home / "baseline.yaml").write_text(yaml.safe_dump(accepted))

    done = isc_contract("fuzz", "--target", faulty, *QUICK, "--baseline", "baseline.yaml", "--report-dir", "second")

    assert [entry["finding"] for entry in suggested] == told(home / "first")["findings"]
    assert done.code == 0
    assert "(accepted)" in done.out
    assert "reason known since March" in done.out
    assert told(home / "second")["accepted"] == {suggested[0]["finding"]: "known since March"}


def test_what_was_accepted_until_yesterday_fails_and_is_told(faulty: str, home: Path) -> None:
    isc_contract("fuzz", "--target", faulty, *QUICK, "--report-dir", "first")
    (id_,) = told(home / "first")["findings"]
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    (home / "baseline.yaml").write_text(f"- finding: {id_}\n  reason: known since March\n  expires: {yesterday}\n")

    done = isc_contract("fuzz", "--target", faulty, *QUICK, "--baseline", "baseline.yaml")

    assert done.code == 1
    assert f"isc-contract: baseline.yaml: line 1: item 1: {id_} is not accepted since" in done.err


def test_a_suggestion_without_reasons_is_refused(faulty: str, home: Path) -> None:
    isc_contract("fuzz", "--target", faulty, *QUICK, "--report-dir", "first")

    done = isc_contract("fuzz", "--target", faulty, *QUICK, "--baseline", home / "first" / "baseline-suggestion.yaml")

    assert done.code == 2
    assert "lacks reason" in done.err


# validate and replay


def recorded(folder: Path, answer: Json) -> Path:
    place = folder / "traffic.ndjson"
    place.write_text(json.dumps({"method": "GET", "path": COUNT, "query": {}, "status": 200, "answer": answer, "request": None}) + "\n")
    return place


def test_validate_is_1_for_traffic_with_a_fault_and_0_for_other(home: Path) -> None:
    good = isc_contract("validate", recorded(home, {"count": 1}))
    bad = isc_contract("validate", recorded(home, {"count": "1"}))

    assert (good.code, bad.code) == (0, 1)
    assert "getCountWorkItems" in bad.out
    assert "1 finding in 1 exchange of the contract" in bad.out


def test_validate_fails_for_what_was_never_touched_if_it_is_asked_to(home: Path) -> None:
    done = isc_contract("validate", "--all", recorded(home, {"count": 1}))

    assert done.code == 1
    assert re.search(r"never touched in v2025: .*completeWorkItem", done.out)


def test_what_a_run_wrote_can_be_validated(faulty: str, home: Path) -> None:
    isc_contract("fuzz", "--target", faulty, *QUICK, "--report-dir", "reports")
    (id_,) = told(home / "reports")["findings"]

    for name in ("traffic.har", "traffic.ndjson"):
        done = isc_contract("validate", home / "reports" / name)
        assert done.code == 1
        assert id_ in done.out


def finding_of(faulty: str, home: Path) -> Path:
    isc_contract("fuzz", "--target", faulty, *QUICK, "--report-dir", "reports")
    (place,) = (home / "reports" / "findings").glob("*.json")
    return place


def test_replay_is_1_where_it_shows_and_0_where_it_does_not(faulty: str, home: Path) -> None:
    place = finding_of(faulty, home)

    same = isc_contract("replay", place, "--target", faulty)
    other = isc_contract("replay", place, "--target", "stub")

    assert (same.code, other.code) == (1, 0)
    assert "shows the same" in same.out
    assert "does not show it" in other.out


def test_replay_is_2_where_it_cannot_be_told(faulty: str, home: Path) -> None:
    place = finding_of(faulty, home)
    place.write_text(json.dumps({**json.loads(place.read_text()), "steps": []}))

    done = isc_contract("replay", place, "--target", faulty)

    assert done.code == 2
    assert "cannot be replayed: the finding has no requests" in done.out


def test_replay_of_a_version_that_the_target_has_not_is_2(faulty: str, home: Path) -> None:
    place = finding_of(faulty, home)
    profile(home, faulty, versions=["v2024"])

    done = isc_contract("replay", place, "--target", "acme")

    assert done.code == 2
    assert one_line(done.err)


@pytest.mark.parametrize("text", ["", "[]", "{}", '"x"', '{"seed": 1}', "null", "[" * 5000, "\x00"])
def test_replay_of_what_is_no_finding_is_2(home: Path, text: str) -> None:
    place = home / "finding.json"
    place.write_text(text)

    done = isc_contract("replay", place, "--stub")

    assert done.code == 2
    assert done.err == f"isc-contract: {place}: is no finding; name a file of REPORT-DIR/findings\n"


def test_replay_of_a_finding_is_3_where_nobody_is(faulty: str, home: Path) -> None:
    place = finding_of(faulty, home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    done = isc_contract("replay", place, "--target", f"http://127.0.0.1:{port}")

    assert done.code == 3
