"""The reports: files that hold what was found, that other tools can read, and that no hostile text breaks out of."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.harness import findings, reports, traffic
from contract_tests.harness.errors import Ended, Misuse
from contract_tests.harness.message import ORIGIN, Exchange, Request
from contract_tests.harness.reports import html, junit
from contract_tests.harness.reports.legible import legible
from contract_tests.harness.reports.traffic import Har, Ndjson
from contract_tests.harness.summary import Summary
from contract_tests.support.summaries import HOSTILE, STARTED, exchange, finding, hostile, summary

Json = Any

NOW = datetime(2026, 3, 2, 9, 15, 10, tzinfo=UTC)

POST = Request(
    "POST", f"{ORIGIN}/v2024/work-items/id-1?a=1&a=2&b=", (("Content-Type", "application/json"), ("X-A", "1"), ("X-A", "2")), b"{}"
)

needs_devfull = pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")


class Page(HTMLParser):
    """What a browser makes of a page: its elements, and the text below each `pre`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._in_style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(run: Summary, folder: Path) -> Page:
    html.write(run, folder / "report.html")
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def suites(run: Summary, folder: Path) -> ET.Element:
    junit.write(run, folder / "junit.xml")
    return ET.parse(folder / "junit.xml").getroot()  # noqa: S314  # it was written a line above


def case(root: ET.Element, suite: str, name: str) -> ET.Element:
    found = root.find(f"testsuite[@name='{suite}']/testcase[@name='{name}']")
    assert found is not None
    return found


def entries(place: Path) -> list[Json]:
    found: list[Json] = json.loads(place.read_text(encoding="utf-8"))["log"]["entries"]
    return found


def lines(place: Path) -> list[Json]:
    return [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]


# The folder


def test_a_report_folder_holds_all_files_and_a_file_for_each_finding(tmp_path: Path) -> None:
    first, second = finding(), finding(place="/0/id")
    folder = tmp_path / "new" / "reports"

    with reports.written(folder) as watchers:
        for watch in watchers:
            watch(exchange())
    reports.finish(summary(first, second), folder)

    held = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    ids = {f"findings/{one.id}.json" for one in (first, second)}
    assert held == {"traffic.har", "traffic.ndjson", "junit.xml", "report.html", "run.json", *ids}


def test_a_finding_can_be_read_back_from_its_file(tmp_path: Path) -> None:
    found = hostile()

    reports.finish(summary(found), tmp_path)

    told = json.loads((tmp_path / "findings" / f"{found.id}.json").read_text(encoding="utf-8"))
    assert findings.from_json(told) == found
    assert told["seed"] == 7


def test_findings_of_an_earlier_run_go_away_and_other_files_stay(tmp_path: Path) -> None:
    reports.finish(summary(finding()), tmp_path)
    note = tmp_path / "findings" / "note.json"
    note.write_text("{}")

    reports.finish(summary(finding(place="/0/id")), tmp_path)

    assert {path.name for path in (tmp_path / "findings").iterdir()} == {f"{finding(place='/0/id').id}.json", "note.json"}


def test_the_run_is_told_with_all_that_repeats_it(tmp_path: Path) -> None:
    known, new = finding(place="/0/id"), finding()
    run = summary(
        known, new, accepted={known.id: "known"}, exchanges=[exchange(404), exchange(200)], seconds=1.5, rate=90, ended="interrupted"
    )

    reports.finish(run, tmp_path)

    told = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert told["origin"]["seed"] == 7
    assert told["origin"]["versions"] == ["v2024", "v2025"]
    assert told["started"] == STARTED.isoformat()
    assert (told["sent"], told["seconds"], told["rate"], told["ended"]) == (2, 1.5, 90, "interrupted")
    assert (told["findings"], told["accepted"]) == ([new.id], {known.id: "known"})
    assert told["rows"] == [{"operation": "listWorkItems", "version": "v2024", "cases": 2, "statuses": {"200": 1, "404": 1}, "findings": 2}]


def test_a_folder_that_cannot_be_made_is_refused_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")

    with pytest.raises(Misuse, match=r"file.*: cannot be written: .*--report-dir"), reports.written(file / "reports"):
        pass
    with pytest.raises(Misuse, match=r"file.*: cannot be written: .*--report-dir"):
        reports.finish(summary(), file / "reports")


