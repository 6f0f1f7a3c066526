"""What can be chosen about a server. Each option of `isc-mock serve` is one of these; so is each ISC_MOCK_… variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

VENDOR_TOKEN_LIFE = 749
"""Seconds: what the real token endpoint says."""


@dataclass(frozen=True)
class Settings:
    """`token_life` is in seconds: half a day, because the vendor's SDKs never renew a token. `assume`: assumption → value."""

    fixtures: Path | None = None
    scenario: str | None = None
    token_life: int = 12 * 3600
    rate_limit: bool = False
    strict_experimental: bool = False
    auto_tenants: bool = False
    control_token: str | None = field(default=None, repr=False)
    assume: Mapping[str, str] = field(default_factory=dict)
