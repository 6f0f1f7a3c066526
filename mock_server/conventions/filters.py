"""The filter syntax that all ISC collections share: parses it, checks it against what an endpoint supports, decides what matches.

Grammar (documented): `not` binds before `and`, `and` before `or`; operators are lower case; `\\"` and `\\\\` escape inside strings.
Comparisons of strings ignore case (observed: `completionStatus eq "Error"` and `eq "ERROR"` find the same).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput

from mock_server.conventions.errors import IllegalValue

MAX_DEPTH = 50
"""Of `not`, `and` and `or` inside one another: far more than people write, far less than Python's stack."""

GRAMMAR = r"""
?start: or
?or: and (_OR and)*             -> any_of
?and: not (_AND not)*           -> all_of
?not: _NOT not                  -> negation
    | "(" or ")"
    | comparison
comparison: FIELD VALUE_OPERATOR literal
          | FIELD LIST_OPERATOR "(" literal ("," literal)* ")"
          | FIELD OTHER_OPERATOR [literal | "(" literal ("," literal)* ")"]
          | FIELD _ISNULL       -> is_null
          | _PR FIELD           -> present
?literal: STRING                -> quoted
        | UNQUOTED              -> unquoted
_OR.2: /or(?![\w.\-])/
_AND.2: /and(?![\w.\-])/
_NOT.2: /not(?![\w.\-])/
_ISNULL.2: /isnull(?![\w.\-])/
_PR.2: /pr(?![\w.\-])/
VALUE_OPERATOR.2: /(?:eq|ne|gt|ge|lt|le|co|sw)(?![\w.\-])/
LIST_OPERATOR.2: /(?:in|ca)(?![\w.\-])/
OTHER_OPERATOR.1: /[A-Za-z]+(?![\w.\-])/
UNQUOTED.2: /(?:true|false|\d{4}-\d\d-\d\d(?:T[0-9:.+\-Z]+)?|-?\d+(?:\.\d+)?)(?![\w.\-])/
FIELD: /[A-Za-z_][A-Za-z0-9_.\-]*/
STRING: /"(?:\\["\\]|[^"\\])*"/s
%ignore /\s+/
"""

# OTHER_OPERATOR is none, but read as one, so that `id EQ "x"` can be told what is supported.

Lookup = Callable[[str], Any]
Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`values` has one member, several (`in`, `ca`) or none (`isnull`, `pr`)."""

    field: str
    operator: str
    values: tuple[Any, ...] = ()
    depth: int = 1


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Expression, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Expression, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Not:
    part: Expression
    depth: int


Expression = Comparison | All | AnyOf | Not


def _equals(wanted: tuple[Any, ...]) -> Test:
    folded = {fold(one) for one in wanted}
    return lambda value: value is not None and fold(value) in folded


def _is_null(_wanted: tuple[Any, ...]) -> Test:
    return lambda value: value is None


EVALUATED: Mapping[str, Callable[[tuple[Any, ...]], Test]] = {"eq": _equals, "in": _equals, "isnull": _is_null}
"""The operators that some endpoint supports. A document that names another one in `x-isc-filters` does not start."""


def matches(expression: Expression, lookup: Lookup) -> bool:
    """Whether the expression holds for a document whose fields `lookup` knows."""
    return condition(expression, lambda field: lambda one: one(field))(lookup)


def condition(expression: Expression, reader: Callable[[str], Callable[[Any], Any]]) -> Callable[[Any], bool]:
    """The same, prepared for many documents: `reader` makes of a field what takes it out of a document.

    Walking the expression for each document takes longer, and there may be many.
    """
    match expression:
        case Comparison(field, operator, values):
            read, test = reader(field), EVALUATED[operator](values)
            return lambda document: test(read(document))
        case All(parts):
            needed = [condition(part, reader) for part in parts]
            return lambda document: all(one(document) for one in needed)
        case AnyOf(parts):
            enough = [condition(part, reader) for part in parts]
            return lambda document: any(one(document) for one in enough)
        case Not(part):
            refused = condition(part, reader)
            return lambda document: not refused(document)


def values_of(expression: Expression, field: str) -> Iterator[Any]:
    """All that the expression compares the field with."""
    match expression:
        case Comparison(name, _, values):
            yield from values if name == field else ()
        case Not(part):
            yield from values_of(part, field)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from values_of(part, field)


def fold(value: Any) -> Any:
    """A value as comparisons see it."""
    return value.casefold() if isinstance(value, str) else value


@lru_cache(maxsize=256)
def parse(text: str) -> Expression:
    """Raises IllegalValue that names the character where the expression stops making sense."""
    try:
        expression: Expression = _PARSER.parse(text)  # type: ignore[assignment]  # the transformer makes an Expression of the tree
    except UnexpectedInput as error:
        at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
        place = len(text) + 1 if at_end else (error.pos_in_stream or 0) + 1
        raise IllegalValue("filters", f"The expression makes no sense at character {place}.") from None
    if expression.depth > MAX_DEPTH:
        raise IllegalValue("filters", f"The expression is nested more than {MAX_DEPTH} deep.")
    return expression


def check(expression: Expression, supported: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises IllegalValue for a field or operator that the endpoint does not support, and says what it does.

    `supported` is `x-isc-filters`: field → {operators, values?}. Values are the operation's to judge.
    """
    match expression:
        case Comparison():
            _check_comparison(expression, supported)
        case Not(part):
            check(part, supported)
        case All(parts) | AnyOf(parts):
            for part in parts:
                check(part, supported)


def _check_comparison(comparison: Comparison, supported: Mapping[str, Mapping[str, Any]]) -> None:
    field, operator = comparison.field, comparison.operator
    if field not in supported:
        raise IllegalValue("filters", f'Filtering by "{field[:100]}" is not supported; supported: {", ".join(supported)}.')
    operators = supported[field]["operators"]
    if operator not in operators:
        raise IllegalValue("filters", f'Operator "{operator}" is not supported for "{field}"; supported: {", ".join(operators)}.')
    if not all(isinstance(value, str) for value in comparison.values):
        raise IllegalValue("filters", f'"{field}" is compared with text in double quotes.')


@dataclass(frozen=True, slots=True)
class Unquoted:
    """A number, a boolean or a date: part of the syntax, though every field that an endpoint filters by today is text."""

    text: str


@v_args(inline=True)
class _Builder(Transformer[Token, Expression]):
    """Makes the expression while the parser reduces, so that no recursion follows a long text."""

    def any_of(self, *parts: Expression) -> Expression:
        return parts[0] if len(parts) == 1 else AnyOf(parts, 1 + max(part.depth for part in parts))

    def all_of(self, *parts: Expression) -> Expression:
        return parts[0] if len(parts) == 1 else All(parts, 1 + max(part.depth for part in parts))

    def negation(self, part: Expression) -> Expression:
        return Not(part, 1 + part.depth)

    def comparison(self, field: Token, operator: Token, *values: str | Unquoted) -> Expression:
        return Comparison(str(field), str(operator), values)

    def is_null(self, field: Token) -> Expression:
        return Comparison(str(field), "isnull")

    def present(self, field: Token) -> Expression:
        return Comparison(str(field), "pr")

    def quoted(self, token: Token) -> str:
        return re.sub(r"\\(.)", r"\1", token[1:-1])

    def unquoted(self, token: Token) -> Unquoted:
        return Unquoted(str(token))


_PARSER = Lark(GRAMMAR, parser="lalr", transformer=_Builder(), maybe_placeholders=False)
