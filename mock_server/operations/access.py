"""Who sees and changes which work item: an administrator all of them, everybody else what he owns."""

from __future__ import annotations

from functools import cache

from mock_server import contract
from mock_server.conventions.errors import Forbidden, NotFound
from mock_server.operations.calls import Call
from mock_server.state.collection import Record
from mock_server.state.kinds import WorkItemFields


def is_administrator(call: Call) -> bool:
    """By the levels that the operation names in `x-isc-administrators`."""
    levels = call.operation.administrators
    if call.assumes("forward-administrators") == "everything":
        levels |= _administrators_of(call.operation.version)
    return bool(levels & call.caller.levels)


def asked_for(call: Call, owner_id: str | None) -> str | None:
    """The owner whom a list or a count is about; None: the whole tenant.

    Raises:
        Forbidden: he may not ask for somebody else's.
        NotFound: there is no such owner (assumption unknown-owner).
    """
    own = call.caller.identity_id
    if not is_administrator(call):
        if owner_id and owner_id != own and call.assumes("somebody-elses-list") == "forbidden":
            raise Forbidden
        return own
    if not owner_id:
        return None if call.assumes("admin-without-owner") == "tenant" else own
    if call.tenant.state.identities.with_id(owner_id) is None and call.assumes("unknown-owner") == "not-found":
        raise NotFound
    return owner_id


def reachable(call: Call, work_item_id: str) -> Record[WorkItemFields]:
    """The work item, if the caller may see and change it. Raises NotFound or Forbidden."""
    record = call.tenant.state.work_items.get(work_item_id)
    if record.fields.owner == call.caller.identity_id or is_administrator(call):
        return record
    raise Forbidden if call.assumes("somebody-elses-item") == "forbidden" else NotFound


@cache
def _administrators_of(version: str) -> frozenset[str]:
    operations = contract.operations(contract.compose(version), version)
    return frozenset(level for operation in operations for level in operation.administrators)
