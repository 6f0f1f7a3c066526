"""Stable pseudonyms in place of whatever a tenant keeps to itself, and the way back, which only the gate goes.

Everything above the gate sees pseudonyms alone: nothing that is written there, by whatever library, can hold more. What is not known to be
harmless is replaced: a text survives only where it is a word of the contract itself (an enum's value, an error's standing text), a date or
empty. The same value has the same pseudonym in all that a machine writes, so that findings can be joined.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from contract_tests.harness.errors import Misuse
from contract_tests.harness.message import ORIGIN, Answer, Headers, Request
from contract_tests.harness.vocabulary import FREE_FORM, PROSE, numbers, prose_words, texts

Json = Any

KEY_LENGTH = 32
"""Bytes."""

STUB_KEY = b"isc-mock"
"""The fake's people do not exist, so what is found on it may be joined on any machine."""

PSEUDONYM = re.compile(r"(?:id|text)-[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE)
"""Without a boundary before it: in a query, %22 may stand there."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,63}")
_ID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WORD = re.compile(r"[^\s\"'“”(),;:!?<>\[\]{}]+")
_PLAIN_HEADERS = frozenset(
    "content-type content-length x-total-count retry-after cache-control allow x-deprecated date connection vary pragma expires "
    "transfer-encoding access-control-expose-headers access-control-allow-methods".split()
)
_ID_HEADERS = frozenset({"slpt-request-id"})


def machine_key(folder: Path) -> bytes:
    """Made once, readable by its owner alone: without it, nobody can tell which value a pseudonym stands for by trying all.

    Raises:
        Misuse: the file is there, and is no key.
    """
    place = folder / "pseudonyms.key"
    if not place.exists():
        handle, draft = tempfile.mkstemp(dir=folder)  # whole, and its owner's alone, before anybody sees it
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_LENGTH))
        with suppress(FileExistsError):
            os.link(draft, place)
        Path(draft).unlink()
    key = place.read_bytes()
    if len(key) != KEY_LENGTH:
        raise Misuse(f"{place}: is no key; remove it, and another one is made")
    return key


@dataclass
class Redaction:
    """`key`: of the pseudonyms; None shows everything as it is. `seen`: pseudonym → what it stands for, in memory only.

    `found`: the ids that the target's answers hold, as they are. `trusting`: what looks like a pseudonym is taken for one, as in traffic
    that this harness has recorded; else only what is one of its own.
    """

    key: bytes | None
    trusting: bool = False
    seen: dict[str, str] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    def hide_answer(self, answer: Answer) -> Answer:
        if self.key is None:
            return answer
        body = self.hide_body(answer.body)
        headers = tuple((name, self._header(name, value)) for name, value in answer.headers)
        return replace(answer, headers=_length(headers, body), body=body)

    def hide_body(self, body: bytes) -> bytes:
        """JSON stays JSON; anything else becomes one pseudonym."""
        if not body or self.key is None:
            return body
        try:
            return json.dumps(self.hide(json.loads(body))).encode()
        except (ValueError, RecursionError):  # no JSON, or deeper than anything that the contract describes
            return self._pseudonym("text", body.decode(errors="replace")).encode()

    def hide(self, value: Json, name: str = "", *, free: bool = False) -> Json:
        """`name`: of the property that holds the value. `free`: inside an object whose properties the contract does not describe."""
        if self.key is None:
            return value
        free = free or name in FREE_FORM
        if isinstance(value, dict):
            described = not free and not texts().isdisjoint(value)
            return {self._property(key, described): self.hide(member, key, free=free) for key, member in value.items()}
        if isinstance(value, list):
            return [self.hide(member, name, free=free) for member in value]
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, int | float) and not isinstance(value, bool) and (free or name not in numbers()):
            return int(self._digest(str(value))[:8], 16)
        return value

    def hide_path(self, path: str) -> str:
        """What the run itself learnt, and whatever looks like an id; generated values stay as they are."""
        if self.key is None:
            return path
        return _ID.sub(lambda match: self._pseudonym("id", match.group()), path)

    def reveal(self, request: Request) -> Request:
        """The request as the target is to see it. Pseudonyms that stand for nothing known stay."""
        if not self.seen:
            return request
        parts = urlsplit(request.url)
        path = self._swap(parts.path, lambda text: quote(text, safe="", errors="surrogatepass"))
        query = self._swap(
            parts.query,
            lambda text: quote(text, safe="", errors="surrogatepass"),
            quoted=lambda text: text.replace("\\", "\\\\").replace('"', '\\"'),
        )
        body = request.body
        if body and PSEUDONYM.search(text := body.decode("utf-8", errors="surrogateescape")):
            body = self._swap(text, lambda text: json.dumps(text)[1:-1]).encode("utf-8", errors="surrogateescape")
        if (path, query, body) == (parts.path, parts.query, request.body):
            return request
        return replace(request, url=f"{parts.scheme}://{parts.netloc}{path}" + (f"?{query}" if query else ""), body=body)

    def real(self, pseudonym: str) -> str:
        return self.seen.get(pseudonym, pseudonym)

    def _swap(self, text: str, write: Callable[[str], str], *, quoted: Callable[[str], str] = str) -> str:
        """`quoted`: how a value is written that stands in the quotation marks of a filter."""

        def swapped(match: re.Match[str]) -> str:
            known = self.seen.get(match.group().lower())
            if known is None:
                return match.group()
            known = known.upper() if match.group().isupper() else known
            before = unquote(text[max(0, match.start() - 3) : match.start()])
            return write(quoted(known) if before.endswith('"') else known)

        return PSEUDONYM.sub(swapped, text)

    def _property(self, name: str, described: bool) -> str:
        """`described`: the contract knows others of the same object, so that this one is a field, and not somebody's name."""
        if name in texts() or (described and _IDENTIFIER.fullmatch(name) and not _ID.fullmatch(name)):
            return name
        return self._pseudonym("text", name)

    def _text(self, value: str, name: str) -> str:
        if not value.strip() or value.upper() in texts() or value in texts() or _DATE.fullmatch(value):
            return value
        if _ID.fullmatch(value) or name.lower() == "id" or name.endswith(("Id", "ID")):
            self.found.add(value)
            return self._pseudonym("id", value)
        if name in PROSE:
            return _WORD.sub(lambda match: self._word(match.group()), value)
        return self._pseudonym("text", value)

    def _word(self, word: str) -> str:
        bare = word.strip(".…")
        if not bare:
            return word
        if bare in prose_words() or (bare.isdigit() and len(bare) < 4):
            return word
        before, _, after = word.partition(bare)
        return before + self._pseudonym("id" if _ID.fullmatch(bare) else "text", bare) + after

    def _header(self, name: str, value: str) -> str:
        if name.lower() in _PLAIN_HEADERS:
            return value
        if name.lower() == "location" and value.startswith(ORIGIN):
            path, _, query = value.removeprefix(ORIGIN).partition("?")
            return ORIGIN + self.hide_path(path) + (f"?{self._pseudonym('text', query)}" if query else "")
        return self._pseudonym("id" if name.lower() in _ID_HEADERS else "text", value) if value else value

    def _pseudonym(self, kind: str, value: str) -> str:
        if PSEUDONYM.fullmatch(value) and (self.trusting or value in self.seen):
            return value
        spelling = value.casefold() if kind == "id" else value  # a target compares ids without regard to case
        known = self._known.get((kind, spelling))
        if known is None:
            known = self._known[kind, spelling] = f"{kind}-{self._digest(spelling)[:12]}"
            self.seen[known] = value
        return known

    def _digest(self, value: str) -> str:
        assert self.key is not None
        return hmac.new(self.key, value.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def _length(headers: Headers, body: bytes) -> Headers:
    return tuple((name, str(len(body)) if name.lower() == "content-length" else value) for name, value in headers)
