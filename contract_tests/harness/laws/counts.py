"""Lists, counts, summary and single documents tell the same."""

from __future__ import annotations

from typing import Any

from contract_tests.harness.inventory import PAGE
from contract_tests.harness.laws import Case
from contract_tests.harness.paths import operations

Json = Any

SINGLES = 6
"""Documents of each list that are looked up by id."""


def counts_are_true(case: Case) -> None:
    """The counts are the lengths of the lists, and the summary repeats them; for one owner as for all."""
    if not case.caller.has("listWorkItems", "getCompletedWorkItems"):
        return
    for owner in (None, *case.inventory.owners()[:2]):
        lengths = {key: _length(case, key, owner) for key in ("open", "completed")}
        for key, name in (("open", "getCountWorkItems"), ("completed", "getCountCompletedWorkItems")):
            case.caller.begin()
            count = _count(case.caller.get(name, ownerId=owner))
            _compare(case, name, "count" if owner is None else "count of an owner", lengths[key], count)
        case.caller.begin()
        summary = case.caller.get("getWorkItemsSummary", ownerId=owner)
        if isinstance(summary, dict):
            for key, length in lengths.items():
                _compare(case, "getWorkItemsSummary", key, length, summary.get(key))
            totals = (lengths["open"], (lengths["open"] or 0) + (lengths["completed"] or 0))
            if None not in lengths.values() and summary.get("total") not in totals:
                says = "`total` counts the open ones, or these and the completed"
                case.caller.broken("counts", "getWorkItemsSummary", "total", says)


def lists_hold_what_they_say(case: Case) -> None:
    """Open ones are Pending; completed ones are not, and have a date. Tasks have ended where the version lists only such."""
    _each(
        case,
        "listWorkItems",
        case.inventory.open,
        "state",
        "the open list holds Pending ones only",
        lambda item: item.get("state") == "Pending",
    )
    ended = "the completed list holds what has ended, with a completion date"
    _each(
        case,
        "getCompletedWorkItems",
        case.inventory.completed,
        "state",
        ended,
        lambda item: item.get("state") != "Pending" and item.get("completed") is not None,
    )
    _each(case, "getPendingTasks", case.inventory.pending, "completionStatus", "a pending task has no completion status", _is_pending)
    if _holds_completed_only(case):
        says = f"in {case.caller.version} the list holds completed tasks only"
        _each(case, "getTaskStatusList", case.inventory.tasks, "completed", says, lambda task: task.get("completed") is not None)


def an_owners_list_is_his(case: Case) -> None:
    """ownerId selects: everything of that owner, and nothing else."""
    for key, name in (("open", "listWorkItems"), ("completed", "getCompletedWorkItems")):
        for owner in case.inventory.owners()[:2]:
            case.caller.begin()
            page = case.caller.get(name, ownerId=owner, limit=PAGE)
            expected = [item["id"] for item in getattr(case.inventory, key) if item.get("ownerId") == owner]
            if isinstance(page, list) and case.inventory.whole[key] and case.inventory.ids(page) != expected[:PAGE]:
                came = f"{len(page)} documents, where the whole list has {len(expected)} of this owner"
                case.caller.broken("owner", name, "ownerId", "with ownerId, the list holds what this owner has, and nothing else", came)


def one_is_as_the_list_has_it(case: Case) -> None:
    """A document by its id is the same as in the list."""
    _singles(case, "getWorkItem", case.inventory.open[:SINGLES] + case.inventory.completed[:SINGLES])
    _singles(case, "getTaskStatus", case.inventory.tasks[:SINGLES] + case.inventory.pending[:SINGLES])


def what_is_not_there_is_a_404(case: Case) -> None:
    for name in ("getWorkItem", "getTaskStatus"):
        if case.caller.has(name):
            case.caller.begin()
            if case.caller.call(name, id="0" * 32).answer.status != 404:
                case.caller.broken("not found", name, "unknown id", "an id that does not exist is answered with 404")


