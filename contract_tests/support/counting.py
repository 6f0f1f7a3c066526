"""A server that takes whatever comes, and remembers what it was asked, when, and by whom."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

LOGIN = "/oauth/token"


@dataclass
class Counting:
    """`redirect`: where every answer but the login's points to. `broken`: a path on which it hangs up."""

    redirect: str | None = None
    status: int = 200
    broken: str | None = None
    token_life: int = 749
    url: str = ""
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    moments: list[float] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.asked if method not in ("GET", "HEAD") and path != LOGIN]

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        if path == LOGIN:
            body: Any = {"access_token": "eyJ.eyJ.x", "token_type": "bearer", "expires_in": self.token_life}
            return 200, {}, json.dumps(body).encode()
        if self.redirect:
            return 307, {"Location": self.redirect}, b"[]"
        return self.status, {"Retry-After": "0"} if self.status == 429 else {}, b"[]"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    counted: Counting

    def __getattr__(self, name: str) -> Any:
        """Every method is taken."""
        if name.startswith("do_"):
            return self._take
        raise AttributeError(name)

    def _take(self) -> None:
        path = self.path.partition("?")[0]
        self.counted.moments.append(monotonic())
        self.counted.asked[self.command, path] += 1
        self.counted.logins.append(self.headers.get("Authorization"))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path == self.counted.broken:
            self.close_connection = True
            return
        status, headers, body = self.counted.answer(path)
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nobody reads it."""


@contextmanager
def counting(**behaviour: Any) -> Iterator[Counting]:
    """`behaviour`: the first fields of Counting."""
    counted = Counting(**behaviour)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"counted": counted}))
    counted.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield counted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
