"""The limit: a bare uvicorn application that sends the same bytes. The one item is ready; a page it serialises each time.

python -m contract_tests.bench.limit PORT ITEM PAGE, the last two being files of JSON.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson
import uvicorn


def application(item: bytes, page: list[Any]) -> Any:
    """Below /one the item, elsewhere the page."""

    async def answer(scope: Any, _receive: Any, send: Any) -> None:
        body = item if scope["path"] == "/one" else orjson.dumps(page)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def main(port: str, item: str, page: str) -> None:
    app = application(Path(item).read_bytes(), orjson.loads(Path(page).read_bytes()))
    uvicorn.run(app, host="127.0.0.1", port=int(port), lifespan="off", access_log=False, log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