def test_a_file_of_a_report_that_cannot_be_written_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").mkdir()

    with pytest.raises(Misuse, match=r"junit\.xml: cannot be written: Is a directory"):
        reports.finish(summary(), tmp_path)


@needs_devfull
@pytest.mark.parametrize("kind", [Har, Ndjson])
def test_a_disk_that_fills_up_ends_the_run(kind: Callable[[Path], Har | Ndjson]) -> None:
    written = kind(Path("/dev/full"))

    with pytest.raises(Ended, match="/dev/full cannot be written: No space left on device"):
        written(exchange())
    with pytest.raises(Misuse, match="/dev/full: cannot be written"):
        written.close()


# Traffic


def test_ndjson_has_an_object_for_each_exchange(tmp_path: Path) -> None:
    with Ndjson(tmp_path / "t", lambda: NOW) as written:
        written(exchange(200, request=POST, headers=(("Content-Type", "application/json"),), body=b'{"a": 1}', seconds=0.25))
        written(exchange(404, version=None, operation=None))

    first, second = lines(tmp_path / "t")
    assert first == {
        "time": "2026-03-02T09:15:09.750+00:00",
        "version": "v2024",
        "operation": "listWorkItems",
        "request": {"method": "POST", "url": POST.url, "headers": [list(pair) for pair in POST.headers], "body": "{}"},
        "answer": {"status": 200, "headers": [["Content-Type", "application/json"]], "body": '{"a": 1}', "ms": 250.0},
    }
    assert (second["version"], second["operation"]) == (None, None)


def test_har_has_an_entry_for_each_exchange(tmp_path: Path) -> None:
    with Har(tmp_path / "t", lambda: NOW) as written:
        written(exchange(201, request=POST, headers=(("Content-Type", "text/plain"), ("Location", "/x")), body=b"ok", seconds=0.25))

    (entry,) = entries(tmp_path / "t")
    assert datetime.fromisoformat(entry["startedDateTime"]) == NOW - timedelta(seconds=0.25)
    assert entry["time"] == entry["timings"]["wait"] == 250
    assert entry["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}, {"name": "b", "value": ""}]
    assert entry["request"]["postData"] == {"mimeType": "application/json", "text": "{}"}
    assert entry["response"]["status"] == 201
    assert entry["response"]["redirectURL"] == "/x"
    assert entry["response"]["content"] == {"size": 2, "mimeType": "text/plain", "text": "ok"}


def test_a_body_that_is_no_text_is_base64_and_says_so(tmp_path: Path) -> None:
    odd = Request("POST", ORIGIN, (), b"\xff\x00")

    with Har(tmp_path / "har") as har, Ndjson(tmp_path / "ndjson") as ndjson:
        for written in (har, ndjson):
            written(exchange(request=odd, body=b"\x80"))

    (entry,), (line,) = entries(tmp_path / "har"), lines(tmp_path / "ndjson")
    for told in (entry["request"]["postData"], entry["response"]["content"]):
        assert told["encoding"] == "base64"
    assert base64.b64decode(entry["request"]["postData"]["text"]) == base64.b64decode(line["request"]["body"]) == b"\xff\x00"
    assert base64.b64decode(entry["response"]["content"]["text"]) == base64.b64decode(line["answer"]["body"]) == b"\x80"
    assert line["request"]["encoding"] == line["answer"]["encoding"] == "base64"


@pytest.mark.parametrize("kind", [Har, Ndjson])
@given(body=st.binary(), value=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E)))
def test_what_a_run_records_can_be_validated_later(
    tmp_path_factory: pytest.TempPathFactory, kind: Callable[[Path], Har | Ndjson], body: bytes, value: str
) -> None:
    place = tmp_path_factory.mktemp("traffic") / "t"
    sent = exchange(
        200, request=Request("POST", f"{ORIGIN}/v2024/work-items", (("X-A", value),), body), headers=(("X-B", value),), body=body
    )

    with kind(place) as written:
        written(sent)

    (recorded,) = traffic.read(place)
    assert recorded.request == sent.request
    assert recorded.answer is not None
    assert (recorded.answer.status, recorded.answer.headers, recorded.answer.body) == (200, sent.answer.headers, body)


