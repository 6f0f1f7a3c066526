"""An offline fake of SailPoint Identity Security Cloud for work items and task status.

with mock_server.running(scenario="leaver") as isc:
    ...
"""

from __future__ import annotations

from typing import Any

__all__ = ["running"]


def __getattr__(name: str) -> Any:
    """`running` is imported when it is asked for: pytest loads this package in every run, needed or not."""
    if name == "running":
        from mock_server.embedded import running  # noqa: PLC0415 - see above

        return running
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
