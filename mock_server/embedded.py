"""The fake in a thread of this process, on a socket of its own: for tests that want no second process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mock_server import server
from mock_server.app import App
from mock_server.handle import Isc, new_tenant
from mock_server.settings import Settings


@contextmanager
def serving(app: App) -> Iterator[str]:
    """The address of the application, on a free port of the loopback interface, until the block ends."""
    listening = server.listen("127.0.0.1", 0)
    uvicorn_server = server.server(app)
    thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [listening]}, name="isc-mock", daemon=True)
    thread.start()
    try:
        yield server.url_of(listening)
    finally:
        uvicorn_server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def running(*, level: str = "ORG_ADMIN", **settings: Any) -> Iterator[Isc]:
    """`with mock_server.running(scenario="leaver") as isc:` - settings are those of mock_server.settings.Settings.

    Raises:
        SetupError: fixtures, scenario or an assumption are wrong.
    """
    with serving(App(Settings(**settings))) as url:
        isc = new_tenant(url, level=level, token=settings.get("control_token"))
        try:
            yield isc
        finally:
            isc.close()
