"""The traffic of a run as files that other tools read, written while the run goes on: HAR 1.2 and ndjson."""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version as installed
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO
from urllib.parse import parse_qsl

import harfile

from contract_tests.harness.errors import Ended, Misuse
from contract_tests.harness.message import Answer, Exchange, Headers, Request, reason

Json = Any


def now() -> datetime:
    return datetime.now(UTC)


class _Written(ABC):
    """A file that grows by one exchange a call.

    Raises:
        Misuse: it cannot be created or completed; the message names it.
        Ended: it cannot be written any more, as when the disk is full: a run that keeps no record is not continued.
    """

    def __init__(self, place: Path, clock: Callable[[], datetime] = now) -> None:
        self.place = place
        self._clock = clock
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._file: TextIO = place.open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise _unwritable(place, error) from None
        self._whole = 0
        """Where the last exchange that is complete ends."""

    def __call__(self, exchange: Exchange) -> None:
        try:
            self._add(exchange, self._clock() - timedelta(seconds=exchange.answer.seconds))
            self._file.flush()
            self._whole = self._file.tell()
        except OSError as error:
            raise Ended(f"{self.place} cannot be written: {error.strerror}") from None

    def close(self) -> None:
        try:
            with self._file:
                self._file.seek(self._whole)
                self._file.truncate()
                self._complete()
        except OSError as error:
            raise _unwritable(self.place, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self.close()
        else:  # what the run died of is told first
            with suppress(Misuse):
                self.close()

    @abstractmethod
    def _add(self, exchange: Exchange, started: datetime) -> None: ...

    def _complete(self) -> None:  # noqa: B027 - ndjson needs nothing
        """Writes what belongs after the last exchange."""


class Ndjson(_Written):
    """One object a line: time, version, operation, request {method, url, headers, body}, answer {status, headers, body, ms}.

    `time` is when the request left. Headers are pairs. A body that is not UTF-8 is base64, and `encoding` beside it says so.
    """

    def _add(self, exchange: Exchange, started: datetime) -> None:
        request, answer = exchange.request, exchange.answer
        entry = {
            "time": started.isoformat(timespec="milliseconds"),
            "version": exchange.version,
            "operation": exchange.operation,
            "request": {"method": request.method, "url": request.url, "headers": request.headers, **_body(request.body)},
            "answer": {
                "status": answer.status,
                "headers": answer.headers,
                **_body(answer.body),
                "ms": _milliseconds(answer),
            },
        }
        self._file.write(json.dumps(entry) + "\n")


class Har(_Written):
    """HAR 1.2, for the tools of a browser and proxies. Complete once it is closed, whatever ended the run."""

    def __init__(self, place: Path, clock: Callable[[], datetime] = now) -> None:
        super().__init__(place, clock)
        self._har = self._archive()

    def _archive(self) -> harfile.HarFile:
        return harfile.HarFile(self._file, creator=harfile.Creator("isc-contract", installed("isc-mock")))

    def _add(self, exchange: Exchange, started: datetime) -> None:
        milliseconds = _milliseconds(exchange.answer)
        self._har.add_entry(
            startedDateTime=started,
            time=milliseconds,
            request=_har_request(exchange.request),
            response=_har_response(exchange.answer),
            timings=harfile.Timings(send=0, wait=milliseconds, receive=0),
            comment=f"{exchange.version} {exchange.operation}" if exchange.operation else None,
        )

    def _complete(self) -> None:
        if self._whole == 0:
            self._har = self._archive()  # no entry is complete: it begins anew
        self._har.close()


@dataclass(slots=True)
class _Posted(harfile.PostData):
    """HAR 1.2 has no encoding for what is posted; as in an answer's content, it says how a body is to be read that is no text."""

    encoding: str | None = None

    def asdict(self) -> dict[str, Any]:
        told = harfile.PostData.asdict(self)
        return told if self.encoding is None else {**told, "encoding": self.encoding}


def _har_request(request: Request) -> harfile.Request:
    posted = None
    if request.body:
        text, encoding = _text(request.body)
        posted = _Posted(request.header("Content-Type") or "", text=text, encoding=encoding)
    return harfile.Request(
        method=request.method,
        url=request.url,
        httpVersion="HTTP/1.1",
        headers=_records(request.headers),
        queryString=_records(parse_qsl(request.parts.query, keep_blank_values=True)),
        postData=posted,
        bodySize=len(request.body),
    )


def _har_response(answer: Answer) -> harfile.Response:
    kind = answer.header("Content-Type") or ""
    text, encoding = _text(answer.body)
    return harfile.Response(
        status=answer.status,
        statusText=reason(answer.status),
        httpVersion="HTTP/1.1",
        headers=_records(answer.headers),
        content=harfile.Content(size=len(answer.body), mimeType=kind, text=text, encoding=encoding),
        redirectURL=answer.header("Location") or "",
        bodySize=len(answer.body),
    )


def _records(pairs: Headers | list[tuple[str, str]]) -> list[harfile.Record]:
    return [harfile.Record(name, value) for name, value in pairs]


def _body(body: bytes) -> dict[str, str]:
    text, encoding = _text(body)
    return {"body": text} if encoding is None else {"body": text, "encoding": encoding}


def _text(body: bytes) -> tuple[str, str | None]:
    """And its encoding, if it is not text as it stands."""
    try:
        return body.decode("utf-8"), None
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), "base64"


def _milliseconds(answer: Answer) -> float:
    return round(answer.seconds * 1000, 3)


def _unwritable(place: Path, error: OSError) -> Misuse:
    return Misuse(f"{error.filename or place}: cannot be written: {error.strerror}; name another folder with --report-dir, or make room")
