"""Work items: list, count, complete, forward, decide, select accounts. The rules are those of spec/ and its assumptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from mock_server.conventions.errors import IllegalContent, IllegalValue, NotFound, UnknownReference
from mock_server.conventions.replies import Reply, json_reply, page_reply
from mock_server.operations.access import asked_for, reachable
from mock_server.operations.calls import Call
from mock_server.state.collection import Json, Record
from mock_server.state.kinds import PENDING, WorkItemFields, WorkItemKind

APPROVED = "Finished"
REJECTED = "Rejected"
UNDECIDED = (None, PENDING)


def list_work_items(call: Call, limit: int, offset: int, count: bool, owner_id: str | None) -> Reply:
    newest_first = call.assumes("open-order") == "newest-first"
    return _page(call, asked_for(call, owner_id), limit, offset, count, is_open=True, newest_first=newest_first)


def get_completed_work_items(call: Call, limit: int, offset: int, count: bool, owner_id: str | None) -> Reply:
    newest_first = call.assumes("completed-order") == "newest-first"
    return _page(call, asked_for(call, owner_id), limit, offset, count, is_open=False, newest_first=newest_first)


def get_count_work_items(call: Call, owner_id: str | None) -> Reply:
    return json_reply({"count": _count(call, asked_for(call, owner_id), is_open=True)})


def get_count_completed_work_items(call: Call, owner_id: str | None, limit: int = 1, offset: int = 0) -> Reply:
    """Beta describes limit and offset, and an array of one count, which they have nothing to divide in."""
    return json_reply({"count": _count(call, asked_for(call, owner_id), is_open=False)})


def get_work_items_summary(call: Call, owner_id: str | None) -> Reply:
    owner = asked_for(call, owner_id)
    still_open, completed = (_count(call, owner, is_open=is_open) for is_open in (True, False))
    total = still_open + completed if call.assumes("summary-total") == "open-plus-completed" else still_open
    return json_reply({"open": still_open, "completed": completed, "total": total})


def get_work_item(call: Call, id_: str, owner_id: str | None = None) -> Reply:
    """Only beta describes ownerId."""
    record = reachable(call, id_)
    if owner_id and owner_id != record.fields.owner and call.assumes("get-with-owner") == "not-found":
        raise NotFound
    return Reply(record.body)


def complete_work_item(call: Call, id_: str, body: object = None) -> Reply:
    """Whatever the body says: clients send an empty one, a string, null or an object."""
    record = reachable(call, id_)
    if not record.fields.is_open:
        return _not_pending(call, record)
    if call.assumes("complete-undecided") == "refused" and _has_undecided(record.document()):
        raise IllegalContent("The work item has undecided approval items.")
    return _changed(call, record, lambda document: _ended(call, document, APPROVED))


def forward_work_item(call: Call, id_: str, body: dict[str, Any]) -> Reply:
    """Answers an empty body."""
    record = reachable(call, id_)
    if not record.fields.is_open:
        _not_pending(call, record)
        return Reply()
    target = call.tenant.state.identities.with_id(body["targetOwnerId"])
    if target is None:
        raise UnknownReference("targetOwnerId") if call.assumes("forward-to-unknown") == "referenced-object" else NotFound()
    if target.id == record.fields.owner and call.assumes("forward-to-owner") == "refused":
        raise IllegalValue("targetOwnerId", "It is the present owner.")
    if not target.active and call.assumes("forward-to-inactive") == "refused":
        raise IllegalValue("targetOwnerId", "This identity is not active.")
    _changed(call, record, lambda document: {**document, "ownerId": target.id, "ownerName": target.name})
    return Reply()


send_work_item_forward = submit_forward_work_item = forward_work_item
"""What v3 and beta call it."""


def approve_approval_item(call: Call, id_: str, approval_item_id: str) -> Reply:
    return _decide_one(call, id_, approval_item_id, APPROVED)


def reject_approval_item(call: Call, id_: str, approval_item_id: str) -> Reply:
    return _decide_one(call, id_, approval_item_id, REJECTED)


def approve_approval_items_in_bulk(call: Call, id_: str) -> Reply:
    return _decide_all(call, id_, APPROVED)


def reject_approval_items_in_bulk(call: Call, id_: str) -> Reply:
    return _decide_all(call, id_, REJECTED)


def submit_account_selection(call: Call, id_: str, body: dict[str, Any]) -> Reply:
    record = reachable(call, id_)
    if not record.fields.is_open:
        return _not_pending(call, record)
    document = record.document()
    if document.get("type") != "Form":
        raise IllegalContent(f"Accounts are selected in a work item of type Form; this one is of type {document.get('type')}.")
    if document["form"] is None:
        raise IllegalContent("The work item has no form.")

    def selected(document: Json) -> Json:
        form = {**document["form"], "sections": [_filled(section, body) for section in document["form"].get("sections") or ()]}
        changed = {**document, "form": form}
        return _ended(call, changed, APPROVED) if call.assumes("account-selection") == "finishes" else changed

    return _changed(call, record, selected)


def _page(call: Call, owner: str | None, limit: int, offset: int, count: bool, *, is_open: bool, newest_first: bool) -> Reply:
    items = call.tenant.state.work_items
    entries = items.bucket(WorkItemKind.bucket(is_open=is_open, owner=owner))
    if newest_first:
        stop = max(len(entries) - offset, 0)
        chosen = entries.slice(max(stop - limit, 0), stop)[::-1]
    else:
        chosen = entries.slice(offset, offset + limit)
    return page_reply(items.bodies(chosen), len(entries) if count else None)


def _count(call: Call, owner: str | None, *, is_open: bool) -> int:
    return len(call.tenant.state.work_items.bucket(WorkItemKind.bucket(is_open=is_open, owner=owner)))


def _decide_one(call: Call, work_item_id: str, approval_item_id: str, decision: str) -> Reply:
    record = reachable(call, work_item_id)
    items = _approval_items(record.document())
    item = next((item for item in items if item["id"] == approval_item_id), None)
    if item is None:
        raise NotFound
    if not record.fields.is_open or item.get("state") not in UNDECIDED:
        return _not_pending(call, record)
    return _changed(call, record, lambda document: _decided(call, document, [approval_item_id], decision))


def _decide_all(call: Call, work_item_id: str, decision: str) -> Reply:
    record = reachable(call, work_item_id)
    if not record.fields.is_open:
        return _not_pending(call, record)
    undecided = [item["id"] for item in _approval_items(record.document()) if item.get("state") in UNDECIDED]
    if not undecided:
        if call.assumes("bulk-without-items") == "unchanged":
            return Reply(record.body)
        raise IllegalContent("The work item has no undecided approval item.")
    return _changed(call, record, lambda document: _decided(call, document, undecided, decision))


def _decided(call: Call, document: Json, chosen: list[str], decision: str) -> Json:
    items = [{**item, "state": decision} if item["id"] in chosen else item for item in _approval_items(document)]
    document = {**document, "approvalItems": items}
    states = [item.get("state") for item in items]
    rule = call.assumes("work-item-after-decisions")
    if rule == "stays-pending" or any(state in UNDECIDED for state in states):
        return document
    if rule == "any-approved-finishes":
        return _ended(call, document, APPROVED if APPROVED in states else REJECTED)
    return _ended(call, document, REJECTED if REJECTED in states else APPROVED)


def _ended(call: Call, document: Json, state: str) -> Json:
    return {**document, "state": state, "completed": call.timestamp()}


def _changed(call: Call, record: Record[WorkItemFields], change: Callable[[Json], Json]) -> Reply:
    """All changes of a work item pass here: its date of modification is theirs."""
    modified = {"modified": call.timestamp()}
    return Reply(call.tenant.state.work_items.update(record.id, lambda document: {**change(document), **modified}).body)


def _not_pending(call: Call, record: Record[WorkItemFields]) -> Reply:
    if call.assumes("not-pending") == "unchanged":
        return Reply(record.body)
    raise IllegalContent("It is not pending.")


def _approval_items(document: Json) -> list[Json]:
    return document["approvalItems"] or []


def _has_undecided(document: Json) -> bool:
    return any(item.get("state") in UNDECIDED for item in _approval_items(document))


def _filled(node: Json, selection: dict[str, Any]) -> Json:
    """A section or field of a form with the selected values. The spec has text, objects and null: anything else becomes JSON text."""
    if "formItems" in node:
        return {**node, "formItems": [_filled(item, selection) for item in node["formItems"] or ()]}
    if node.get("name") not in selection:
        return node
    value = selection[node["name"]]
    return {**node, "value": value if value is None or isinstance(value, str | dict) else orjson.dumps(value).decode()}
