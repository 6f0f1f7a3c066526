"""Task status: list, get, clear by patch, and what is pending."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mock_server.conventions import dates, json_patch
from mock_server.conventions.errors import IllegalContent, IllegalValue, NotFound
from mock_server.conventions.filters import Expression, values_of
from mock_server.conventions.replies import Reply, page_reply
from mock_server.conventions.sorters import Sorter
from mock_server.operations.calls import Call
from mock_server.state.collection import Collection, Json, Record
from mock_server.state.kinds import TaskFields
from mock_server.state.selection import Selection, select

RETENTION = 90 * 24 * 3600 * 1000
"""Milliseconds: older tasks are in no list and not found by id (documented)."""

CHANGEABLE = ("/completionStatus", "/completed")
"""What a patch is for: clearing a stuck task (documented)."""

ENTITLEMENT_IMPORT = "CLOUD_ENTITLEMENT_IMPORT"

UNPUBLISHED = ("beta", "v2024")
"""Versions for which the vendor lists no constants of the filter field type: theirs are an assumption."""

COMPLETION_STATUSES = ("SUCCESS", "WARNING", "ERROR", "TERMINATED", "TEMPERROR")


def get_task_status_list(call: Call, limit: int, offset: int, count: bool, filters: Expression | None, sorters: Sequence[Sorter]) -> Reply:
    """Beta and v2024 list completed tasks, later versions all of them."""
    if filters is not None:
        _check_types(call, filters)
    selection = _visible(call, filters, holds=call.operation.spec["x-isc-holds"])
    return _page(call, selection, limit, offset, count, sorters)


def get_task_status(call: Call, id_: str) -> Reply:
    """In every version also while it runs, whatever the list holds (relied on by clients)."""
    record = _kept(call, id_)
    _shown(call, [record])
    return Reply(record.body)


def get_pending_tasks(call: Call, limit: int, offset: int, count: bool) -> Reply:
    selection = _visible(call, None, holds="pending")
    if call.assumes("empty-pending") == "no-content" and selection.total() == 0:
        return Reply(status=204, headers={"X-Total-Count": "0"} if count else {})
    return _page(call, selection, limit, offset, count, ())


def get_pending_task_headers(call: Call, limit: int, offset: int, count: bool) -> Reply:
    """Shows no task, so it is no read of any."""
    total = _visible(call, None, holds="pending").total()
    status = 204 if call.assumes("empty-pending") == "no-content" and total == 0 else 200
    return Reply(status=status, headers={"X-Total-Count": str(total)} if count else {})


def update_task_status(call: Call, id_: str, body: list[dict[str, Any]]) -> Reply:
    """JSON Patch: all operations or none."""
    record = _kept(call, id_)
    if record.fields.is_finished and call.assumes("patch-finished") == "refused":
        raise IllegalContent("The task is finished.")
    operations = body
    json_patch.demand_members(body)
    if call.assumes("patch-other-path") == "ignored":
        operations = [one for one in body if set(json_patch.changed_by(one)) <= set(CHANGEABLE)]
    json_patch.refuse_other_paths(operations, CHANGEABLE)

    def patched(document: Json) -> Json:
        changed = json_patch.apply(document, operations)
        changed["completionStatus"] = _completion_status(call, changed)
        changed["completed"] = _completed(changed)
        changed["modified"] = call.timestamp()
        return changed

    changed = call.tenant.state.tasks.update(id_, patched)
    if any(one["op"] != "test" for one in operations):
        call.tenant.state.progress.forget(id_)
    return Reply(changed.body)


def _check_types(call: Call, filters: Expression) -> None:
    """The `type` filter takes the constants that the version publishes. The texts are those of live tenants."""
    parameter = next(parameter for parameter in call.operation.parameters if parameter["name"] == "filters")
    constants = parameter["x-isc-filters"]["type"]["values"]
    any_goes = call.operation.version in UNPUBLISHED and call.assumes("type-constants") == "any"
    for value in values_of(filters, "type"):
        if value.upper() not in constants and not any_goes:
            known = ", ".join(constants)
            raise IllegalValue("filters", f"Error converting Enumerated string (type) value ({value[:100]}); supported: {known}.")
        if value.upper() == ENTITLEMENT_IMPORT and call.assumes("entitlement-import-filter") == "unsupported":
            raise IllegalContent("Unsupported Task Definition type.")


def _page(call: Call, selection: Selection, limit: int, offset: int, count: bool, sorters: Sequence[Sorter]) -> Reply:
    """The only sorter is `created`: the first one decides."""
    newest_first = sorters[0].descending if sorters else call.assumes("task-order") == "newest-first"
    page = selection.page(offset, limit, newest_first=newest_first)
    total = selection.total() if count else None
    _shown(call, page)
    return page_reply([record.body for record in page], total)


def _visible(call: Call, filters: Expression | None, *, holds: str) -> Selection:
    now = call.now()
    oldest = now - RETENTION
    tasks = _followed(call, now)
    if call.assumes("task-age") == "created":
        return select(tasks, filters, holds=holds, since=oldest)
    return select(tasks, filters, holds=holds, also=(lambda record: record.fields.aged >= oldest,))


def _followed(call: Call, now: int) -> Collection[TaskFields]:
    """The tasks, those that are under way where they are now."""
    state = call.tenant.state
    state.progress.follow(state.tasks, now)
    return state.tasks


def _shown(call: Call, records: Iterable[Record[TaskFields]]) -> None:
    state = call.tenant.state
    state.progress.shown(state.tasks, (record.id for record in records), call.now())


def _kept(call: Call, task_id: str) -> Record[TaskFields]:
    """The task, if it is younger than 90 days. Raises NotFound."""
    now = call.now()
    record = _followed(call, now).get(task_id)
    if record.fields.aged < now - RETENTION:
        raise NotFound
    return record


def _completion_status(call: Call, document: Json) -> str | None:
    value: str | None = document.get("completionStatus", "")
    if isinstance(value, str) and call.assumes("patch-casing") == "any":
        value = value.upper()
    if value is not None and value not in COMPLETION_STATUSES:
        raise IllegalValue("completionStatus", f"Expected: {', '.join(COMPLETION_STATUSES)} or null.")
    return value


def _completed(document: Json) -> str | None:
    value = document.get("completed", "")
    if value is None:
        return None
    try:
        return dates.canonical(value)
    except (TypeError, ValueError):
        raise IllegalValue("completed", "Expected: an ISO 8601 date-time with an offset, or null.") from None
