"""Which requests may leave the process. It knows no fuzzer, and trusts none: whatever asks, this is asked last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from contract_tests.harness import paths
from contract_tests.harness.errors import Refused
from contract_tests.harness.message import Request
from contract_tests.harness.target import Target
from mock_server.contract import Operation

READS = ("GET", "HEAD")

OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
"""Headers by which many frameworks take a GET for something else."""


@dataclass
class Guard:
    """`found`: ids that the run itself saw in the target's answers."""

    target: Target
    allow_writes: bool
    found: set[str] = field(default_factory=set)

    @property
    def is_open(self) -> bool:
        """A fake of one's own: everything may be tried on it, as long as it goes there and nowhere else."""
        return self.target.is_stub and self.target.mode == "writes"

    @property
    def may_write(self) -> bool:
        return self.is_open or (self.target.mode == "writes" and self.allow_writes)

    def admit(self, request: Request) -> Operation | None:
        """The operation that a request is for; None for the token request and, on a fake, for whatever the contract does not know.

        Raises:
            Refused: it may not be sent.
        """
        self._check_address(request)
        found = paths.find(request.method, request.path)
        if self.is_open:
            return found[0] if found else None
        if request.method == "POST" and request.path == urlsplit(self.target.base_url).path + paths.LOGIN:
            return None
        if found is None:
            raise Refused(f"{request.method} is no operation of the contract")
        operation, parameters = found
        self._check_shape(request, operation, parameters)
        if request.method not in READS:
            self._check_write(operation, parameters, request.body)
        return operation

    def _check_address(self, request: Request) -> None:
        ours, wanted = urlsplit(self.target.base_url), request.parts
        if (wanted.scheme, wanted.netloc) != (ours.scheme, ours.netloc):
            raise Refused("it goes to another host than the target")

    def _check_shape(self, request: Request, operation: Operation, parameters: Mapping[str, str]) -> None:
        """What a proxy or a framework on the way could read as another request than we do."""
        if operation.version not in self.target.versions:
            raise Refused(f"{operation.version} is not among the versions of the target")
        if any(request.header(name) is not None for name in OVERRIDES) or "_method=" in request.parts.query:
            raise Refused("it asks to be taken for another method")
        if request.method in READS and request.body:
            raise Refused(f"a {request.method} with a body")
        for value in parameters.values():
            if value in (".", "..") or any(sign in value for sign in "/\\;?#%") or not value.isprintable():
                raise Refused("an id that could lead to another path")

    def _check_write(self, operation: Operation, parameters: Mapping[str, str], body: bytes) -> None:
        if self.target.mode != "writes":
            raise Refused('the target is read-only: its mode is not "writes"')
        if not self.allow_writes:
            raise Refused("writes need --allow-writes as well")
        ids = [*parameters.values(), *_ids_in(body)]
        if not ids or not all(self.is_writable(id_) for id_ in ids):
            raise Refused(f"{operation.method} on an id that is neither listed in the profile nor found in a disposable tenant")

    def is_writable(self, id_: str) -> bool:
        return id_ in self.target.writable_ids or (self.target.disposable and id_ in self.found)


def _ids_in(body: bytes) -> list[str]:
    """Whom a forward makes the owner: that is a write on somebody, too."""
    try:
        value: Any = json.loads(body or b"null")
    except ValueError:
        return []
    owner = value.get("targetOwnerId") if isinstance(value, dict) else None
    return [] if owner is None else [str(owner)]
