"""What an operation is told beside its parameters: on which tenant, for whom, and what the version's document says of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mock_server.contract import Operation
from mock_server.conventions import dates
from mock_server.state.tenant import Tenant
from mock_server.state.tenants import Tenants
from mock_server.state.tokens import Caller, Tokens


class Call(NamedTuple):
    """One request to an operation that needs a login."""

    tenant: Tenant
    caller: Caller
    operation: Operation

    def assumes(self, assumption: str) -> str:
        return self.tenant.assumes(assumption)

    def now(self) -> int:
        return self.tenant.clock.now()

    def timestamp(self) -> str:
        """The present moment as documents have it."""
        return _written(self.tenant.clock.now())


@lru_cache(maxsize=16)
def _written(moment: int) -> str:
    """A change asks twice, and others within the same millisecond."""
    return dates.write(moment)


@dataclass(frozen=True, slots=True)
class OpenCall:
    """One request to an operation that needs none: login itself, and the mock's own API. `tenant`: whom it is about."""

    tenants: Tenants
    tenant: Tenant
    tokens: Tokens
    operation: Operation
    base_url: str
