"""The places where requests and httpx put bytes on the wire, routed through a gate; and a lock on the socket for all else."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import NameResolutionError, NewConnectionError

from contract_tests.harness import seal
from contract_tests.harness.errors import NoAnswer, Refused
from contract_tests.harness.message import Answer, Request, reason


class HeldBack(Refused, requests.RequestException):
    """As whatever uses requests expects it: a request that came to nothing."""


CHUNK = 64 * 1024
LONGEST = 60.0
"""Seconds that an answer may take to arrive."""
LARGEST = 64 * 1024 * 1024

Carry = Callable[[Request, Callable[[Request], Answer]], Answer]


_SEND = HTTPAdapter.send
_CARRY: list[Carry] = []
"""The gate that is closed, if one is."""

_NETRC, _PROXIES = requests.sessions.get_netrc_auth, requests.sessions.get_environ_proxies
_HANDLE = httpx.HTTPTransport.handle_request


@contextmanager
def routed(carry: Carry) -> Iterator[None]:
    """Until the block ends, whatever this process sends goes to `carry`, and a socket opens for nobody else.

    requests is held at HTTPAdapter.send, which every session ends in, whoever made it; httpx at HTTPTransport.handle_request. What uses
    neither is stopped by an audit hook of the interpreter (PEP 578) where it looks up a name or connects.
    """
    with seal.closed():
        _CARRY.append(carry)
        HTTPAdapter.send = _send_by_requests  # type: ignore[method-assign,assignment]
        httpx.HTTPTransport.handle_request = _send_by_httpx  # type: ignore[method-assign,assignment]
        requests.sessions.get_netrc_auth = lambda *_arguments, **_options: None  # what is in ~/.netrc is for nobody here
        requests.sessions.get_environ_proxies = lambda *_arguments, **_options: {}  # nor do proxies reach beyond the gate
        try:
            yield
        finally:
            HTTPAdapter.send = _SEND  # type: ignore[method-assign]
            httpx.HTTPTransport.handle_request = _HANDLE  # type: ignore[method-assign]
            requests.sessions.get_netrc_auth = _NETRC
            requests.sessions.get_environ_proxies = _PROXIES
            _CARRY.clear()


def client(**settings: Any) -> httpx.Client:
    """For the harness' own requests; it keeps its connections, and takes neither proxies nor certificates from the environment."""
    return httpx.Client(trust_env=False, follow_redirects=False, timeout=30, **settings)


def _send_by_requests(adapter: HTTPAdapter, request: requests.PreparedRequest, *_positional: Any, **settings: Any) -> requests.Response:
    def wire(real: Request) -> Answer:
        prepared = request.copy()
        prepared.method, prepared.url, prepared.body = real.method, real.url, real.body or None
        prepared.headers = CaseInsensitiveDict(real.headers)
        if real.body or "Content-Length" in prepared.headers:
            prepared.headers["Content-Length"] = str(len(real.body))
        try:
            return _answer_of_requests(_SEND(adapter, prepared, **{**settings, "stream": True, "proxies": None}))
        except requests.Timeout:
            raise NoAnswer("no answer in time", connected=True) from None
        except requests.RequestException as error:
            raise NoAnswer("the connection broke", connected=not _is_refused(error)) from None

    try:
        answer = _CARRY[0](_request_of_requests(request), wire)
    except Refused as error:
        raise HeldBack(str(error), request=request) from None
    except NoAnswer as error:
        raise requests.exceptions.ChunkedEncodingError(str(error), request=request) from error
    return _as_requests(adapter, request, answer)


def _is_refused(error: BaseException | None) -> bool:
    """Whether nobody listens there: requests tells it by what urllib3 says in the end."""
    while error is not None:
        if isinstance(error, ConnectionRefusedError | socket.gaierror | NameResolutionError | NewConnectionError):
            return True
        reason = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        error = error.__cause__ or error.__context__ or (reason if isinstance(reason, BaseException) else None)
    return False


def _request_of_requests(request: requests.PreparedRequest) -> Request:
    body: Any = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        body = b"".join(part if isinstance(part, bytes) else str(part).encode() for part in body)
    headers = tuple((_text(name), _text(value)) for name, value in request.headers.items())
    return Request(str(request.method), str(request.url), headers, body)


def _answer_of_requests(response: requests.Response) -> Answer:
    body = _read(response.iter_content(CHUNK))
    response.close()
    headers = tuple(response.raw.headers.items())
    return Answer(response.status_code, headers, body)


def _as_requests(adapter: HTTPAdapter, request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    raw = HTTPResponse(
        body=io.BytesIO(answer.body),
        headers=HTTPHeaderDict(list(answer.headers)),
        status=answer.status,
        reason=reason(answer.status),
        version=11,
        preload_content=False,
        request_method=request.method,
    )
    return adapter.build_response(request, raw)


def _send_by_httpx(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
    def wire(real: Request) -> Answer:
        host = urlsplit(real.url).netloc
        kept = ((name, value) for name, value in real.headers if name.lower() not in ("host", "content-length"))
        headers = [(name.encode("latin-1"), value.encode("latin-1", errors="replace")) for name, value in (("Host", host), *kept)]
        try:
            response = _HANDLE(transport, httpx.Request(real.method, real.url, headers=headers, content=real.body or None))
            body = _read(response.iter_bytes(CHUNK))
            response.close()
        except httpx.RequestError as error:
            raise NoAnswer("the connection broke", connected=not isinstance(error, httpx.ConnectError)) from None
        return Answer(response.status_code, tuple(response.headers.multi_items()), body)

    sent = Request(request.method, str(request.url), tuple(request.headers.multi_items()), request.read())
    answer = _CARRY[0](sent, wire)
    return httpx.Response(answer.status, headers=list(answer.headers), content=answer.body, request=request)


def _read(parts: Iterable[bytes]) -> bytes:
    """A body that neither drips for ever nor fills the memory. Raises NoAnswer."""
    until, body = time.monotonic() + LONGEST, bytearray()
    for part in parts:
        body += part
        if time.monotonic() > until or len(body) > LARGEST:
            raise NoAnswer(f"the answer took longer than {LONGEST:.0f} s, or was larger than {LARGEST >> 20} MiB", connected=True)
    return bytes(body)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
