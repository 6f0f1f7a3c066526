"""The screen: what is told while a run goes on, and at its end."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from contract_tests.harness import screen
from contract_tests.harness.findings import Step
from contract_tests.harness.screen import Plain, Progressed
from contract_tests.harness.summary import Summary
from contract_tests.support.summaries import HOSTILE, VERSIONS, exchange, finding, hostile, summary


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def told(run: Summary, reports: Path | None = None) -> list[str]:
    """Lines at the end of a run, in a log of 80 columns."""
    stream = io.StringIO()
    screen.tell(run, Console(file=stream), reports)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def test_progress_counts_each_operation_of_each_version_once_and_only_what_is_expected() -> None:
    progressed = Progressed.of(("v3",), clock=Clock())

    for version, operation in (
        ("v3", "listWorkItems"),
        ("v3", "listWorkItems"),
        ("v3", "getWorkItem"),
        ("v1", "getWorkItem"),
        (None, None),
    ):
        progressed.watch(exchange(version=version, operation=operation))

    assert (progressed.done, len(progressed.expected), progressed.requests) == (2, 13, 5)


def test_a_run_that_only_reads_expects_only_reads() -> None:
    expected = Progressed.of(VERSIONS, reads_only=True).expected

    assert ("getWorkItem", "v2024") in expected
    assert ("getPendingTaskHeaders", "v2025") in expected
    assert ("forwardWorkItem", "v2024") not in expected


def test_the_rate_is_that_of_the_last_five_seconds() -> None:
    clock = Clock()
    progressed = Progressed.of(VERSIONS, clock=clock)
    for clock.now in (0.0, 1.0, 2.0, 2.0, 2.0):
        progressed.watch(exchange())

    clock.now = 4.9
    early = progressed.rate()
    clock.now = 6.0
    late = progressed.rate()

    assert (early, late) == (1.0, 0.6)


def test_a_log_gets_a_line_for_each_new_version_and_one_every_five_seconds() -> None:
    clock, stream = Clock(), io.StringIO()
    plain = Plain(Progressed.of(VERSIONS, clock=clock), stream, VERSIONS)

    plain.step("v2024: learning what is there")
    for clock.now in (1.0, 4.9, 5.0, 9.9):
        plain.step("v2024: trying")
        plain.watch(exchange())
    plain.finding(1)
    clock.now = 10.0
    plain.step("v2025: learning what is there")
    plain.close()

    assert stream.getvalue().splitlines() == [
        "   0 s  v2024: learning what is there; 0 of 36 operations, 0 requests, 0/s, 0 findings",
        "   5 s  v2024: trying; 1 of 36 operations, 2 requests, 0/s, 0 findings",
        "  10 s  v2025: learning what is there; 1 of 36 operations, 4 requests, 0/s, 1 finding",
    ]


def test_a_log_has_no_control_characters_even_if_colours_are_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()

    with screen.opened(VERSIONS, stream=stream) as shown:
        shown.step(f"v2024: {HOSTILE}")

    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_gets_a_bar_with_all_figures_that_fits_its_width() -> None:
    stream = Terminal()

    with screen.opened(VERSIONS, stream=stream) as shown:
        shown.step("v2024: [coverage] GET /work-items/{id}/approve/{approvalItemId} and what else there is to say")
        for _ in range(1200):
            shown.watch(exchange())
        shown.finding(2)

    last = Console(file=io.StringIO()).render_str(stream.getvalue(), markup=False).plain
    assert "1/36 operations" in last
    assert "1,200 sent" in last
    assert "2 found" in last
    assert "v2024: [coverage] GET" in last


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()

    with screen.opened(VERSIONS, stream=stream) as shown:
        shown.step("v2024: trying")

    assert stream.getvalue() == "   0 s  v2024: trying; 0 of 36 operations, 0 requests, 0/s, 0 findings\n"


def test_the_bar_is_taken_away_when_the_run_is_interrupted() -> None:
    stream = Terminal()

    def interrupted() -> None:
        with screen.opened(VERSIONS, stream=stream) as shown:
            shown.step("v2024: trying")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert stream.getvalue().endswith("\x1b[2K")


def test_the_table_puts_versions_together_that_answered_alike() -> None:
    run = summary(
        finding(operation="getWorkItem"),
        versions=("v3", "v2024", "v2025"),
        exchanges=[
            *(exchange(status, version=version) for version in ("v3", "v2025") for status in (200, 200, 400)),
            exchange(200),
            *(exchange(status, version=version, operation="getWorkItem") for version in ("v3", "v2024") for status in (404, 200)),
        ],
    )

    lines = told(run)

    table = [" ".join(line.split()) for line in lines if line.startswith((" listWorkItems", " getWorkItem", "   v"))]
    assert table == ["listWorkItems", "v3 v2025 6 200 400", "v2024 1 200", "getWorkItem", "v3 2 200 404", "v2024 2 200 404 1"]


def test_with_one_version_each_operation_is_one_line() -> None:
    lines = told(summary(versions=("v2024",), exchanges=[exchange(200), exchange(401)]))

    assert [line.split() for line in lines if "listWorkItems" in line] == [["listWorkItems", "2", "200", "401"]]


def test_the_table_fits_eighty_columns_with_all_versions_and_many_statuses() -> None:
    versions = ("beta", "v3", "v2024", "v2025", "v2026", "v1")
    statuses = (200, 202, 204, 400, 401, 403, 404, 405, 406, 415, 429, 500, 503)
    sent = [exchange(status, version=version, operation="rejectApprovalItemsInBulk") for version in versions for status in statuses]

    lines = told(summary(exchanges=sent, versions=versions))

    table = lines[: next(number for number, line in enumerate(lines) if line.startswith("not tried"))]
    assert max(map(len, table)) <= 80
    assert any("beta v3 v2024 v2025 v2026 v1" in line for line in table)
    assert sum(line.count("503") for line in table) == 1


def test_what_was_not_tried_is_named() -> None:
    lines = told(summary(exchanges=[exchange()]))

    line = next(line for line in lines if line.startswith("not tried: "))
    assert "getWorkItem," in line
    assert "listWorkItems" not in line


def test_each_finding_is_told_with_what_it_takes_to_see_it_again() -> None:
    found = finding()

    lines = told(summary(found, found, finding(version="v2025")))

    start = lines.index(f"{found.id} listWorkItems: contract")
    assert lines[start + 1] == "  hit    3 times: v2024 (2), v2025 (1); seed 7"
    assert lines[start + 2] == "  says   created is a date-time"
    assert lines[start + 4] == "  curl \"$SAIL_BASE_URL\"'/v2024/work-items?limit=3'" or lines[start + 4].startswith("  curl")
    assert max(len(line) for line in lines if line.startswith("  came")) <= 309


def test_a_long_answer_is_cut_and_a_hostile_one_keeps_to_its_line() -> None:
    lines = told(summary(finding(came="200: " + HOSTILE * 20)))

    came = lines.index(next(line for line in lines if line.startswith("  came")))
    assert len(lines[came]) == len("  came   ") + screen.SHOWN
    assert lines[came].endswith("…")
    assert lines[came + 1].startswith("  curl")


def test_curl_lines_are_whole_so_that_they_can_be_copied() -> None:
    steps = (Step("GET", "/v2024/a"), Step("POST", "/v2024/" + "b" * 200, (), "{}"))

    lines = told(summary(finding(steps=steps)))

    assert [line.strip() for line in lines if line.startswith("  curl")] == [step.curl() for step in steps]


def test_an_accepted_finding_shows_its_reason() -> None:
    found = finding()

    lines = told(summary(found, accepted={found.id: "decided on Monday"}, exchanges=[exchange()]))

    assert f"{found.id} listWorkItems: contract (accepted)" in lines
    assert "  reason decided on Monday" in lines
    assert lines[-1].startswith("1 finding (1 accepted) in 1 request, ")


def test_the_closing_line_has_the_figures_of_the_run() -> None:
    run = summary(finding(), finding(place="/0/id"), sent=6891, seconds=24.71, highest=3184, ledger="out/ledger.ndjson")

    lines = told(run, Path("out"))

    assert lines[-3:] == [
        "2 findings in 6,891 requests, 24.7 s; most in any 10 s: 3,184 (no limit)",
        "ledger: out/ledger.ndjson",
        "reports: out/report.html, and beside it junit.xml, traffic.har, traffic.ndjson, run.json, findings/",
    ]


def test_what_it_takes_to_have_the_same_run_again_is_told() -> None:
    run = summary()

    (line,) = [line for line in told(run) if line.startswith("seed ")]

    assert f"seed {run.origin.seed}; contract {run.origin.contract}; profile {run.origin.profile}; " in line
    assert all(f"{name} {version}" in line for name, version in run.origin.tools.items())


def test_a_run_that_ended_early_says_why_and_what_was_held_back() -> None:
    lines = told(summary(sent=10, refused=3, highest=10, rate=90, ended="--max-requests 10 is reached"))

    assert lines[-2:] == [
        "no findings in 10 requests, 0.0 s; most in any 10 s: 10 (90 allowed); 3 held back by the guard",
        "ended early: --max-requests 10 is reached",
    ]


def test_an_empty_run_has_no_table() -> None:
    lines = told(summary())

    assert not any("statuses" in line for line in lines)
    assert lines[-1] == "no findings in 0 requests, 0.0 s; most in any 10 s: 0 (no limit)"


def test_what_could_not_be_tried_is_told() -> None:
    assert "could not be tried: v2024: no example [fits]" in told(summary(troubles=["v2024: no example [fits]"]))


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_hostile_text_is_spelt_out_in_every_encoding(encoding: str) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding, newline="")

    screen.tell(summary(hostile(), troubles=[HOSTILE], ledger=HOSTILE, ended=HOSTILE), Console(file=stream))
    stream.flush()

    text = written.getvalue().decode(encoding)
    assert not set(text) & set("\x00\x1b\x85\r\ufffe\u202e")
    assert "\\x1b[31m\\x85\\x0d\\ufffe\\ud800\\u202e" in text