def errors_carry_their_id(case: Case) -> None:
    """`trackingId` of an error is the header SLPT-Request-ID, and no two are alike."""
    case.caller.begin()
    ids = []
    for _ in range(2):
        answer = case.caller.call("getWorkItem", id="0" * 32).answer
        ids.append(answer.header("SLPT-Request-ID"))
        try:
            tracking = answer.json().get("trackingId")
        except (ValueError, AttributeError):
            return  # the oracle has told it
        if ids[-1] is None or tracking != ids[-1]:
            case.caller.broken("errors", "getWorkItem", "trackingId", "trackingId of an error equals the header SLPT-Request-ID")
            return
    if ids[0] == ids[1]:
        case.caller.broken("errors", "getWorkItem", "SLPT-Request-ID", "each request has an id of its own", "the same id twice")


def deprecated_operations_say_so(case: Case) -> None:
    """X-Deprecated: true, on operations that the document marks as deprecated, and on no others."""
    for name in ("listWorkItems", "getWorkItemsSummary", "getTaskStatusList", "getPendingTasks"):
        if case.caller.has(name):
            case.caller.begin()
            told = case.caller.call(name, limit=1).answer.header("X-Deprecated")
            wanted = "true" if operations(case.caller.version)[name].spec.get("deprecated") else None
            if told != wanted:
                says = "a deprecated operation answers with X-Deprecated: true, and no other does"
                case.caller.broken("deprecated", name, "X-Deprecated", says, f"X-Deprecated: {told}")


LAWS = (
    counts_are_true,
    lists_hold_what_they_say,
    an_owners_list_is_his,
    one_is_as_the_list_has_it,
    what_is_not_there_is_a_404,
    errors_carry_their_id,
    deprecated_operations_say_so,
)


_STEADY = {"id", "type", "uniqueName", "created", "launcher", "target"}
"""What does not change while a task runs."""


def _length(case: Case, key: str, owner: str | None) -> int | None:
    if not case.inventory.whole[key]:
        return None
    documents: list[Json] = getattr(case.inventory, key)
    return len([item for item in documents if owner is None or item.get("ownerId") == owner])


def _count(body: Json) -> Json:
    body = body[0] if isinstance(body, list) and body else body  # beta answers with an array of one
    return body.get("count") if isinstance(body, dict) else None


def _compare(case: Case, name: str, place: str, length: int | None, count: Json) -> None:
    if length is not None and count is not None and count != length:
        case.caller.broken("counts", name, place, "the count is the length of the list", f"{count}, and the list has {length}")


def _each(case: Case, name: str, documents: list[Json], place: str, says: str, holds: Any) -> None:
    wrong = sum(not holds(document) for document in documents)
    if wrong:
        case.caller.begin()
        case.caller.call(name, limit=PAGE)
        case.caller.broken("list", name, place, says, f"{wrong} of {len(documents)} are otherwise")


def _is_pending(task: Json) -> bool:
    return task.get("completionStatus") is None


def _holds_completed_only(case: Case) -> bool:

    operation = operations(case.caller.version).get("getTaskStatusList")
    return operation is not None and operation.spec.get("x-isc-holds") == "completed"


def _singles(case: Case, name: str, documents: list[Json]) -> None:
    for document in documents:
        if "id" not in document:
            continue
        case.caller.begin()
        exchange = case.caller.call(name, id=document["id"])
        if exchange.answer.status != 200:
            case.caller.broken("single", name, "status", "what a list shows can be got by its id")
            continue
        try:
            single = exchange.answer.json()
        except ValueError:
            continue
        if not isinstance(single, dict):
            continue  # the oracle has told it
        looked_at = {*document, *single} if document.get("completed") or "state" in document else _STEADY
        differing = sorted(key for key in looked_at if document.get(key, ...) != single.get(key, ...))
        if differing:
            says = "a document by its id is as the list shows it"
            case.caller.broken("single", name, ",".join(differing), says, f"they differ in {', '.join(differing)}")
