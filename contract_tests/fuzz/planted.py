"""The faults that the harness must find: each with the operation that its finding must name, and the command that must find it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract_tests.fuzz.mutants import Answered, Asked, Call, Fault, Memory

Json = Any

LIST, COMPLETED, TASKS, PENDING = "listWorkItems", "getCompletedWorkItems", "getTaskStatusList", "getPendingTasks"
ITEM, TASK, COUNT, SUMMARY = "getWorkItem", "getTaskStatus", "getCountWorkItems", "getWorkItemsSummary"
COMPLETE, FORWARD, PATCH = "completeWorkItem", "forwardWorkItem", "updateTaskStatus"
APPROVE, BULK, SELECT = "approveApprovalItem", "approveApprovalItemsInBulk", "submitAccountSelection"


@dataclass(frozen=True)
class Planted:
    name: str
    operation: str
    fault: Fault
    command: str = "fuzz"
    version: str = "v2025"


def answers(name: str, change: Callable[[Answered], Answered], *, status: int = 200) -> Fault:
    """Changes what an operation answers with a status."""

    async def fault(asked: Asked, call: Call, _memory: Memory) -> Answered:
        answered = await call(asked)
        return change(answered) if asked.operation == name and answered.status == status else answered

    return fault


def documents(name: str, change: Callable[[Json], Json]) -> Fault:
    """Changes each document that an operation answers with."""
    return answers(name, lambda answered: answered.with_json(_each(answered.json, change)))


def field(name: str, key: str, value: Json) -> Fault:
    return documents(name, lambda document: {**document, key: value})


def asks(name: str, change: Callable[[Asked], Asked | None]) -> Fault:
    """Reads a request as another one; None: as it is. What is refused as it stands stays refused."""

    async def fault(asked: Asked, call: Call, _memory: Memory) -> Answered:
        changed = change(asked) if asked.operation == name else None
        answered = await call(asked)
        return answered if changed is None or answered.status >= 400 else await call(changed)

    return fault


def lets_in(name: str, change: Callable[[Asked], Asked]) -> Fault:
    """Takes what should be refused with 400 for another request."""

    async def fault(asked: Asked, call: Call, _memory: Memory) -> Answered:
        answered = await call(asked)
        return await call(change(asked)) if asked.operation == name and answered.status == 400 else answered

    return fault


def admits(name: str, status: int) -> Fault:
    """Lets in whom it should refuse with this status."""

    async def fault(asked: Asked, call: Call, memory: Memory) -> Answered:
        answered = await call(asked)
        return await call(asked.with_token(memory.admin)) if asked.operation == name and answered.status == status else answered

    return fault


def forgets(name: str, change: Callable[[Asked, Memory], Asked | None]) -> Fault:
    """Carries out something else than it is asked to; None: nothing at all, and says that all is well."""

    async def fault(asked: Asked, call: Call, memory: Memory) -> Answered:
        if asked.operation != name:
            return await call(asked)
        changed = change(asked, memory)
        if changed is not None:
            return await call(changed)
        document = await call(Asked("GET", _parent(asked.path), (), asked.headers, b"", None))
        return document if document.status >= 400 else document.with_json({**document.json, "state": "Finished"})

    return fault


def _each(body: Json, change: Callable[[Json], Json]) -> Json:
    return [change(document) for document in body] if isinstance(body, list) else change(body)


def _without(key: str) -> Callable[[Json], Json]:
    return lambda document: {name: value for name, value in document.items() if name != key}


def _parent(path: str) -> str:
    """The work item that an action is about."""
    return re.sub(r"/(forward|approve/[^/]+|reject/[^/]+|submit-account-selection)$", "", path).replace("/bulk-approve", "")


def _filter(change: Callable[[str], str | None]) -> Callable[[Asked], Asked | None]:
    def changed(asked: Asked) -> Asked | None:
        text = asked.get("filters")
        other = change(text) if text else None
        return None if other is None or other == text else asked.with_query(filters=other)

    return changed


def _first_of_in(text: str) -> str:
    return re.sub(r'(\w+) in \(("(?:[^"\\]|\\.)*").*?\)', r"\1 eq \2", text)


def _without_filter(asked: Asked) -> Asked | None:
    return asked.with_query(filters=None) if asked.get("filters") else None


def _offset(by: int) -> Callable[[Asked], Asked | None]:
    def changed(asked: Asked) -> Asked | None:
        offset = asked.get("offset") or "0"
        return asked.with_query(offset=str(max(0, int(offset) + by))) if offset.isdigit() and int(offset) > 0 else None

    return changed


def _default_limit(asked: Asked) -> Asked | None:
    return asked.with_query(limit="20") if asked.get("limit") is None else None


def _total(change: Callable[[int], str | None]) -> Callable[[Answered], Answered]:
    def changed(answered: Answered) -> Answered:
        total = dict(answered.headers).get("X-Total-Count")
        return answered if total is None else answered.with_header("X-Total-Count", change(int(total)))

    return changed


async def _total_unasked(asked: Asked, call: Call, _memory: Memory) -> Answered:
    answered = await call(asked)
    return answered.with_header("X-Total-Count", "40") if asked.operation == LIST and asked.get("count") is None else answered


async def _past_the_end(asked: Asked, call: Call, _memory: Memory) -> Answered:
    answered = await call(asked)
    if asked.operation == LIST and answered.body == b"[]" and asked.get("offset") not in (None, "0"):
        return await call(Asked("GET", "/v2025/work-items/" + "0" * 32, (), asked.headers, b"", None))
    return answered


async def _still_listed(asked: Asked, call: Call, memory: Memory) -> Answered:
    """The open list keeps what was completed."""
    answered = await call(asked)
    if asked.operation == COMPLETE and answered.status == 200:
        memory.kept["item"] = answered.json
    if asked.operation == LIST and answered.status == 200 and "item" in memory.kept:
        return answered.with_json([*answered.json, {**memory.kept["item"], "state": "Pending", "completed": None}])
    return answered


async def _count_stays(asked: Asked, call: Call, memory: Memory) -> Answered:
    """The count that was asked for first is told for ever."""
    answered = await call(asked)
    if asked.operation == COUNT and answered.status == 200 and not asked.query:
        return memory.kept.setdefault("count", answered)  # type: ignore[no-any-return]
    return answered


async def _bulk_leaves_one(asked: Asked, call: Call, _memory: Memory) -> Answered:
    """Decides all approval items but the last."""
    if asked.operation != BULK:
        return await call(asked)
    item = await call(Asked("GET", _parent(asked.path), (), asked.headers, b"", None))
    parts = [part for part in (item.json.get("approvalItems") or ()) if not part.get("state")] if item.status == 200 else []
    if len(parts) < 2 or item.json["state"] != "Pending":
        return await call(asked)
    for part in parts[:-1]:
        answered = await call(Asked("POST", f"{_parent(asked.path)}/approve/{part['id']}", (), asked.headers, b"", None))
    return answered.with_json({**answered.json, "state": "Finished"})


async def _half_a_patch(asked: Asked, call: Call, _memory: Memory) -> Answered:
    """What comes before the operation that fails is stored."""
    answered = await call(asked)
    if asked.operation == PATCH and answered.status == 400:
        try:
            first = [one for one in json.loads(asked.body) if one["op"] == "replace" and one["path"].startswith("/complet")][:1]
        except (ValueError, TypeError, KeyError, AttributeError):
            return answered
        await call(Asked("PATCH", asked.path, (), asked.headers, json.dumps(first).encode(), None))
    return answered


async def _approves_as_rejected(asked: Asked, call: Call, _memory: Memory) -> Answered:
    if asked.operation != APPROVE:
        return await call(asked)
    path = asked.path.replace("/approve/", "/reject/")
    return await call(Asked("POST", path, asked.query, asked.headers, asked.body, None, asked.raw))


async def _selects_anywhere(asked: Asked, call: Call, _memory: Memory) -> Answered:
    """Takes an account selection for every kind of work item, and completes it."""
    answered = await call(asked)
    if asked.operation == SELECT and answered.status == 400:
        return await call(Asked("POST", _parent(asked.path), (), asked.headers, b"", None))
    return answered


async def _old_owner_keeps_it(asked: Asked, call: Call, memory: Memory) -> Answered:
    """A forwarded work item stays in the list of whoever had it."""
    if asked.operation == FORWARD:
        before = await call(Asked("GET", _parent(asked.path), (), asked.headers, b"", None))
        answered = await call(asked)
        if before.status == answered.status == 200:
            memory.kept["item"] = before.json
        return answered
    answered = await call(asked)
    kept = memory.kept.get("item")
    if asked.operation == LIST and answered.status == 200 and kept and asked.get("ownerId") == kept["ownerId"]:
        return answered.with_json([*(one for one in answered.json if one["id"] != kept["id"]), kept])
    return answered


async def _fails_on_odd_ids(asked: Asked, call: Call, _memory: Memory) -> Answered:
    """What is not ASCII is too much for it."""
    if asked.operation == ITEM and not asked.path.isascii():
        return _fault()
    return await call(asked)


async def _fails_on_nothing(asked: Asked, call: Call, _memory: Memory) -> Answered:
    return _fault() if asked.operation == TASKS and asked.get("limit") == "0" else await call(asked)


def _fault() -> Answered:
    return Answered(500, (("content-type", "text/plain"),), b"Internal Server Error")


async def _not_found_found(asked: Asked, call: Call, memory: Memory) -> Answered:
    """Any id is an id: what does not exist is answered with the last that did."""
    answered = await call(asked)
    if asked.operation == ITEM and answered.status == 200:
        memory.kept["item"] = answered
    return memory.kept.get("item", answered) if asked.operation == ITEM and answered.status == 404 else answered


async def _limit_ignored(asked: Asked, call: Call, _memory: Memory) -> Answered:
    answered = await call(asked)
    return await call(asked.with_query(limit=None)) if asked.operation == COMPLETED and answered.status == 200 else answered


async def _open_holds_completed(asked: Asked, call: Call, _memory: Memory) -> Answered:
    answered = await call(asked)
    if asked.operation == LIST and answered.status == 200 and answered.body != b"[]":
        completed = await call(Asked("GET", "/v2025/work-items/completed", (("limit", "1"),), asked.headers, b"", None))
        return answered.with_json([*completed.json, *answered.json])
    return answered


_EXTRA = {"somethingNew": "of which nobody has written"}

PLANTED = [
    # Documents that are not as described
    Planted("a required field is missing", TASKS, documents(TASKS, _without("launcher"))),
    Planted("a required field of one task is missing", TASK, documents(TASK, _without("percentComplete"))),
    Planted("the state is missing", LIST, documents(LIST, _without("state"))),
    Planted("a date is a number", LIST, field(LIST, "created", 1767225600000)),
    Planted("a date is none", COMPLETED, field(COMPLETED, "completed", "yesterday")),
    Planted("a text is null", ITEM, field(ITEM, "description", None)),
    Planted("a list is null", TASKS, field(TASKS, "messages", None)),
    Planted("a list is an object", ITEM, field(ITEM, "approvalItems", {})),
    Planted("a state is out of its enum", COMPLETED, field(COMPLETED, "state", "Done")),
    Planted("a state is in another case", LIST, field(LIST, "state", "PENDING")),
    Planted("a type is out of its enum", TASK, field(TASK, "type", "CRON")),
    Planted("a number is a text", TASK, field(TASK, "percentComplete", "100")),
    Planted("a count is a text", COUNT, field(COUNT, "count", "40")),
    Planted("a count is a fraction", SUMMARY, field(SUMMARY, "open", 40.5)),
    Planted("a field that nobody describes", ITEM, documents(ITEM, lambda document: {**document, **_EXTRA})),
    Planted("a list in an envelope", LIST, answers(LIST, lambda answered: answered.with_json({"items": answered.json}))),
    Planted("the body is cut off", TASKS, answers(TASKS, lambda answered: Answered(200, answered.headers, answered.body[:-5]))),
    Planted("another content type", ITEM, answers(ITEM, lambda answered: answered.with_header("content-type", "text/html"))),
    Planted("problem+json", ITEM, answers(ITEM, lambda one: one.with_header("content-type", "application/problem+json"), status=404)),
    Planted("an undocumented status", COUNT, answers(COUNT, lambda answered: Answered(206, answered.headers, answered.body))),
    Planted("an undocumented error", ITEM, answers(ITEM, lambda one: Answered(410, one.headers, one.body), status=404)),
    Planted("an error is not the envelope", ITEM, answers(ITEM, lambda one: one.with_json({"detailCode": 404}), status=404)),
    Planted("a 401 of another shape", LIST, answers(LIST, lambda one: one.with_json({"detailCode": "401"}), status=401)),
    Planted("the tracking id is another", ITEM, answers(ITEM, lambda one: one.with_header("SLPT-Request-ID", "0" * 32), status=404)),
    Planted("a 500 on odd input", ITEM, _fails_on_odd_ids),
    Planted("a 500 on an empty page", TASKS, _fails_on_nothing),
    Planted("no word of being deprecated", PENDING, answers(PENDING, lambda one: one.with_header("X-Deprecated", None))),
    # Paging
    Planted("no X-Total-Count", LIST, answers(LIST, _total(lambda _total: None))),
    Planted("X-Total-Count is off by one", TASKS, answers(TASKS, _total(lambda total: str(total + 1)))),
    Planted("X-Total-Count is the page", COMPLETED, answers(COMPLETED, lambda one: _total(lambda _total: str(len(one.json)))(one))),
    Planted("X-Total-Count unasked", LIST, _total_unasked),
    Planted("pages overlap", LIST, asks(LIST, _offset(-1))),
    Planted("pages leave one out", TASKS, asks(TASKS, _offset(+1))),
    Planted("a default limit of 20", TASKS, asks(TASKS, _default_limit)),
    Planted("limits are ignored", COMPLETED, _limit_ignored),
    Planted("404 past the end", LIST, _past_the_end),
    Planted("a limit of 251 is accepted", LIST, lets_in(LIST, lambda asked: asked.with_query(limit="250"))),
    Planted("a negative offset is accepted", TASKS, lets_in(TASKS, lambda asked: asked.with_query(offset="0"))),
    # Filters and sorters
    Planted("filters are ignored", TASKS, asks(TASKS, _without_filter)),
    Planted("in is read as eq", TASKS, asks(TASKS, _filter(_first_of_in))),
    Planted("isnull is read as its contrary", TASKS, asks(TASKS, _filter(lambda one: re.sub(r"(\w+) isnull", r"not (\1 isnull)", one)))),
    Planted("and is read as or", TASKS, asks(TASKS, _filter(lambda one: one.replace(" and ", " or ")))),
    Planted("not is ignored", TASKS, asks(TASKS, _filter(lambda one: one.replace("not (", "(")))),
    Planted("filters look at the case", TASKS, asks(TASKS, _filter(lambda one: re.sub(r'"[A-Z .]+"', '"nothing"', one)))),
    Planted("a bad filter is accepted", TASKS, lets_in(TASKS, lambda asked: asked.with_query(filters=None))),
    Planted("sorters are ignored", TASKS, asks(TASKS, lambda asked: asked.with_query(sorters=None))),
    Planted("a bad sorter is accepted", TASKS, lets_in(TASKS, lambda asked: asked.with_query(sorters=None))),
    # Answers that contradict each other
    Planted("ownerId is ignored", LIST, asks(LIST, lambda asked: asked.with_query(ownerId=None))),
    Planted("the open list holds a completed one", LIST, _open_holds_completed),
    Planted("a count is off by one", COUNT, documents(COUNT, lambda body: {"count": body["count"] + 1})),
    Planted("the summary is off by one", SUMMARY, documents(SUMMARY, lambda body: {**body, "completed": body["completed"] - 1})),
    Planted("one is not as in the list", ITEM, field(ITEM, "description", "Something else.")),
    Planted("what does not exist is found", ITEM, _not_found_found),
    # Access
    Planted("a wrong token is accepted", ITEM, admits(ITEM, 401)),
    Planted("a wrong token is accepted for a write", COMPLETE, admits(COMPLETE, 401)),
    Planted("scopes are ignored", LIST, admits(LIST, 403)),
    Planted("user levels are ignored", TASKS, admits(TASKS, 403)),
    Planted("somebody else's item is readable", ITEM, admits(ITEM, 403)),
    # Changes
    Planted("a completed item is still listed", COMPLETE, _still_listed, "lifecycle"),
    Planted("a completion is not stored", COMPLETE, forgets(COMPLETE, lambda _asked, _memory: None), "lifecycle"),
    Planted("a count is not moved", COMPLETE, _count_stays, "lifecycle"),
    Planted("bulk decides all but one", BULK, _bulk_leaves_one, "lifecycle"),
    Planted("approving rejects", APPROVE, _approves_as_rejected, "lifecycle"),
    Planted("a forward without effect", FORWARD, forgets(FORWARD, lambda _asked, _memory: None), "lifecycle"),
    Planted("a forwarded item stays with its old owner", FORWARD, _old_owner_keeps_it, "lifecycle"),
    Planted("a patch is not stored", PATCH, forgets(PATCH, lambda _asked, _memory: None), "lifecycle"),
    Planted("half a patch is stored", PATCH, _half_a_patch, "lifecycle"),
    Planted("accounts are selected in anything", SELECT, _selects_anywhere, "lifecycle"),
]
