"""A run as one page for people: self-contained, without scripts, and built as a tree, so that no hostile text can become markup."""

from __future__ import annotations

import re
from datetime import UTC
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from contract_tests.harness.findings import Hits
from contract_tests.harness.reports import rows
from contract_tests.harness.reports.legible import counted, legible, shortened
from contract_tests.harness.summary import Row, Summary

LOOK = Path(__file__).with_name("look.css")

TIMES = "\u00d7"

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

PSEUDONYMS = (
    "Ids, names and the like are pseudonyms: the same one always stands for the same value, and the target does not know it. "
    "To send a request of a finding with the values that the target has, run "
)


def write(summary: Summary, place: Path) -> None:
    """Raises OSError."""
    page = Element("html", lang="en")
    _head(page, summary)
    body = SubElement(page, "body")
    _header(body, summary)
    main = SubElement(body, "main")
    _facts(main, summary)
    _heat_map(main, summary)
    _findings(main, summary)
    _accepted(main, summary)
    _troubles(main, summary)
    origin = summary.origin
    tools = ", ".join(f"{name} {number}" for name, number in origin.tools.items())
    _add(body, "footer", f"isc-contract {origin.command} --seed {origin.seed} repeats this run. {tools}.")
    place.write_bytes(b"<!DOCTYPE html>\n" + tostring(page, encoding="utf-8", method="html") + b"\n")


def _add(parent: Element, tag: str, text: str = "", class_: str = "", **attributes: str) -> Element:
    if class_:
        attributes["class"] = class_
    element = SubElement(parent, tag, {name: legible(value) for name, value in attributes.items()})
    element.text = legible(text)
    return element


