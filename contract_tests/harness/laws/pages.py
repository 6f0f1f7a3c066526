"""Paging: pages join to the list, X-Total-Count is true, past the end is empty, the default and the limits are as described."""

from __future__ import annotations

from typing import Any

from contract_tests.harness.inventory import LISTS, PAGE
from contract_tests.harness.laws import Case
from contract_tests.harness.message import Answer
from contract_tests.harness.paths import operations

Json = Any

SMALL = 3
"""Documents a page: enough pages in a small list to see one overlap another."""

MOST = 40
"""Documents that are read in small pages."""


def pages_join(case: Case) -> None:
    """Read page by page, a list has the same documents in the same order as read at once."""
    for name, caller, documents in _lists(case):
        ids = case.inventory.ids(documents)[:MOST]
        read: list[str] = []
        for offset in range(0, len(ids), SMALL):
            page = caller.get(name, limit=SMALL, offset=offset)
            if not isinstance(page, list):
                break
            if len(page) > SMALL:
                caller.broken(
                    "pages", name, "limit", f"a page has at most as many documents as its limit, here {SMALL}", f"{len(page)} documents"
                )
            read += case.inventory.ids(page)
        else:
            if read[: len(ids)] != ids:
                came = f"in pages of {SMALL}: {len(read)} documents, {len(set(read))} different; at once: {len(ids)}"
                caller.last = caller.last[:3]
                caller.broken("pages", name, "join", "pages join to the list: nothing twice, nothing left out, in one order", came)


def totals_are_true(case: Case) -> None:
    """X-Total-Count is sent when count=true asks for it, and then only, and is the length of the list."""
    for name, caller, documents in _lists(case):
        counted = caller.call(name, limit=1, count=True).answer.header("X-Total-Count")
        if counted is None and not _is_known_emptiness(case, name, caller.last[-1].answer):
            caller.broken("total", name, "absent", "count=true asks for the header X-Total-Count", "no such header")
        elif counted is not None and case.inventory.whole[_key(name)] and counted != str(len(documents)):
            caller.broken(
                "total", name, "value", "X-Total-Count is the length of the whole list", f"{counted}, and the list has {len(documents)}"
            )
        caller.begin()
        unasked = caller.call(name, limit=1).answer.header("X-Total-Count")
        if unasked is not None:
            caller.broken("total", name, "unasked", "X-Total-Count is sent only when count=true asks for it", f"X-Total-Count: {unasked}")


def past_the_end_is_empty(case: Case) -> None:
    """200 and [], however far."""
    for name, caller, documents in _lists(case):
        if not case.inventory.whole[_key(name)]:
            continue
        for offset in (len(documents), len(documents) + 1000):
            caller.begin()
            exchange = caller.call(name, offset=offset)
            answer = exchange.answer
            if (answer.status, answer.body.strip()) != (200, b"[]") and not _is_known_emptiness(case, name, answer):
                caller.broken("pages", name, "past the end", "a page past the end is an empty array with status 200")


def default_limit_is_the_largest(case: Case) -> None:
    """Without a limit, a page has up to 250 documents."""
    for name, caller, documents in _lists(case):
        page = caller.get(name)
        if isinstance(page, list) and len(page) != min(len(documents), PAGE):
            came = f"{len(page)} documents of {len(documents)}"
            caller.broken("pages", name, "default limit", f"without a limit, a page has up to {PAGE} documents", came)


def limits_are_kept(case: Case) -> None:
    """A limit or an offset out of range, or no number, is a 400; a limit of 0 is an empty page."""
    for name, caller, _ in _lists(case):
        for parameter, value in (("limit", "251"), ("limit", "-1"), ("offset", "-1"), ("limit", "ten"), ("count", "perhaps")):
            caller.begin()
            if caller.call(name, **{parameter: value}).answer.status != 400:
                caller.broken("parameters", name, f"{parameter}={value}", f"{parameter}={value} is refused with 400")
        caller.begin()
        if caller.get(name, limit=0) not in ([], None):
            caller.broken("pages", name, "limit=0", "a limit of 0 is an empty page")


def the_head_counts_like_the_list(case: Case) -> None:
    """HEAD answers as GET does, without a body."""
    caller, name = case.caller, "getPendingTaskHeaders"
    if not caller.has(name):
        return
    caller.begin()
    head = caller.call(name, count=True).answer
    if head.status == 200 and head.header("X-Total-Count") != str(len(case.inventory.pending)):
        came = f"X-Total-Count: {head.header('X-Total-Count')}, and the list has {len(case.inventory.pending)}"
        if case.inventory.whole["pending"]:
            caller.broken("total", name, "value", "HEAD with count=true tells how long the list of GET is", came)


LAWS = (pages_join, totals_are_true, past_the_end_is_empty, default_limit_is_the_largest, limits_are_kept, the_head_counts_like_the_list)


def _lists(case: Case) -> list[tuple[str, Any, list[Json]]]:
    found = []
    for key, name in LISTS.items():
        if case.caller.has(name):
            caller = case.caller.as_("main")
            found.append((name, caller, getattr(case.inventory, key)))
    return found


def _is_known_emptiness(case: Case, name: str, answer: Answer) -> bool:
    """A 204 where the document has one: which of both a tenant sends is an assumption."""
    return answer.status == 204 and "204" in operations(case.caller.version)[name].spec["responses"]


def _key(name: str) -> str:
    return next(key for key, operation in LISTS.items() if operation == name)
