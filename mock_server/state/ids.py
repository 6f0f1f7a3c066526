"""The one door to randomness: ids and keys. All ids are 32 lower-case hex digits, as live tenants show."""

from __future__ import annotations

import random
import secrets
import uuid

_CHANCE = random.Random(secrets.randbits(256))  # noqa: S311 - seeded by the system once; what must not be guessed asks it each time


def tracking_id() -> str:
    """Different for each request. Asking the system for each one was 5 % of a request."""
    return f"{_CHANCE.getrandbits(128):032x}"


def signing_key() -> bytes:
    """Different for each start of the server: a token does not outlive it."""
    return secrets.token_bytes(32)


def client_id() -> str:
    """As a personal access token's: 32 lower-case hex digits."""
    return secrets.token_hex(16)


def client_secret() -> str:
    """As a personal access token's: 64 lower-case hex digits."""
    return secrets.token_hex(32)


def document_id() -> str:
    """32 lower-case hex digits, as live tenants show (observed)."""
    return secrets.token_hex(16)


def tenant_id() -> str:
    return str(uuid.uuid4())


class Ids:
    """Ids that repeat: the same seed gives the same ones, in the same order."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - names, not secrets

    def hex32(self) -> str:
        return f"{self._random.getrandbits(128):032x}"
