"""Findings that people accept for a while: a YAML list of `finding`, `reason` and `expires`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml

from contract_tests.harness.errors import Misuse
from contract_tests.harness.findings import Hits
from contract_tests.harness.reports.legible import shortened
from contract_tests.harness.summary import Summary

KEYS = ("finding", "reason", "expires")

MEND = "expected is a list of {finding: ID, reason: text, expires: YYYY-MM-DD}"

FIRST_TERM = timedelta(days=90)
"""How long a suggestion proposes to accept a finding."""

_ID = re.compile(r"[0-9a-f]{10}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class _Accepted:
    place: str
    finding: str
    reason: str
    expires: date
    """The last day on which it holds."""


def load(place: Path, today: date) -> dict[str, str]:
    """The reasons by id of finding, of what is still accepted `today`. An empty file accepts nothing.

    Raises:
        Misuse: the file cannot be read, or an entry is wrong; names file, line, item and mend.
    """
    return {one.finding: one.reason for one in _read(place) if one.expires >= today}


def expired(place: Path, today: date) -> list[str]:
    """A line for each entry that does not hold any more. Raises Misuse, as `load`."""
    return [
        f"{one.place}: {one.finding} is not accepted since {one.expires + timedelta(days=1)}: {shortened(one.reason, 200)}"
        for one in _read(place)
        if one.expires < today
    ]


def suggestion(summary: Summary) -> str:
    """The entries for what was found and is not accepted yet. `load` refuses them until somebody has given the reasons."""
    hits = [hit for hit in summary.findings if hit.accepted is None]
    expires = summary.started.date() + FIRST_TERM
    return "".join(_suggested(hit, expires) for hit in hits) or "[]\n"


def _suggested(hit: Hits, expires: date) -> str:
    finding = hit.finding
    about = shortened(f"{finding.operation}: {finding.check}: {finding.says}", 130)
    return f'# {about}\n- finding: "{finding.id}"\n  reason: ""\n  expires: {expires}\n'


def _read(place: Path) -> list[_Accepted]:
    document = _document(place)
    if document is None:
        return []
    if not isinstance(document, yaml.SequenceNode):
        raise Misuse(f"{_where(place, document)}: is no list; {MEND}")
    accepted: dict[str, _Accepted] = {}
    for number, item in enumerate(document.value, 1):
        one = _entry(f"{_where(place, item)}: item {number}", item)
        if one.finding in accepted:
            raise Misuse(f"{one.place}: {one.finding} is accepted already, at {accepted[one.finding].place}; take one of them out")
        accepted[one.finding] = one
    return list(accepted.values())


def _document(place: Path) -> yaml.Node | None:
    """As nodes: they know their lines, and an id of digits alone stays a text."""
    try:
        node: yaml.Node | None = yaml.compose(place.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise Misuse(f"--baseline: {place}: cannot be read: {error.strerror}; name a file that exists") from None
    except UnicodeDecodeError:
        raise Misuse(f"{place}: is not UTF-8; {MEND}") from None
    except RecursionError:
        raise Misuse(f"{place}: is nested too deeply; {MEND}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f": line {mark.line + 1}" if mark else ""
        problem = shortened(getattr(error, "problem", None) or str(error), 200)
        raise Misuse(f"{place}{line}: is not YAML: {problem}; {MEND}") from None
    return node


def _entry(where: str, item: yaml.Node) -> _Accepted:
    members = dict(_members(where, item))
    for key in KEYS:
        if not members.get(key):
            raise Misuse(f"{where}: lacks {_MISSING[key]}")
    if not _ID.fullmatch(members["finding"]):
        raise Misuse(
            f"{where}: finding {shortened(members['finding'], 40)!r} is no id; give the ten digits and letters that a report shows"
        )
    return _Accepted(where, members["finding"], members["reason"], _day(where, members["expires"]))


_MISSING = {
    "finding": "finding; give the id that a report shows",
    "reason": "reason; say why it is accepted, and where that was decided",
    "expires": "expires; say until which day, as YYYY-MM-DD",
}


def _members(where: str, item: yaml.Node) -> Iterator[tuple[str, str]]:
    if not isinstance(item, yaml.MappingNode):
        raise Misuse(f"{where}: is no mapping; {MEND}")
    known: set[str] = set()
    for key, value in item.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "(no text)"
        if name not in KEYS:
            raise Misuse(f"{where}: unknown key {shortened(name, 40)}; known are {', '.join(KEYS)}")
        if name in known:
            raise Misuse(f"{where}: {name} stands there twice; take one of them out")
        if not isinstance(value, yaml.ScalarNode):
            raise Misuse(f"{where}: {name} is no text; {MEND}")
        known.add(name)
        yield name, "" if value.tag.endswith(":null") else value.value.strip()


def _day(where: str, text: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # such as the 30th of February
    raise Misuse(f"{where}: expires {shortened(text, 40)!r} is no day; write it as YYYY-MM-DD, such as 2027-01-31")


def _where(place: Path, node: yaml.Node) -> str:
    return f"{place}: line {node.start_mark.line + 1}"
