"""The one door to randomness: ids and keys. All ids are 32 lower-case hex digits, as live tenants show."""

from __future__ import annotations

import random
import secrets
import uuid


def tracking_id() -> str:
    """Different for each request."""
    return secrets.token_hex(16)


def signing_key() -> bytes:
    """Different for each start of the server: a token does not outlive it."""
    return secrets.token_bytes(32)


class Ids:
    """Ids that repeat: the same seed gives the same ones, in the same order."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - names, not secrets

    def hex32(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def hex64(self) -> str:
        return f"{self._random.getrandbits(256):064x}"

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
