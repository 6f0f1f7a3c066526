"""Hostile text made legible: what a terminal obeys, XML cannot hold, UTF-8 cannot write or a reader cannot see is spelt out."""

from __future__ import annotations

import re

_ILLEGIBLE = re.compile(
    "[^\\t\\n\\x20-\\x7e\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]"  # controls, lone surrogates, non-characters
    "|[\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]"  # they turn the direction of what follows
)


def legible(text: str) -> str:
    """As it is, but for `\\x1b`, `\\x0d`, `\\ud800` and their like in place of such characters. Line ends and tabs stay."""
    return _ILLEGIBLE.sub(lambda match: _spelt(ord(match.group())), text)


def shortened(text: str, limit: int) -> str:
    """One legible line of at most `limit` characters."""
    line = " ".join(legible(text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def counted(number: int, singular: str) -> str:
    """`1 request`, `6,891 requests`."""
    return f"{number:,} {singular}{'' if number == 1 else 's'}"


def _spelt(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
