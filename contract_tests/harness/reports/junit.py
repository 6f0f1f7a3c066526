"""A run as JUnit XML, for CI: a suite for each version, a case for each operation, and one suite for the run itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from contract_tests.harness.findings import Hits
from contract_tests.harness.reports.legible import legible, shortened
from contract_tests.harness.summary import Summary

SHORT = 300
"""Characters of an attribute that tools show as a line."""


def write(summary: Summary, place: Path) -> None:
    """A finding fails the case of its operation in each version that shows it. If all are accepted, it is skipped, with the reasons.

    What could not be tried is an error; the end of a run that ended early is skipped. Raises OSError.
    """
    root = Element("testsuites", name=f"isc-contract {_attribute(summary.origin.command)}", time=f"{summary.seconds:.3f}")
    for version in summary.origin.versions:
        _suite(root, summary, version, [_operation(summary, version, name) for name in _operations(summary, version)])
    _suite(root, summary, "run", [_tried(summary), _ended(summary)])
    for counted in ("tests", "failures", "errors", "skipped"):
        root.set(counted, str(sum(int(suite.get(counted, "0")) for suite in root)))
    indent(root)
    with place.open("wb") as file:
        ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _suite(root: Element, summary: Summary, name: str, cases: Sequence[Element]) -> None:
    counts = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": sum(case.find("error") is not None for case in cases),
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    started = summary.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")  # its schema knows no time zone
    seconds = summary.seconds if name == "run" else 0
    suite = SubElement(root, "testsuite", name=name, timestamp=started, time=f"{seconds:.3f}")
    for key, number in counts.items():
        suite.set(key, str(number))
    properties = SubElement(suite, "properties")
    for key, value in _properties(summary).items():
        SubElement(properties, "property", name=_attribute(key), value=_attribute(value))
    suite.extend(cases)


def _properties(summary: Summary) -> dict[str, str]:
    origin = summary.origin
    return {
        "target": origin.target,
        "kind": origin.kind,
        "mode": origin.mode,
        "seed": str(origin.seed),
        "contract": origin.contract,
        "profile": origin.profile,
        "redacted": str(origin.redacted).lower(),
        "requests": str(summary.sent),
        **{f"tool.{name}": number for name, number in origin.tools.items()},
    }


def _operations(summary: Summary, version: str) -> list[str]:
    tried = [name for name, one in summary.rows if one == version]
    found = [hit.finding.operation for hit in summary.findings if version in hit.versions]
    return list(dict.fromkeys([*tried, *found]))


def _operation(summary: Summary, version: str, operation: str) -> Element:
    case = _case(version, operation)
    hits = [hit for hit in summary.findings if hit.finding.operation == operation and version in hit.versions]
    failures = [hit for hit in hits if hit.accepted is None]
    accepted = [(hit, hit.accepted) for hit in hits if hit.accepted is not None]
    for hit in failures:
        failure = SubElement(case, "failure", type=_attribute(hit.finding.check), message=_attribute(hit.finding.says))
        failure.text = legible(_told(hit, version, summary.origin.seed))
    if not failures:  # some tools take a case that has both for a skipped one
        for hit, reason in accepted:
            SubElement(case, "skipped", message=_attribute(reason)).text = legible(_told(hit, version, summary.origin.seed))
    row = summary.rows.get((operation, version))
    lines = [f"{status}: {number}" for status, number in sorted(row.statuses.items())] if row else []
    lines += [f"accepted: {hit.finding.id}: {reason}" for hit, reason in accepted]
    if lines:
        SubElement(case, "system-out").text = legible("\n".join(lines))
    return case


def _tried(summary: Summary) -> Element:
    case = _case("run", "everything could be tried")
    for trouble in summary.troubles:
        SubElement(case, "error", type="trouble", message=_attribute(trouble)).text = legible(trouble)
    return case


def _ended(summary: Summary) -> Element:
    case = _case("run", "the run came to its end")
    case.set("time", f"{summary.seconds:.3f}")
    if summary.ended is not None:
        SubElement(case, "skipped", message=_attribute(f"ended early: {summary.ended}"))
    rate = "no limit" if summary.rate is None else f"{summary.rate} allowed"
    SubElement(case, "system-out").text = legible(
        f"requests: {summary.sent}\nheld back by the guard: {summary.refused}\nmost in any 10 s: {summary.highest} ({rate})\n"
        f"ledger: {summary.ledger or '(none)'}" + (f"\nended early: {summary.ended}" if summary.ended is not None else "")
    )
    return case


def _case(suite: str, name: str) -> Element:
    return Element("testcase", classname=suite, name=_attribute(name), time="0.000")


def _told(hit: Hits, version: str, seed: int) -> str:
    finding = hit.finding
    curl = "\n".join(step.curl() for step in finding.steps)
    return (
        f"{finding.says}\n\nwhat came: {finding.came}\n\n{curl}\n\n"
        f"finding {finding.id}, {hit.versions[version]} times in {version}; shown from {finding.version}; seed {seed}"
    )


def _attribute(text: str) -> str:
    return shortened(text, SHORT)
