"""Recorded traffic against the contract: what violates it is found in each form, and nothing of the data is told."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.harness import traffic
from contract_tests.harness.errors import FOUND, FOUND_NOTHING, Misuse
from contract_tests.harness.message import ORIGIN, Answer, Exchange, Request
from contract_tests.harness.paths import operations
from contract_tests.harness.redaction import Redaction
from contract_tests.harness.reports.traffic import Har, Ndjson
from contract_tests.harness.validate import Report, validate
from mock_server.contract import VERSIONS
from mock_server.handle import Isc

Json = Any

HOST = "https://acme.api.identitynow.com"

COUNT = "/v2025/work-items/count"


def har(*responses: httpx.Response) -> Json:
    """As a browser writes it."""
    return {"log": {"version": "1.2", "creator": {"name": "browser", "version": "1"}, "entries": [har_entry(one) for one in responses]}}


def har_entry(response: httpx.Response) -> Json:
    request = response.request
    entry: Json = {
        "startedDateTime": "2026-03-02T09:15:00.000Z",
        "time": 12.5,
        "request": {
            "method": request.method,
            "url": HOST + request.url.raw_path.decode(),
            "httpVersion": "h2",
            "headers": [{"name": ":authority", "value": "acme.api.identitynow.com"}, *records(request.headers)],
            "bodySize": len(request.content),
        },
        "response": {
            "status": response.status_code,
            "headers": records(response.headers),
            "content": {"size": len(response.content), "mimeType": response.headers.get("content-type", ""), "text": response.text},
        },
    }
    if request.content:
        entry["request"]["postData"] = {"mimeType": request.headers["content-type"], "text": request.content.decode()}
    return entry


def records(headers: httpx.Headers) -> list[Json]:
    return [{"name": name, "value": value} for name, value in headers.multi_items()]


def lines(values: Iterable[Json]) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def exchange(response: httpx.Response) -> Exchange:
    request = response.request
    sent = Request(request.method, str(request.url), tuple(request.headers.multi_items()), request.content)
    return Exchange(sent, Answer(response.status_code, tuple(response.headers.multi_items()), response.content))


def by_this_harness(kind: Callable[[Path], Har | Ndjson], place: Path, responses: Iterable[httpx.Response]) -> None:
    with kind(place) as write:
        for response in responses:
            write(exchange(response))


def written(form: str, place: Path, isc: Isc, responses: list[httpx.Response]) -> Path:
    journal = isc.control("GET", "/journal", params={"limit": 1000})
    match form:
        case "HAR":
            place.write_text(json.dumps(har(*responses)))
        case "HAR of several lines":
            place.write_text(json.dumps(har(*responses), indent=2), encoding="utf-8-sig")
        case "HAR of this harness":
            by_this_harness(Har, place, responses)
        case "ndjson of this harness":
            by_this_harness(Ndjson, place, responses)
        case "journal":
            place.write_text(json.dumps(journal))
        case "journal, as PowerShell saves it":
            place.write_text(json.dumps(journal, indent=2), encoding="utf-16")
        case "journal, an entry a line":
            place.write_text(lines(journal["entries"]))
    return place


FORMS = [
    "HAR",
    "HAR of several lines",
    "HAR of this harness",
    "ndjson of this harness",
    "journal",
    "journal, as PowerShell saves it",
    "journal, an entry a line",
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "traffic"


def report_of(place: Path, value: Json, **options: Any) -> Report:
    place.write_text(json.dumps(value))
    return validate([place], **options)


def told(report: Report) -> str:
    """All that a report could show."""
    findings = [hit.as_json(1) for hit in report.findings]
    return json.dumps([findings, [list(key) for key in report.rows], dict(report.foreign)], ensure_ascii=False)


def every_operation(client: httpx.Client) -> list[httpx.Response]:
    """One exchange of each, in v2025."""
    items = client.get("/v2025/work-items").json()
    approval = next(item for item in items if item["type"] == "Approval" and item["approvalItems"])
    others = [item["id"] for item in items if not item.get("approvalItems") and item["type"] != "Form"]
    form = next(item for item in items if item["type"] == "Form")
    pending = client.get("/v2025/task-status/pending-tasks").json()[0]["id"]
    task = client.get("/v2025/task-status").json()[0]
    part, item = approval["approvalItems"][0]["id"], approval["id"]
    patch = [{"op": "replace", "path": "/completionStatus", "value": "TERMINATED"}]
    return [
        client.get("/v2025/work-items", params={"ownerId": items[0]["ownerId"], "limit": 250, "count": "true"}),
        client.get(COUNT),
        client.get("/v2025/work-items/completed"),
        client.get("/v2025/work-items/completed/count"),
        client.get("/v2025/work-items/summary"),
        client.get(f"/v2025/work-items/{item}"),
        client.post(f"/v2025/work-items/{item}/approve/{part}"),
        client.post(f"/v2025/work-items/{item}/reject/{part}"),
        client.post(f"/v2025/work-items/bulk-approve/{item}"),
        client.post(f"/v2025/work-items/bulk-reject/{item}"),
        client.post(f"/v2025/work-items/{others[0]}", json="Done."),
        client.post(f"/v2025/work-items/{others[1]}/forward", json={"targetOwnerId": items[0]["ownerId"], "comment": "Please."}),
        client.post(f"/v2025/work-items/{form['id']}/submit-account-selection", json={"primaryAccount": "OTIND02"}),
        client.get(
            "/v2025/task-status", params={"filters": f'sourceId eq "{task["id"]}" and completionStatus in ("ERROR")', "sorters": "-created"}
        ),
        client.head("/v2025/task-status/pending-tasks", params={"count": "true"}),
        client.get("/v2025/task-status/pending-tasks"),
        client.get(f"/v2025/task-status/{task['id']}"),
        client.patch(f"/v2025/task-status/{pending}", json=patch, headers={"Content-Type": "application/json-patch+json"}),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_what_a_sound_service_answers_is_as_described_in_each_form(isc: Isc, isc_client: httpx.Client, place: Path, form: str) -> None:
    responses = every_operation(isc_client)

    report = validate([written(form, place, isc, responses)])

    assert [hit.finding for hit in report.findings] == []
    assert report.exchanges >= len(responses)
    assert {name for name, _ in report.rows} == operations("v2025").keys()
    assert (report.untouched(), report.unjudged, report.exit_code(require_all=True)) == ({}, 0, FOUND_NOTHING)


@pytest.mark.parametrize("form", FORMS)
def test_a_spoilt_answer_is_found_in_each_form(isc: Isc, isc_client: httpx.Client, place: Path, form: str) -> None:
    isc.faults({"operationId": "getCountWorkItems", "skip": 1, "body": "malformed"})
    responses = [isc_client.get(COUNT) for _ in range(3)]

    report = validate([written(form, place, isc, responses)])

    (hit,) = report.findings
    assert (hit.finding.check, hit.finding.operation, hit.finding.version, hit.count) == ("contract", "getCountWorkItems", "v2025", 1)
    assert hit.finding.place.startswith("answer ")
    assert report.rows["getCountWorkItems", "v2025"].findings == 1
    assert report.rows["getCountWorkItems", "v2025"].statuses == {200: 3}
    assert report.exit_code() == FOUND


def test_an_admitted_request_that_is_not_as_described_is_found(place: Path) -> None:
    report = report_of(place, {"log": {"entries": [entry("/v2025/work-items?limit=many", text="[]")]}})

    assert [hit.finding.place for hit in report.findings] == ["request ParameterValidationError"]


def test_each_version_is_judged_by_its_own_document(place: Path) -> None:
    in_an_array = [entry(f"/{version}/work-items/completed/count", text='[{"count": 2}]') for version in ("beta", "v2025")]

    report = report_of(place, {"log": {"entries": in_an_array}})

    assert [hit.versions for hit in report.findings] == [{"v2025": 1}]


def test_a_finding_of_recorded_traffic_is_the_one_that_a_run_would_tell(place: Path) -> None:
    wrong = entry(COUNT, text='{"count": "two"}')
    (hit,) = report_of(place, {"log": {"entries": [wrong]}}).findings

    again = report_of(place, {"log": {"entries": [wrong, wrong]}}, accepted={hit.finding.id: "known to the vendor"})

    assert hit.finding.place == "answer count type"
    assert [(one.finding.id, one.count, one.accepted) for one in again.findings] == [(hit.finding.id, 2, "known to the vendor")]
    assert again.exit_code() == FOUND_NOTHING


CANARIES = (
    "sunniva.canary acme.api.identitynow.com 2c9180835d2e5168015d32f890ca1581 CanaryGroup canary@example.com c00kie s3cr3t eyJhbGciOi "
    "ACC-4711"
).split()


def test_nothing_of_the_data_is_told(place: Path) -> None:
    person, _, id_, group, mail, cookie, secret, token, account = CANARIES
    wrong = json.dumps({"id": id_, "ownerName": person, "description": f"{mail} wants {group}", "extra": {"mail": mail}})
    head = [
        {"name": "Authorization", "value": f"Bearer {token}"},
        {"name": "Cookie", "value": cookie},
        {"name": "X-Trace", "value": secret},
        {"name": "X-SailPoint-Experimental", "value": person},
    ]
    path = f"?ownerId={person}&access_token={secret}&filters=name%20eq%20%22{group}%22%20and%20id%20eq%20{account}&sorters=-{person}"
    entries = [
        entry(f"/v2025/task-status{path}", text=wrong, headers=head),
        entry(f"/v2025/work-items/{account}", text=wrong),
        entry(f"/v2025/work-items/{id_}/forward", "POST", text=wrong, body={"targetOwnerId": person, "comment": f"for {mail}"}),
        entry(f"/v2025/work-items/{id_}/forward", "POST", text=wrong, raw=f"{person} {mail}"),
        entry(f"/v2025/work-items/{id_}/submit-account-selection", "POST", text=wrong, body={"canaryField": account, person: 4711000}),
        entry(f"/v2025/task-status/{id_}", "PATCH", text=wrong, body=[{"op": "replace", "path": f"/{person}", "value": mail}]),
        entry(COUNT, text=f"{person} {mail}"),
        entry(COUNT, text=wrong, mime="text/html", status=418),
        entry(f"/{person}/{id_}?q={mail}"),
    ]

    report = report_of(place, {"log": {"entries": entries}})

    assert {hit.finding.operation for hit in report.findings} >= {
        "getTaskStatusList",
        "getWorkItem",
        "forwardWorkItem",
        "getCountWorkItems",
    }
    assert [canary for canary in (*CANARIES, "canaryField", "4711000") if canary in told(report)] == []
    assert report.foreign == {"GET /…": 1}


def test_a_fakes_own_traffic_can_be_shown_as_it_is(place: Path) -> None:
    report = report_of(place, {"log": {"entries": [entry("/v2025/work-items/abc", text="Sunniva")]}}, redaction=Redaction(None))

    (hit,) = report.findings
    assert "Sunniva" in hit.finding.came
    assert hit.finding.steps[0].path == "/v2025/work-items/abc"


def test_the_command_shows_data_only_when_told_to(place: Path) -> None:
    place.write_text(json.dumps({"log": {"entries": [entry("/v2025/work-items/Canary", text='{"ownerName": ["Canary"]}')]}}))
    command = [str(Path(sys.executable).with_name("isc-contract")), "validate", str(place)]

    hidden = subprocess.run(command, capture_output=True, text=True, check=False)
    shown = subprocess.run([*command, "--no-redaction"], capture_output=True, text=True, check=False)

    assert (hidden.returncode, shown.returncode) == (FOUND, FOUND), hidden.stderr
    assert "Canary" not in hidden.stdout + hidden.stderr
    assert "Canary" in shown.stdout


def test_a_token_is_never_shown(place: Path) -> None:
    told_token = [{"name": "Authorization", "value": "Bearer eyJhbGciOi"}]

    report = report_of(place, {"log": {"entries": [entry(COUNT, text="[]", headers=told_token)]}}, redaction=Redaction(None))

    assert "eyJ" not in told(report)
    assert '-H "Authorization: Bearer $TOKEN"' in told(report).replace('\\"', '"')


def test_words_of_the_contract_stay_readable(place: Path) -> None:
    rest = "%20and%20completionStatus%20eq%20%22ERROR%22&sorters=-created&limit=250&count=true"

    (hit,) = report_of(
        place, {"log": {"entries": [entry(f"/v2025/task-status?filters=sourceId%20eq%20%22abc%22{rest}", text="{}")]}}
    ).findings

    told_path = hit.finding.steps[0].path
    assert "sourceId%20eq%20%22id-" in told_path
    assert told_path.endswith(rest)


def test_what_was_never_touched_is_told_for_the_versions_that_were(place: Path) -> None:
    report = report_of(place, {"log": {"entries": [entry(COUNT), entry("/work-items/v1/count")]}})

    assert report.untouched().keys() == {"v2025", "v1"}
    assert set(report.untouched()["v2025"]) == operations("v2025").keys() - {"getCountWorkItems"}
    assert (report.exit_code(), report.exit_code(require_all=True)) == (FOUND_NOTHING, FOUND)


def test_versions_that_are_asked_for_are_told_even_if_none_of_them_was_touched(place: Path) -> None:
    report = report_of(place, {"log": {"entries": [entry(COUNT)]}}, versions=("v2024",))

    assert {version: len(names) for version, names in report.untouched().items()} == {"v2024": len(operations("v2024"))}


def test_traffic_that_touches_nothing_fails_where_all_is_required(place: Path) -> None:
    report = report_of(place, {"log": {"entries": []}})

    assert (report.exit_code(), report.exit_code(require_all=True)) == (FOUND_NOTHING, FOUND)


def test_what_is_not_of_the_contract_is_counted_by_method_and_first_segment(place: Path) -> None:
    others = [
        entry("/v2024/accounts/sunniva"),
        entry("/v2024/sources"),
        entry("/oauth/token", "POST"),
        entry("/sunniva.hale/private"),
        entry("/v2025/work-items", "OPTIONS"),
        {**entry("/"), "request": {**entry("/")["request"], "url": "data:image/png;base64,AAAA"}},
    ]

    report = report_of(place, {"log": {"entries": others}})

    assert report.foreign == {"GET /v2024": 2, "POST /oauth": 1, "GET /…": 1, "OPTIONS /v2025": 1, "GET data:": 1}
    assert (report.exchanges, len(report.findings)) == (0, 0)


def test_what_has_no_answer_or_no_body_is_not_judged(place: Path) -> None:
    without_a_body = entry(COUNT)
    del without_a_body["response"]["content"]["text"]
    unposted = entry("/v2025/work-items/abc/forward", "POST")
    unposted["request"]["bodySize"] = 70
    aborted, unanswered = entry(COUNT, status=0), {**entry(COUNT), "response": None}

    report = report_of(place, {"log": {"entries": [without_a_body, unposted, aborted, unanswered]}})

    assert (report.exchanges, report.unjudged, len(report.findings)) == (4, 4, 0)
    assert report.rows.keys() == {("getCountWorkItems", "v2025"), ("forwardWorkItem", "v2025")}


def test_a_closed_connection_in_the_journal_is_not_judged(isc: Isc, isc_client: httpx.Client, place: Path) -> None:
    isc.faults({"operationId": "getCountWorkItems", "connection": "closed"})
    with pytest.raises(httpx.TransportError):
        isc_client.get(COUNT)

    report = validate([written("journal", place, isc, [])])

    assert (report.exchanges, report.unjudged) == (1, 1)


def test_bodies_in_base64_are_read(place: Path) -> None:
    sound, wrong = entry(COUNT, text="eyJjb3VudCI6IDJ9"), entry(COUNT, text="/////w==")
    for one in (sound, wrong):
        one["response"]["content"]["encoding"] = "base64"

    report = report_of(place, {"log": {"entries": [sound, wrong]}})

    assert [hit.count for hit in report.findings] == [1]


def test_a_header_of_several_lines_is_several_headers(place: Path) -> None:
    place.write_text(json.dumps({"log": {"entries": [entry(COUNT, headers=[{"name": "Accept", "value": "a/b\nc/d"}])]}}))

    (recorded,) = traffic.read(place)

    assert recorded.request.headers == (("Accept", "a/b"), ("Accept", "c/d"))


@pytest.mark.parametrize("text", ["[" * 600 + "]" * 600, "[" * 100_000, '{"count": "\\ud800"}', '{"count": NaN}'])
def test_a_hostile_answer_is_a_finding(place: Path, text: str) -> None:
    report = report_of(place, {"log": {"entries": [entry(COUNT, text=text)]}})

    assert [hit.finding.operation for hit in report.findings] == ["getCountWorkItems"]
    told(report).encode()


def test_a_content_type_that_is_none_is_a_finding(place: Path) -> None:
    report = report_of(place, {"log": {"entries": [entry(COUNT, mime=";;;=")]}})

    assert [hit.finding.operation for hit in report.findings] == ["getCountWorkItems"]


SOUND = {"request": {"method": "GET", "url": f"{ORIGIN}{COUNT}", "headers": []}, "answer": {"status": 200, "headers": [], "body": "canary"}}

JOURNALED: Json = {"method": "GET", "path": COUNT, "query": {}, "status": 200, "answer": {"count": 1}, "request": None}

LEDGER = {"time": "", "seed": 1, "method": "GET", "version": "v3", "operation": None, "path": "/canary", "status": 200, "ms": 1.5}


def changed(value: Json, path: str, new: Json) -> Json:
    """A copy of JSON that has something else, or with ... nothing, at a path such as request.method."""
    copy = json.loads(json.dumps(value))
    *parents, last = path.split(".")
    node = copy
    for name in parents:
        node = node[int(name) if name.isdigit() else name]
    if new is ...:
        del node[last]
    else:
        node[last] = new
    return copy


def entry(
    path: str,
    method: str = "GET",
    *,
    text: str = '{"count": 1}',
    mime: str = "application/json",
    status: int = 200,
    headers: Json = (),
    body: Json = None,
    raw: str = "",
) -> Json:
    """Of a HAR, as small as it can be."""
    kind = "application/json-patch+json" if method == "PATCH" else "application/json"
    posted = {"postData": {"mimeType": kind, "text": raw or json.dumps(body)}} if raw or body is not None else {}
    return {
        "request": {"method": method, "url": HOST + path, "headers": list(headers), **posted},
        "response": {"status": status, "headers": [], "content": {"size": len(text), "mimeType": mime, "text": text}},
    }


HAR: Json = {"log": {"version": "1.2", "entries": [entry(COUNT), entry(COUNT, text="canary")]}}

MISTAKES = {
    "": "is empty; expected is a HAR",
    "\n \n": "is empty",
    "canary": "line 1: is not JSON",
    '{"log":\n {"entries": [\n canary': "line 3: is not JSON",
    '"canary"': "line 1: is no exchange; expected is a HAR",
    "[1]": "entry 1: is no exchange",
    '{"canary": 1}': "line 1: is no exchange",
    lines([LEDGER]): "line 1: this is a ledger, which has no answers to judge; give the traffic.ndjson or traffic.har of the same run",
    lines([SOUND]) + "\n" + '{"canary": ': "line 3: is not JSON",
    lines([SOUND, 7]): "line 2: is no exchange",
    lines([HAR, HAR]): "line 2: something follows the end of the document",
    '{"entries": "canary"}': "entries must be a list",
    '{"log": ["canary"]}': "log must be an object",
    '{"log": {"entries": {"canary": 1}}}': "log: entries must be a list",
    lines([changed(HAR, "log.entries", [HAR["log"]["entries"][0], "canary"])]): "log: entries 2 must be an object",
    lines([changed(HAR, "log.entries.1.request", ...)]): "log: entries 2: request must be an object",
    lines([changed(HAR, "log.entries.1.request.method", ["canary"])]): "entries 2: request: method must be a string",
    lines([changed(HAR, "log.entries.1.request.url", "http://[canary")]): "entries 2: request: its address is none",
    lines([changed(HAR, "log.entries.1.request.headers", "canary")]): "entries 2: request: headers must be a list",
    lines([changed(HAR, "log.entries.1.request.headers", [{"name": 1, "value": "canary"}])]): "headers 1: name must be a string",
    lines([changed(HAR, "log.entries.1.response.status", "canary")]): "entries 2: response: status must be a number",
    lines([changed(HAR, "log.entries.1.response.content", "canary")]): "entries 2: response: content must be an object",
    lines([changed(HAR, "log.entries.1.response.content.encoding", "canary")]): "content: encoding must be base64",
    lines([changed(HAR, "log.entries.1.response.content", {"text": "canary!", "encoding": "base64"})]): "content: text must be base64",
    lines([SOUND, changed(SOUND, "request.headers", [["canary"]])]): "line 2: request: headers must be a list of pairs of strings",
    lines([SOUND, changed(SOUND, "request.url", ...)]): "line 2: request: url must be a string",
    lines([SOUND, changed(SOUND, "answer.status", True)]): "line 2: answer: status must be a number",
    lines([SOUND, changed(SOUND, "answer.body", ["canary"])]): "line 2: answer: body must be a string",
    lines([JOURNALED, changed(JOURNALED, "query", "canary")]): "line 2: query must be an object",
    lines([{"dropped": 0, "entries": [JOURNALED, changed(JOURNALED, "path", 1)]}]): "entry 2: path must be a string",
}


@pytest.mark.parametrize("content", MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_in_a_file_is_told_with_its_place_and_without_its_content(place: Path, content: str) -> None:
    place.write_text(content)

    with pytest.raises(Misuse) as mistake:
        validate([place])

    assert str(mistake.value).startswith(f"{place}: ")
    assert MISTAKES[content] in str(mistake.value)
    assert "canary" not in str(mistake.value).replace(str(place), "")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x80canary", b"[" * 100_000])
def test_what_is_no_text_is_told_with_its_place(place: Path, content: bytes) -> None:
    place.write_bytes(content)

    with pytest.raises(Misuse, match="line 1: is not JSON"):
        validate([place])


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"nothing\.har: cannot be read: No such file"):
        validate([tmp_path / "nothing.har"])
    with pytest.raises(Misuse, match="cannot be read: Is a directory"):
        validate([tmp_path])


def test_a_stroke_stands_for_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines([JOURNALED, JOURNALED]).encode())))

    assert validate([Path("-")]).exchanges == 2


def test_a_mistake_on_standard_input_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"nonsense")))

    with pytest.raises(Misuse, match=r"^standard input: line 1: "):
        validate([Path("-")])


def test_ndjson_is_read_line_by_line(place: Path) -> None:
    place.write_text(lines([SOUND, SOUND]) + "cut short")
    recorded = traffic.read(place)

    read = [next(recorded).place, next(recorded).place]

    assert read == ["line 1", "line 2"]
    with pytest.raises(Misuse, match="line 3"):
        next(recorded)


def test_several_files_make_one_report(tmp_path: Path) -> None:
    places = [tmp_path / "one", tmp_path / "two"]
    places[0].write_text(lines([JOURNALED]))
    places[1].write_text(json.dumps({"log": {"entries": [entry("/v3/work-items/count", text="[]")]}}))

    report = validate(places)

    assert report.rows.keys() == {("getCountWorkItems", "v2025"), ("getCountWorkItems", "v3")}
    assert [hit.versions for hit in report.findings] == [{"v3": 1}]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_path_names_the_version(place: Path, version: str) -> None:
    base = "/work-items/v1" if version == "v1" else f"/{version}/work-items"

    report = report_of(place, {"log": {"entries": [entry(f"{base}/completed", text="[]")]}})

    assert report.rows.keys() == {("getCompletedWorkItems", version)}
