"""Filter expressions: drawn from the grammar, written as text, and evaluated on documents. A model that owes nothing to the fake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.harness.inventory import field_of

Json = Any

NEVER = "a value that nothing has"

UNSUPPORTED = ("ne", "gt", "ge", "lt", "le", "co", "sw")
"""Operators that the grammar knows, and the list of tasks does not."""


@dataclass(frozen=True)
class Comparison:
    field: str
    operator: str
    values: tuple[str, ...] = ()

    def text(self) -> str:
        if self.operator == "isnull":
            return f"{self.field} isnull"
        if self.operator == "in":
            return f"{self.field} in ({', '.join(map(quoted, self.values))})"
        return f"{self.field} {self.operator} {quoted(self.values[0])}"

    def holds(self, document: Json) -> bool:
        """Strings compare without regard to case; null equals nothing."""
        value = field_of(document, self.field)
        if self.operator == "isnull":
            return value is None
        return value is not None and value.lower() in [wanted.lower() for wanted in self.values]


@dataclass(frozen=True)
class Not:
    part: Expression

    def text(self) -> str:
        return f"not ({self.part.text()})"

    def holds(self, document: Json) -> bool:
        return not self.part.holds(document)


@dataclass(frozen=True)
class Both:
    """Two parts, joined by `and` or `or`. `grouped`: in parentheses."""

    word: str
    left: Expression
    right: Expression

    def text(self) -> str:
        return " ".join([_grouped(self.left, self.word), self.word, _grouped(self.right, self.word)])

    def holds(self, document: Json) -> bool:
        join = all if self.word == "and" else any
        return join(part.holds(document) for part in (self.left, self.right))


Expression = Comparison | Not | Both


def supported(fields: Mapping[str, Mapping[str, Any]], values: Mapping[str, Sequence[str]]) -> SearchStrategy[Expression]:
    """`fields`: the extension x-isc-filters of the operation. `values`: what the documents have, by field."""
    comparisons = st.one_of(
        [_comparison(name, operator, _values(name, fields, values)) for name in fields for operator in _operators(fields, name)]
    )
    return st.one_of(comparisons, st.recursive(comparisons, _composites, max_leaves=4))


def simplest(fields: Mapping[str, Mapping[str, Any]], values: Mapping[str, Sequence[str]]) -> list[Expression]:
    """One comparison for each field and operator, with values that documents have: what is tried first."""
    found: list[Expression] = []
    for name in fields:
        listed = fields[name].get("values")
        known = tuple(value for value in values.get(name, ()) if listed is None or value in listed) or tuple(listed or (NEVER,))
        for operator in _operators(fields, name):
            chosen = {"isnull": (), "in": known[:2]}.get(operator, known[:1])
            found.append(Comparison(name, operator, tuple(chosen)))
    return found


def invalid(fields: Mapping[str, Mapping[str, Any]]) -> SearchStrategy[str]:
    """Texts that are no supported expression: another grammar, an unknown field, an operator that the field does not take."""
    name = min(fields)
    some = quoted("x")
    unknown = st.sampled_from(["nonsense", "state", "created", "owner.id"]).map(lambda field: f"{field} eq {some}")
    operators = st.sampled_from([f"{name} {operator} {some}" for operator in UNSUPPORTED] + [f"pr {name}", f"{name} ca ({some})"])
    not_nullable = [f"{field} isnull" for field in fields if "isnull" not in fields[field]["operators"]]
    broken = st.sampled_from(
        [
            f"{name} EQ {some}",
            f"{name} eq",
            f"{name} eq 'x'",
            f"{name} {some}",
            f"eq {some}",
            f"{name} eq {some} and",
            f"and {name} eq {some}",
            f"({name} eq {some}",
            f"{name} eq {some})",
            f"{name} in {some}",
            f"{name} in ()",
            f'{name} eq "x',
            f"{name} eq {some} {name} eq {some}",
            f"{name} eq {some} AND {name} eq {some}",
            f"not {name}",
            f"{name} = {some}",
            "nonsense",
            "()",
        ]
    )
    return st.one_of(broken, unknown, operators, *([st.sampled_from(not_nullable)] if not_nullable else []))


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _operators(fields: Mapping[str, Mapping[str, Any]], name: str) -> list[str]:
    return [operator for operator in fields[name]["operators"] if operator in ("eq", "in", "isnull")]


def _values(name: str, fields: Mapping[str, Mapping[str, Any]], values: Mapping[str, Sequence[str]]) -> SearchStrategy[str]:
    known = list(values.get(name, ()))[:20]
    if "values" in fields[name]:  # a constant that is not listed is a 400
        return st.sampled_from([value for value in known if value in fields[name]["values"]] + list(fields[name]["values"]))
    found = st.sampled_from(known).flatmap(lambda value: st.sampled_from([value, value.upper()])) if known else st.just(NEVER)
    return st.one_of(found, st.just(NEVER))


def _comparison(name: str, operator: str, values: SearchStrategy[str]) -> SearchStrategy[Expression]:
    if operator == "isnull":
        return st.just(Comparison(name, "isnull"))
    most = 1 if operator == "eq" else 3
    return st.lists(values, min_size=1, max_size=most, unique=True).map(lambda chosen: Comparison(name, operator, tuple(chosen)))


def _composites(inner: SearchStrategy[Expression]) -> SearchStrategy[Expression]:
    return st.builds(Not, inner) | st.builds(Both, st.sampled_from(["and", "or"]), inner, inner)


def _grouped(part: Expression, word: str) -> str:
    return f"({part.text()})" if isinstance(part, Both) and part.word != word else part.text()
