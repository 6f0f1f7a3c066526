"""Recorded traffic, whoever recorded it: HAR, ndjson of this harness, or the journal of the fake."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode, urlsplit

from contract_tests.harness.errors import Misuse
from contract_tests.harness.message import ORIGIN, Answer, Headers, Request, header
from contract_tests.harness.paths import find

Json = Any

FORMS = (
    "a HAR of version 1.2, the traffic.ndjson that a run writes into its report folder, or the journal of a fake: "
    "curl $SAIL_BASE_URL/_mock/journal?limit=1000"
)


@dataclass(frozen=True)
class Recorded:
    """`place`: where in its file it stands. `answer` None: none came, or a body was not kept, so that there is nothing to judge.

    The URL has the path and the query that were sent, below http://isc.invalid, whatever the host was.
    """

    place: str
    request: Request
    answer: Answer | None


def read(place: Path) -> Iterator[Recorded]:
    """The exchanges of a file in its order; `-` is standard input. What form it has is told by what is in it; ndjson is read line by line.

    A journal has bodies that are decoded, and no headers: their content types are taken to be what the contract says.

    Raises:
        Misuse: the file cannot be read, or is no traffic. The message shows where, and nothing that stands there.
    """
    name = "standard input" if str(place) == "-" else str(place)
    try:
        with _opened(place) as file:
            yield from _exchanges(file, name)
    except OSError as error:
        raise Misuse(f"{name}: cannot be read: {error.strerror or type(error).__name__}") from None


@contextmanager
def _opened(place: Path) -> Iterator[BinaryIO]:
    if str(place) == "-":
        yield sys.stdin.buffer
    else:
        with place.open("rb") as file:
            yield file


def _exchanges(file: BinaryIO, name: str) -> Iterator[Recorded]:
    lines = ((number, line) for number, line in enumerate(file, 1) if line.strip(b"\xef\xbb\xbf \t\r\n"))
    number, first = next(lines, (0, b""))
    if not first:
        raise Misuse(f"{name}: is empty; expected is {FORMS}")
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):  # a document of several lines, or no JSON at all
        yield from _document(_parsed(b"\n" * (number - 1) + first + file.read(), name), name)
        return
    if isinstance(value, list) or (isinstance(value, dict) and not value.keys().isdisjoint(("log", "entries"))):
        for another, _line in lines:
            raise Misuse(f"{name}: line {another}: something follows the end of the document; give each document a file of its own")
        yield from _document(value, name)
        return
    yield _entry(value, name, f"line {number}")
    for number, line in lines:
        yield _entry(_parsed(line, name, number), name, f"line {number}")


def _document(value: Json, name: str) -> Iterator[Recorded]:
    if isinstance(value, dict) and "log" in value:
        for number, entry in enumerate(_Node(value, name).node("log").nodes("entries"), 1):
            yield _recorded(entry, f"entry {number}", _of_har)
        return
    entries = value if isinstance(value, list) else value.get("entries", [value]) if isinstance(value, dict) else [value]
    if not isinstance(entries, list):
        raise Misuse(f"{name}: entries must be a list; expected is {FORMS}")
    for number, entry in enumerate(entries, 1):
        yield _entry(entry, name, f"entry {number}")


def _entry(value: Json, name: str, place: str) -> Recorded:
    where = f"{name}: {place}"
    if isinstance(value, dict) and "method" in value and {"path", "query", "answer"} <= value.keys():
        return _recorded(_Node(value, where), place, _of_journal)
    if isinstance(value, dict) and {"request", "answer"} <= value.keys():
        return _recorded(_Node(value, where), place, _of_ndjson)
    if isinstance(value, dict) and {"method", "path", "seed", "ms"} <= value.keys():
        raise Misuse(f"{where}: this is a ledger, which has no answers to judge; give the traffic.ndjson or traffic.har of the same run")
    raise Misuse(f"{where}: is no exchange; expected is {FORMS}")


@dataclass(frozen=True)
class _Node:
    """An object of the file, and where it stands: each mistake in it is told with its place."""

    members: dict[str, Json]
    where: str

    def has(self, key: str) -> bool:
        return self.members.get(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        value = self.members.get(key)
        value = default if value is None else value
        if not isinstance(value, str):
            raise self._mistake(key, "a string")
        return value

    def status(self) -> int:
        value = self.members.get("status")
        if type(value) is not int:
            raise self._mistake("status", "a number")
        return value

    def figure(self, key: str) -> float:
        """What may be missing, and then counts as 0."""
        value = self.members.get(key)
        return value if isinstance(value, int | float) else 0

    def node(self, key: str) -> _Node:
        value = self.members.get(key)
        if not isinstance(value, dict):
            raise self._mistake(key, "an object")
        return _Node(value, f"{self.where}: {key}")

    def nodes(self, key: str) -> list[_Node]:
        value = self.members.get(key)
        if not isinstance(value, list):
            raise self._mistake(key, "a list")
        named = ((f"{key} {number}", member) for number, member in enumerate(value, 1))
        return [_Node({name: member}, self.where).node(name) for name, member in named]

    def pairs(self, key: str) -> Headers:
        """[[name, value], …]"""
        value = self.members.get(key)
        if not isinstance(value, list) or not all(isinstance(pair, list) and [type(part) for part in pair] == [str, str] for pair in value):
            raise self._mistake(key, "a list of pairs of strings")
        return _lines((name, text) for name, text in value)

    def body(self, key: str) -> bytes:
        """A text, as it is or in base64, as `encoding` says."""
        text, encoding = self.text(key, ""), self.text("encoding", "")
        if encoding not in ("", "base64"):
            raise self._mistake("encoding", "base64 or absent")
        try:
            return base64.b64decode(text, validate=True) if encoding else text.encode("utf-8", errors="surrogatepass")
        except ValueError:
            raise self._mistake(key, "base64, as encoding says") from None

    def _mistake(self, key: str, wanted: str) -> Misuse:
        return Misuse(f"{self.where}: {key} must be {wanted}; record it again, or take this exchange out")


def _recorded(node: _Node, place: str, form: Callable[[_Node], tuple[Request, Answer | None]]) -> Recorded:
    return Recorded(place, *form(node))


def _of_ndjson(node: _Node) -> tuple[Request, Answer | None]:
    sent = node.node("request")
    request = Request(sent.text("method"), _url(sent.text("url"), sent.where), sent.pairs("headers"), sent.body("body"))
    if not node.has("answer"):
        return request, None
    came = node.node("answer")
    return request, Answer(came.status(), came.pairs("headers"), came.body("body"), seconds=came.figure("ms") / 1000)


def _of_har(node: _Node) -> tuple[Request, Answer | None]:
    """Browsers leave bodies out that are large, or when they are told to: then a size is all that there is."""
    sent = node.node("request")
    headers, body, is_whole = _har_headers(sent), b"", sent.figure("bodySize") <= 0
    if sent.has("postData"):
        posted = sent.node("postData")
        is_whole = is_whole or posted.has("text")
        headers, body = _with_type(headers, posted.text("mimeType", "")), posted.body("text")
    request = Request(sent.text("method"), _url(sent.text("url"), sent.where), headers, body)
    if not is_whole or not node.has("response"):
        return request, None
    return request, _har_answer(node.node("response"), request.method, node.figure("time") / 1000)


def _har_answer(came: _Node, method: str, seconds: float) -> Answer | None:
    status, headers, body = came.status(), _har_headers(came), b""
    size = came.figure("bodySize")
    if came.has("content"):
        content = came.node("content")
        size = 0 if content.has("text") else max(size, content.figure("size"))
        headers, body = _with_type(headers, content.text("mimeType", "")), content.body("text")
    if status <= 0 or (size > 0 and method != "HEAD"):  # browsers write 0 where no answer came
        return None
    return Answer(status, headers, body, seconds=seconds)


def _har_headers(node: _Node) -> Headers:
    """HTTP/2 has the request line among the headers, as `:path` and the like."""
    pairs = ((pair.text("name"), pair.text("value", "")) for pair in node.nodes("headers"))
    return _lines((name, value) for name, value in pairs if not name.startswith(":"))


def _lines(headers: Iterable[tuple[str, str]]) -> Headers:
    """Browsers write headers of one name, such as Set-Cookie, as one of several lines."""
    return tuple((name, line) for name, value in headers for line in value.splitlines() or [""])


def _with_type(headers: Headers, kind: str) -> Headers:
    """`x-unknown` is what browsers write for none."""
    if header(headers, "Content-Type") is not None or kind in ("", "x-unknown"):
        return headers
    return (*headers, ("Content-Type", kind))


def _of_journal(node: _Node) -> tuple[Request, Answer | None]:
    method, path = node.text("method"), node.text("path")
    query = {name: value for name, value in node.node("query").members.items() if isinstance(value, str)}
    url = _url(ORIGIN + path + (f"?{urlencode(query, quote_via=quote, errors='replace')}" if query else ""), node.where)
    found = find(method, path)
    spec = found[0].spec if found else {}
    described = spec.get("requestBody", {})
    body, answered = _as_sent(node.members.get("request"), described), _as_sent(node.members.get("answer"), {})
    request = Request(method, url, _typed(described) if body else (), body)
    if not node.has("status"):
        return request, None
    status = node.status()
    headers = (*_typed(spec.get("responses", {}).get(str(status), {})), ("SLPT-Request-ID", node.text("id", "")))
    return request, Answer(status, headers, answered, seconds=node.figure("durationMs") / 1000)


def _typed(described: Mapping[str, Json]) -> Headers:
    return (("Content-Type", next(iter(described.get("content", ())), "application/json")),)


def _as_sent(body: Json, described: Mapping[str, Json]) -> bytes:
    """The journal shows a JSON string and what is no JSON alike, as a text: it is a string where the contract describes one."""
    if body is None:
        return b""
    schemas = [media["schema"] for media in described.get("content", {}).values()]
    kinds = {branch.get("type") for schema in schemas for branch in (schema, *schema.get("anyOf", ()))}
    is_text = isinstance(body, str) and "string" not in kinds
    return (body if is_text else json.dumps(body)).encode("utf-8", errors="surrogatepass")


def _url(text: str, where: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise Misuse(f"{where}: its address is none; record it again, or take this exchange out") from None
    if parts.scheme not in ("http", "https", ""):
        return f"{parts.scheme}:"  # data:, blob:, wss: and the like, which are no requests
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~", errors="replace")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~?[]", errors="replace")
    return ORIGIN + path + (f"?{query}" if query else "")


def _parsed(data: bytes, name: str, line: int | None = None) -> Json:
    """`line`: the one that it is, of ndjson."""
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        place, says = f"line {line or error.lineno}", f"is not JSON: {error.msg}"
    except (ValueError, RecursionError):
        place, says = f"line {line or 1}", "is not JSON in UTF-8"
    raise Misuse(f"{name}: {place}: {says}; take out what was cut short, or record it again. Expected is {FORMS}")
