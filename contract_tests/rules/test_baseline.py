"""The baseline: what is accepted until when, and which mistakes in its file are told."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from contract_tests.harness import baseline
from contract_tests.harness.errors import Misuse
from contract_tests.support.summaries import HOSTILE, finding, hostile, summary

TODAY = date(2026, 3, 2)

ENTRY = "- finding: 0123456789\n  reason: known since the last release\n  expires: 2026-03-31\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "baseline.yaml"


def refusal(place: Path) -> str:
    with pytest.raises(Misuse) as refused:
        baseline.load(place, TODAY)
    return str(refused.value)


@pytest.mark.parametrize("id_", ["3f0d5a7b9c", "0123456701", "1234567890", "12345678e5", '"3f0d5a7b9c"'])
def test_an_entry_accepts_its_finding_even_if_yaml_takes_the_id_for_a_number(place: Path, id_: str) -> None:
    place.write_text(f"- finding: {id_}\n  reason: a known one\n  expires: 2026-03-31\n")

    accepted = baseline.load(place, TODAY)

    assert accepted == {id_.strip('"'): "a known one"}


def test_an_entry_holds_on_its_last_day_and_not_on_the_next(place: Path) -> None:
    place.write_text(ENTRY)
    last = date(2026, 3, 31)

    on_the_last, after = baseline.load(place, last), baseline.load(place, last + timedelta(days=1))

    assert list(on_the_last) == ["0123456789"]
    assert after == {}


def test_an_expired_entry_is_told_with_its_line_and_its_reason(place: Path) -> None:
    place.write_text(ENTRY + "- finding: 3f0d5a7b9c\n  reason: still good\n  expires: 2026-12-31\n")

    told = baseline.expired(place, date(2026, 4, 2))

    assert told == [f"{place}: line 1: item 1: 0123456789 is not accepted since 2026-04-01: known since the last release"]


@pytest.mark.parametrize("text", ["", "# nothing is accepted\n", "[]\n"])
def test_an_empty_baseline_accepts_nothing(place: Path, text: str) -> None:
    place.write_text(text)

    assert baseline.load(place, TODAY) == {}
    assert baseline.expired(place, TODAY) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("- finding: [\n", "line 2: is not YAML", id="no YAML"),
        pytest.param("a: \x07", "is not YAML", id="a control character"),
        pytest.param("--- 1\n--- 2\n", "is not YAML", id="two documents"),
        pytest.param("[" * 5000, "is nested too deeply", id="nested"),
        pytest.param("finding: 0123456789\n", "line 1: is no list", id="a mapping"),
        pytest.param("- 0123456789\n", "line 1: item 1: is no mapping", id="a bare id"),
        pytest.param(ENTRY + "  owner: me\n", "line 1: item 1: unknown key owner; known are finding, reason, expires", id="unknown key"),
        pytest.param(ENTRY + "  ? [a]\n  : b\n", "unknown key", id="a key that is a list"),
        pytest.param(ENTRY + "  reason: another\n", "item 1: reason stands there twice", id="a key twice"),
        pytest.param("\n- reason: r\n  expires: 2026-03-31\n", "line 2: item 1: lacks finding", id="no finding"),
        pytest.param("- finding: 0123456789\n  expires: 2026-03-31\n", "lacks reason; say why", id="no reason"),
        pytest.param(ENTRY.replace("known since the last release", '""'), "lacks reason; say why", id="an empty reason"),
        pytest.param(ENTRY.replace("known since the last release", "null"), "lacks reason; say why", id="a reason that is null"),
        pytest.param(ENTRY.replace("known since the last release", "[a]"), "reason is no text", id="a reason that is a list"),
        pytest.param("- finding: 0123456789\n  reason: r\n", "lacks expires; say until which day", id="no expiry"),
        pytest.param(ENTRY.replace("2026-03-31", "2026-02-30"), "expires '2026-02-30' is no day", id="no such day"),
        pytest.param(ENTRY.replace("2026-03-31", "31.3.2026"), "write it as YYYY-MM-DD", id="another form"),
        pytest.param(ENTRY.replace("2026-03-31", "2026-03-31T00:00:00Z"), "write it as YYYY-MM-DD", id="a moment"),
        pytest.param(ENTRY.replace("0123456789", "listWorkItems"), "finding 'listWorkItems' is no id", id="no id"),
        pytest.param(ENTRY + ENTRY, "line 4: item 2: 0123456789 is accepted already, at", id="the same twice"),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_its_mend(place: Path, text: str, says: str) -> None:
    place.write_text(text)

    told = refusal(place)

    assert told.startswith(str(place))
    assert says in told
    assert "\n" not in told


def test_a_file_that_is_not_there_is_refused(place: Path) -> None:
    assert refusal(place) == f"--baseline: {place}: cannot be read: No such file or directory; name a file that exists"


def test_a_file_that_is_not_utf8_is_refused(place: Path) -> None:
    place.write_bytes(b"\xff\xfe\x00")

    assert "is not UTF-8" in refusal(place)


def test_a_suggestion_names_what_was_found_and_is_not_accepted_yet() -> None:
    known, new = finding(place="/0/id"), finding()

    suggested = yaml.safe_load(baseline.suggestion(summary(known, new, accepted={known.id: "known"})))

    assert suggested == [{"finding": new.id, "reason": "", "expires": date(2026, 5, 31)}]


def test_a_suggestion_is_refused_until_somebody_gives_the_reasons(place: Path) -> None:
    found = finding()
    suggested = baseline.suggestion(summary(found))
    place.write_text(suggested)

    told = refusal(place)
    place.write_text(suggested.replace('""', "decided on Monday"))

    assert "lacks reason" in told
    assert baseline.load(place, TODAY) == {found.id: "decided on Monday"}


def test_no_findings_suggest_an_empty_list() -> None:
    assert yaml.safe_load(baseline.suggestion(summary())) == []


def test_hostile_findings_stay_in_the_comment_of_their_suggestion() -> None:
    found = hostile()

    suggested = yaml.safe_load(baseline.suggestion(summary(found, finding())))

    assert "\n" in HOSTILE
    assert {entry["finding"] for entry in suggested} == {found.id, finding().id}
