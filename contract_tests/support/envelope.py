"""The vendor's envelope of errors, as a test wants to ask it."""

from __future__ import annotations

import httpx


def code(response: httpx.Response) -> str:
    """`400.1.3`, without the words behind it."""
    detail_code: str = response.json()["detailCode"]
    return detail_code.split(" ", 1)[0]


def text(response: httpx.Response) -> str:
    """What the envelope says, in the default language."""
    message: str = response.json()["messages"][-1]["text"]
    return message
