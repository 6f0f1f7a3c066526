"""Who and what work items and tasks refer to: identities, clients, sources, task definitions. None of it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

LEVELS = ("ORG_ADMIN", "CERT_ADMIN", "HELPDESK", "REPORT_ADMIN", "ROLE_ADMIN", "ROLE_SUBADMIN", "SOURCE_ADMIN", "SOURCE_SUBADMIN")
"""The user levels, as tokens carry them in `authorities` (documented)."""

NO_LEVEL = "NONE"
"""What a plain user has, in words."""

ALL_SCOPES = "sp:scopes:all"
"""Grants every scope, within the user's level (documented)."""


@dataclass(frozen=True)
class Identity:
    """`name` is the user name (`first.last`); `manager` is one, too."""

    id: str
    name: str
    displayName: str  # noqa: N815 - as fixtures and the API spell it
    email: str | None = None
    manager: str | None = None
    levels: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True)
class Client:
    """Credentials: a personal access token of `identity` (a user name), or an API client without a user."""

    name: str
    id: str
    secret: str = field(repr=False)
    identity: str | None = None
    scopes: tuple[str, ...] = (ALL_SCOPES,)

    @property
    def has_all_scopes(self) -> bool:
        return ALL_SCOPES in self.scopes


@dataclass(frozen=True)
class Source:
    id: str
    name: str
    owner: str

    @property
    def target(self) -> dict[str, str]:
        """As a task's `target` shows a source (observed: the suffix)."""
        return {"id": self.id, "type": "APPLICATION", "name": f"{self.name} [source]"}


class Identities:
    """All identities of a tenant, by user name and by id."""

    def __init__(self, everybody: Mapping[str, Identity]) -> None:
        self._by_name = everybody
        self._by_id = {identity.id: identity for identity in everybody.values()}

    def get(self, name: str) -> Identity | None:
        return self._by_name.get(name)

    def with_id(self, id_: str) -> Identity | None:
        return self._by_id.get(id_)

    def __iter__(self) -> Iterator[Identity]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)