def _head(page: Element, summary: Summary) -> None:
    head = SubElement(page, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _add(head, "title", f"{_verdict(summary)} · {summary.origin.target} · isc-contract")
    SubElement(head, "style").text = LOOK.read_text(encoding="utf-8")


def _verdict(summary: Summary) -> str:
    """What was not tried cannot be praised."""
    if summary.findings:
        return counted(len(summary.findings), "finding")
    if summary.sent == 0:
        return "Nothing was sent"
    return "Nothing found so far" if summary.ended is not None else "Nothing found"


def _header(body: Element, summary: Summary) -> None:
    is_whole = summary.ended is None and summary.sent > 0
    header = _add(body, "header", class_="found" if summary.findings else "" if is_whole else "cut")
    inside = SubElement(header, "div")
    _add(inside, "h1", _verdict(summary))
    origin = summary.origin
    started = summary.started.astimezone(UTC)
    _add(inside, "p", f"isc-contract {origin.command} · {origin.target} ({origin.kind}, {origin.mode}) · {started:%Y-%m-%d %H:%M:%S} UTC")
    if summary.ended is not None:
        _add(inside, "p", f"The run ended early: {summary.ended}", class_="ended")


def _facts(main: Element, summary: Summary) -> None:
    origin, accepted = summary.origin, sum(hit.accepted is not None for hit in summary.findings)
    limit = "no limit" if summary.rate is None else f"{summary.rate:,} allowed"
    facts = _add(main, "dl", class_="facts card")
    for name, value in (
        ("Findings", f"{len(summary.findings):,}" + (f" + {accepted:,} accepted" if accepted else "")),
        ("Requests sent", f"{summary.sent:,}"),
        ("Held back by the guard", f"{summary.refused:,}"),
        ("Most in any 10 s", f"{summary.highest:,} ({limit})"),
        ("Took", f"{summary.seconds:,.1f} s"),
        ("Seed", str(origin.seed)),
    ):
        _fact(facts, name, value, "large")
    _fact(facts, "Waited for the rate", f"{summary.waited:,.1f} s")
    _fact(facts, "Versions", " ".join(origin.versions))
    _fact(facts, "Digest of the contract", origin.contract)
    _fact(facts, "Digest of the profile", origin.profile)
    _fact(facts, "Data", "pseudonyms" if origin.redacted else "as the target has it: redaction was off")
    if summary.ledger:
        _fact(facts, "Ledger of all requests", summary.ledger, wide=True)


def _fact(facts: Element, name: str, value: str, class_: str = "", *, wide: bool = False) -> None:
    pair = _add(facts, "div", class_="wide" if wide else "")
    _add(pair, "dt", name)
    _add(pair, "dd", value, class_=class_)


def _heat_map(main: Element, summary: Summary) -> None:
    _add(main, "h2", "Operations")
    table = SubElement(_add(main, "div", class_="scroll card"), "table")
    top = SubElement(SubElement(table, "thead"), "tr")
    for name in ("operation", *summary.origin.versions):
        _add(top, "th", name, scope="col")
    lines = SubElement(table, "tbody")
    for operation in rows.operations(summary):
        line = SubElement(lines, "tr")
        _name(_add(line, "th", scope="row"), operation)
        for version in summary.origin.versions:
            _cell(line, summary, operation, version)
    legend = _add(main, "p", class_="legend")
    for class_, text in (("good", "answered 2xx"), ("plain", "refused 4xx only"), ("bad", "failed 5xx"), ("found", "a finding")):
        _add(legend, "i", class_=class_).tail = text


def _name(cell: Element, operation: str) -> None:
    """With places where a narrow screen may break it."""
    first, *others = re.split(r"(?<=[a-z])(?=[A-Z])", legible(operation))
    cell.text = first
    for part in others:
        SubElement(cell, "wbr").tail = part


def _cell(line: Element, summary: Summary, operation: str, version: str) -> None:
    row = summary.rows.get((operation, version), Row())
    hits = [hit for hit in summary.findings if hit.accepted is None and hit.finding.operation == operation and version in hit.versions]
    cell = _add(line, "td", class_=f"{_heat(row)} found" if hits else _heat(row))
    if row.statuses:
        counts, share = _add(cell, "div", class_="counts"), _add(cell, "div", class_="share")
        for status, number in sorted(row.statuses.items()):
            one = _add(counts, "span", class_=f"s{status // 100}")
            _add(one, "b", str(status)).tail = f" {TIMES} {number:,}"
            _add(share, "span", class_=f"s{status // 100}", style=f"flex:{number}")
    elif not hits:
        cell.text = "not tried" if rows.exists(operation, version) else f"not in {version}"
    if hits:
        _add(cell, "a", counted(len(hits), "finding"), class_="mark", href=f"#{hits[0].finding.id}")


def _heat(row: Row) -> str:
    kinds = {status // 100 for status in row.statuses}
    return "none" if not kinds else "bad" if kinds & {0, 5} else "good" if 2 in kinds else "plain"


def _findings(main: Element, summary: Summary) -> None:
    hits = [hit for hit in summary.findings if hit.accepted is None]
    if not hits:
        return
    _add(main, "h2", "Findings")
    if summary.origin.redacted:
        note = _add(main, "p", PSEUDONYMS, class_="note")
        _add(note, "code", "isc-contract replay FINDING").tail = "."
    for hit in hits:
        _finding(main, summary, hit)


def _accepted(main: Element, summary: Summary) -> None:
    hits = [hit for hit in summary.findings if hit.accepted is not None]
    if hits:
        details = SubElement(main, "details")
        _add(details, "summary", f"{counted(len(hits), 'finding')} that the baseline accepts")
        for hit in hits:
            _finding(details, summary, hit)


def _finding(parent: Element, summary: Summary, hit: Hits) -> None:
    finding = hit.finding
    article = _add(parent, "article", class_="card", id=finding.id)
    _add(article, "h3", finding.says)
    if hit.accepted is not None:
        _add(article, "p", f"Accepted: {hit.accepted}", class_="reason")
    told = f"{finding.operation} · {finding.check} · {shortened(finding.place, 200)} · finding {finding.id} · seed {summary.origin.seed}"
    _add(article, "p", told)
    where = _add(article, "p", f"hit {counted(hit.count, 'time')}: ")
    for version, number in hit.versions.items():
        _add(where, "span", f"{version} {TIMES} {number:,}", class_="chip").tail = " "
    _add(article, "h4", f"What came, in {finding.version}")
    _add(article, "pre", finding.came)
    if finding.steps:
        _add(article, "h4", "See it again")
    for step in finding.steps:
        _add(article, "pre", step.curl())


def _troubles(main: Element, summary: Summary) -> None:
    if summary.troubles:
        _add(main, "h2", "What could not be tried")
        items = _add(main, "ul", class_="troubles card")
        for trouble in summary.troubles:
            _add(items, "li", trouble)