@pytest.mark.parametrize("sent", [[], [exchange()], [exchange(), exchange(500)]])
def test_an_interrupted_run_leaves_whole_files(tmp_path: Path, sent: list[Exchange]) -> None:
    def interrupted() -> None:
        with reports.written(tmp_path) as watchers:
            for one in sent:
                for watch in watchers:
                    watch(one)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    statuses = [one.answer.status for one in sent]
    assert [entry["response"]["status"] for entry in entries(tmp_path / "traffic.har")] == statuses
    assert [line["answer"]["status"] for line in lines(tmp_path / "traffic.ndjson")] == statuses


def test_ndjson_is_on_disk_as_soon_as_the_exchange_is_over(tmp_path: Path) -> None:
    with Ndjson(tmp_path / "t") as written:
        written(exchange(418))

        assert [line["answer"]["status"] for line in lines(tmp_path / "t")] == [418]


# JUnit


def test_junit_has_a_suite_for_each_version_and_a_case_for_each_operation(tmp_path: Path) -> None:
    root = suites(summary(exchanges=[exchange(), exchange(operation="getWorkItem"), exchange(version="v2025")]), tmp_path)

    cases = {suite.get("name"): [(one.get("classname"), one.get("name")) for one in suite.iter("testcase")] for suite in root}
    assert cases["v2024"] == [("v2024", "listWorkItems"), ("v2024", "getWorkItem")]
    assert cases["v2025"] == [("v2025", "listWorkItems")]
    assert [root.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["5", "0", "0", "0"]


def test_a_finding_fails_the_case_in_each_version_that_shows_it(tmp_path: Path) -> None:
    found = finding()

    root = suites(summary(found, finding(version="v2025"), exchanges=[exchange()]), tmp_path)

    for version in ("v2024", "v2025"):
        (failure,) = case(root, version, "listWorkItems").findall("failure")
        assert (failure.get("type"), failure.get("message")) == ("contract", "created is a date-time")
        assert failure.text is not None
        for told in (found.came, found.steps[0].curl(), "seed 7", found.id):
            assert told in failure.text
    assert root.get("failures") == "2"


def test_a_case_whose_findings_are_all_accepted_is_skipped_with_the_reason(tmp_path: Path) -> None:
    found = finding()

    root = suites(summary(found, accepted={found.id: "decided on Monday"}), tmp_path)

    (skipped,) = case(root, "v2024", "listWorkItems").findall("skipped")
    assert skipped.get("message") == "decided on Monday"
    assert (root.get("failures"), root.get("skipped")) == ("0", "1")


def test_an_accepted_finding_never_hides_another_one(tmp_path: Path) -> None:
    known = finding(place="/0/id")

    root = suites(summary(known, finding(), accepted={known.id: "decided on Monday"}), tmp_path)

    one = case(root, "v2024", "listWorkItems")
    assert [child.tag for child in one] == ["failure", "system-out"]
    assert f"accepted: {known.id}: decided on Monday" in (one.findtext("system-out") or "")


def test_what_could_not_be_tried_is_an_error_and_an_early_end_is_skipped(tmp_path: Path) -> None:
    root = suites(summary(troubles=["v2024: no example fits"], ended="--max-time 20 is reached"), tmp_path)

    assert [error.get("message") for error in case(root, "run", "everything could be tried")] == ["v2024: no example fits"]
    end = case(root, "run", "the run came to its end")
    assert [one.get("message") for one in end.findall("skipped")] == ["ended early: --max-time 20 is reached"]
    assert "ended early: --max-time 20 is reached" in (end.findtext("system-out") or "")


def test_junit_has_the_origin_as_properties(tmp_path: Path) -> None:
    root = suites(summary(), tmp_path)

    for suite in root:
        properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
        assert properties["seed"] == "7"
        assert properties["contract"] == "c0ffee"
        assert properties["profile"] == "decade"
        assert properties["tool.schemathesis"] == "4.32.5"


# HTML


def test_the_page_loads_nothing_and_runs_nothing(tmp_path: Path) -> None:
    shown = page(summary(finding(), hostile(), troubles=[HOSTILE]), tmp_path)

    assert {name for name, _attributes in shown.tags}.isdisjoint("script img link iframe object embed form base".split())
    assert all((attributes["href"] or "").startswith("#") for attributes in shown.named("a"))
    assert not any(name.startswith("on") or name == "src" for _tag, attributes in shown.tags for name in attributes)
    assert "url(" not in html.LOOK.read_text(encoding="utf-8")
    assert any("default-src 'none'" in (meta.get("content") or "") for meta in shown.named("meta"))


def test_the_page_tells_each_finding_and_folds_the_accepted_ones(tmp_path: Path) -> None:
    known, new = finding(place="/0/id", says="every item has an id"), finding()

    shown = page(summary(known, new, new, accepted={known.id: "decided on Monday"}), tmp_path)

    assert "1 finding" in shown.texts
    assert [one["id"] for one in shown.named("article")] == [new.id, known.id]
    assert [tag for tag, _ in shown.tags if tag in ("article", "details")] == ["article", "details", "article"]
    for told in (new.says, new.came, new.steps[0].curl(), "hit 2 times", "Accepted: decided on Monday", "isc-contract replay FINDING"):
        assert told in shown.text


def test_the_page_has_the_figures_of_the_run(tmp_path: Path) -> None:
    shown = page(
        summary(sent=6891, refused=412, highest=88, rate=90, seconds=24.71, ended="interrupted", ledger="out/ledger.ndjson"), tmp_path
    )

    told = "a-sandbox 6,891 412 24.7 v2024 v2025 schemathesis 4.32.5 c0ffee decade out/ledger.ndjson".split(" ")
    assert all(one in shown.text for one in told)
    assert "88 (90 allowed)" in shown.texts
    assert "The run ended early: interrupted" in shown.texts
    assert "Nothing found so far" in shown.texts


def test_without_redaction_the_page_says_so_and_promises_no_pseudonyms(tmp_path: Path) -> None:
    run = summary(finding(steps=()))
    run.origin = replace(run.origin, redacted=False)

    shown = page(run, tmp_path)

    assert "as the target has it: redaction was off" in shown.texts
    assert "isc-contract replay FINDING" not in shown.text


def test_a_run_that_sent_nothing_is_not_praised(tmp_path: Path) -> None:
    assert "Nothing was sent" in page(summary(), tmp_path).texts


def test_a_whole_run_without_findings_says_so(tmp_path: Path) -> None:
    shown = page(summary(exchanges=[exchange()]), tmp_path)

    assert "Nothing found" in shown.texts
    assert not shown.named("article")


def test_the_heat_map_colours_each_cell_by_the_worst_that_came_and_marks_findings(tmp_path: Path) -> None:
    run = summary(
        finding(),
        versions=("v3", "v2024"),
        exchanges=[
            *(exchange(status) for status in (200, 404)),
            exchange(404, operation="getWorkItem"),
            *(exchange(status, version="v3") for status in (200, 500)),
        ],
    )

    shown = page(run, tmp_path)

    cells = [attributes.get("class") for attributes in shown.named("td")]
    assert cells[:2] == ["bad", "good found"]
    assert sorted({str(cell) for cell in cells}) == ["bad", "good found", "none", "plain"]
    assert shown.named("a") == [{"class": "mark", "href": f"#{finding().id}"}]
    assert "not tried" in shown.texts
    assert "not in v3" in shown.texts


def test_many_findings_are_all_told(tmp_path: Path) -> None:
    many = [finding(place=f"/{number}") for number in range(300)]

    root, shown = suites(summary(*many), tmp_path), page(summary(*many), tmp_path)

    assert len(case(root, "v2024", "listWorkItems").findall("failure")) == 300
    assert len({one["id"] for one in shown.named("article")}) == 300
    assert "300 findings" in shown.texts


# Hostile text


def test_hostile_text_is_shown_and_nothing_more(tmp_path: Path) -> None:
    run = summary(hostile(), troubles=[HOSTILE], ended=HOSTILE, ledger=HOSTILE)

    root, shown = suites(run, tmp_path), page(run, tmp_path)

    failure = root.find("testsuite[@name='v2024']/testcase/failure")
    assert failure is not None
    assert legible(HOSTILE) in (failure.text or "")
    assert legible(HOSTILE) in shown.text


@given(text=st.text(st.characters()))
def test_legible_text_goes_through_xml_and_utf8_unharmed(text: str) -> None:
    element = ET.Element("a", name=legible(text).replace("\n", " ").replace("\t", " "))
    element.text = legible(text)

    back = ET.fromstring(ET.tostring(element, encoding="utf-8"))  # noqa: S314  # it was written a line above

    assert (back.text or "") == legible(text)
    assert back.get("name") == element.get("name")


@given(text=st.text(st.sampled_from("aZ09 \n\t~<&>'\"äß€日😀")))
def test_what_is_legible_stays_as_it_is(text: str) -> None:
    assert legible(text) == text


@given(text=st.text(st.characters()))
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", legible(text))
