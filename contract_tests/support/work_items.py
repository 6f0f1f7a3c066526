"""The work items and people that the fake knows, found by what they are instead of by id; and a fit request for each operation."""

from __future__ import annotations

from typing import Any

from contract_tests.support.client import Client, Json
from contract_tests.support.server import Running
from mock_server.contract import VERSIONS
from mock_server.state.kinds import WorkItemKind
from mock_server.state.people import Identity

LISTS = ("listWorkItems", "getCompletedWorkItems", "getCountWorkItems", "getCountCompletedWorkItems", "getWorkItemsSummary")
"""The operations that are about an owner or about the whole tenant."""

VERSIONS_OF_OWNERS = [version for version in VERSIONS if version != "beta"]
"""Where an owner sees and changes his own: beta is for ORG_ADMIN alone."""

Requests = dict[str, dict[str, Any]]
"""Operation → the parameters and the body of a request."""


def open_items(server: Running, **wanted: Any) -> list[Json]:
    """Oldest first. `wanted`: fields and the values that they must have."""
    return _items(server, wanted, is_open=True)


def completed_items(server: Running, **wanted: Any) -> list[Json]:
    """Newest first."""
    return _items(server, wanted, is_open=False)[::-1]


def approval(server: Running, size: int) -> Json:
    """An open work item that has so many approval items, none of them decided."""
    return next(item for item in open_items(server, type="Approval") if len(item["approvalItems"]) == size)


def suited(server: Running, operation: str) -> Json:
    """An open work item that the operation forwards or ends at once."""
    if operation == "submitAccountSelection":
        return open_items(server, type="Form")[0]
    if operation.endswith("InBulk"):
        return approval(server, 2)
    return approval(server, 1) if operation.endswith("ApprovalItem") else open_items(server, type="ManualAction")[0]


def identity(server: Running, name: str) -> Identity:
    """By user name."""
    found = server.tenant.state.identities.get(name)
    assert found is not None
    return found


def forwarding(server: Running, name: str) -> Json:
    """The body that forwards to a user."""
    return {"targetOwnerId": identity(server, name).id, "comment": "Please take this over."}


def changes(server: Running, item: Json) -> Requests:
    """Every operation that changes a work item, with a request that is fit for this one."""
    first = next((one["id"] for one in item["approvalItems"] or ()), "0" * 32)
    requests: Requests = {
        "completeWorkItem": {},
        "forwardWorkItem": {"json": forwarding(server, "lena.marsh" if item.get("ownerName") != "lena.marsh" else "oscar.tindall")},
        "approveApprovalItem": {"approvalItemId": first},
        "rejectApprovalItem": {"approvalItemId": first},
        "approveApprovalItemsInBulk": {},
        "rejectApprovalItemsInBulk": {},
        "submitAccountSelection": {"json": {}},
    }
    return {name: {"id": item["id"], **request} for name, request in requests.items()}


def on_one(server: Running, item: Json) -> Requests:
    """Every operation on a single work item."""
    return {"getWorkItem": {"id": item["id"]}, **changes(server, item)}


def everything(server: Running, item: Json) -> Requests:
    """All thirteen."""
    return {**{name: {} for name in LISTS}, **on_one(server, item)}


def statuses(client: Client, requests: Requests) -> dict[str, int]:
    """What the client is answered, request by request."""
    return {name: client.send(name, **request).status_code for name, request in requests.items()}


def completed_count(client: Client, **parameters: Any) -> int:
    """Taken out of the array that beta puts it into."""
    answer = client.get("getCountCompletedWorkItems", **parameters)
    count: int = (answer[0] if client.version == "beta" else answer)["count"]
    return count


def _items(server: Running, wanted: dict[str, Any], *, is_open: bool) -> list[Json]:
    items = server.tenant.state.work_items
    documents = (record.document() for record in items.records(items.bucket(WorkItemKind.bucket(is_open=is_open, owner=None))))
    return [document for document in documents if wanted.items() <= _flat(document).items()]


def _flat(document: Json) -> Json:
    return {key: value for key, value in document.items() if not isinstance(value, list | dict)}
