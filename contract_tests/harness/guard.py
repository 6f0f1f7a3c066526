"""Which requests may leave the process. It knows no fuzzer, and trusts none: whatever asks, this is asked last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from contract_tests.harness import paths
from contract_tests.harness.errors import Refused
from contract_tests.harness.message import Request
from contract_tests.harness.target import Target
from mock_server.contract import Operation

READS = ("GET", "HEAD")

CARRIED = frozenset(
    "authorization accept accept-encoding content-type content-length user-agent x-sailpoint-experimental x-schemathesis-testcaseid".split()
)
"""Headers that leave for a sandbox. Others are left behind: some servers take a GET for another method because of one."""

OVERRIDES = frozenset({"_method", "method", "x-http-method", "x-http-method-override", "x-method-override"})
"""The same, as parameters of a query."""


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

    def stripped(self, request: Request) -> Request:
        """As it may leave: to a fake with all its headers."""
        if self.is_open:
            return request
        return replace(request, headers=tuple((name, value) for name, value in request.headers if name.strip().lower() in CARRIED))

    def _check_address(self, request: Request) -> None:
        ours, wanted = urlsplit(self.target.base_url), request.parts
        if (wanted.scheme, wanted.netloc) != (ours.scheme, ours.netloc):
            raise Refused("it goes to another host than the target")

    def _check_shape(self, request: Request, operation: Operation, parameters: Mapping[str, str]) -> None:
        """What a proxy or a framework on the way could read as another request than we do."""
        if operation.version not in self.target.versions:
            raise Refused(f"{operation.version} is not among the versions of the target")
        if OVERRIDES & {name.strip().lower() for name, _ in parse_qsl(request.parts.query, keep_blank_values=True)}:
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
        ids = [*parameters.values(), *_owner_in(operation, body)]
        if not ids or not all(self.is_writable(id_) for id_ in ids):
            raise Refused(f"{operation.method} on an id that is neither listed in the profile nor found in a disposable tenant")

    def is_writable(self, id_: str) -> bool:
        return id_ in self.target.writable_ids or (self.target.disposable and id_ in self.found)


def _owner_in(operation: Operation, body: bytes) -> list[str]:
    """Whom a forward makes the owner: that is a write on somebody, too. Read as strictly as the most lenient reader would need it."""
    if paths.function_of(operation) != "forwardWorkItem":
        return []
    try:
        pairs: Any = json.loads(body or b"null", object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        raise Refused("a forward whose body cannot be read") from None
    names = [str(name).lower() for name, _ in pairs] if isinstance(pairs, _Pairs) else []
    owners = [value for name, value in pairs if str(name).lower() == "targetownerid"] if names else []
    if len(set(names)) != len(names) or len(owners) != 1 or not isinstance(owners[0], str):
        raise Refused("a forward that does not name one owner, once")
    return owners


class _Pairs(list[tuple[str, Any]]):
    """An object as it is written: with names that come twice."""
