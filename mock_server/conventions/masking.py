"""What must not be shown: secrets and tokens, by the name that they stand under, by their form, and by being known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"

NAMES = re.compile(r"secret|password|authorization|token(?!_type)", re.IGNORECASE)
"""A text under such a name is one."""

FORMS = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
"""A JWT, or the secret of a personal access token."""

SHORT = 4
"""Characters: a shorter secret is masked where it stands alone, for inside other text it stands everywhere."""


class Masking:
    """`secrets`: those that have a form of their own, because somebody chose them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        written = {form for secret in secrets for form in (secret, quote(secret, safe=""), quote_plus(secret))}
        self._alone = written
        long = sorted((re.escape(form) for form in written if len(form) >= SHORT), key=len, reverse=True)
        self._anywhere = re.compile("|".join([FORMS.pattern, *long]))

    def text(self, text: str) -> str:
        return MASK if text in self._alone else self._anywhere.sub(MASK, text)

    def value(self, value: Any) -> Any:
        """A JSON value with all its texts and names masked."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(member) for member in value]
        if isinstance(value, dict):
            return {
                self.text(name): MASK if isinstance(inner, str) and NAMES.search(name) else self.value(inner)
                for name, inner in value.items()
            }
        return value
