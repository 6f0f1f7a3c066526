"""Who may do what: tokens, scopes, user levels and owners, each tried with the clients that the target has."""

from __future__ import annotations

from typing import Any

from contract_tests.harness.laws import Case
from contract_tests.harness.message import Answer
from contract_tests.harness.paths import operations
from mock_server import contract
from mock_server.contract import Operation

SHUT = (403,)
HIDDEN = (403, 404)
"""What a user may get for somebody else's document: an assumption says which."""

OBJECT = "1" * 32
"""No document has it: a request that is let in changes nothing."""


def without_a_valid_token_there_is_401(case: Case) -> None:
    """For each operation: no token, a forged one, and none of a token's form."""
    for name, operation in _tried(case):
        for place, value in (
            ("no token", ""),
            ("forged token", f"Bearer {FORGED}"),
            ("no JWT", "Bearer nonsense"),
            ("other scheme", "Basic eDp5"),
        ):
            case.caller.begin()
            answer = case.caller.call(name, headers={"Authorization": value}, **_parameters(operation)).answer
            if answer.status != 401:
                case.caller.broken("login", name, place, "without a valid token, the answer is 401")


def scopes_are_looked_at(case: Case) -> None:
    """A client that may only read tasks reads them, and nothing else."""
    if "reader" not in case.roles:
        return
    caller = case.caller.as_("reader")
    for name, operation in _tried(case):
        caller.begin()
        answer = caller.call(name, **_parameters(operation)).answer
        if _grants(operation, "idn:task-management:read"):
            if answer.status in SHUT:
                caller.broken("scopes", name, "granted", "the scope idn:task-management:read is enough for this")
        elif answer.status not in SHUT:
            caller.broken("scopes", name, "missing", "a token without the scope that the operation names is refused with 403")


def levels_are_looked_at(case: Case) -> None:
    """A user without a level is refused where the operation names levels."""
    if "plain" not in case.roles:
        return
    caller = case.caller.as_("plain")
    for name, operation in _tried(case):
        if operation.spec.get("x-sailpoint-userLevels") and not _admits_the_owner_perhaps(operation, name):
            caller.begin()
            if caller.call(name, **_parameters(operation)).answer.status not in SHUT:
                caller.broken("levels", name, "missing", "a user without one of the levels that the operation names is refused with 403")


def a_user_sees_his_own_alone(case: Case) -> None:
    """Neither lists nor ids show a plain user what others own."""
    if "plain" not in case.roles or "x-sailpoint-userLevels" in operations(case.caller.version)["listWorkItems"].spec:
        return
    caller = case.caller.as_("plain")
    mine = caller.get("listWorkItems")
    owners = {item.get("ownerId") for item in mine if isinstance(item, dict)} if isinstance(mine, list) else set()
    if len(owners) > 1:
        caller.broken("owners", "listWorkItems", "own", "a user without a level sees his own work items alone", f"of {len(owners)} owners")
        return
    others = [item for item in case.inventory.work_items if item.get("ownerId") and item["ownerId"] not in owners and "id" in item]
    if not owners or not others:
        return
    for name in ("listWorkItems", "getCompletedWorkItems"):
        caller.begin()
        answer = caller.call(name, ownerId=others[0]["ownerId"]).answer
        if answer.status == 200 and _holds_one_of(answer, others[0]["ownerId"]):
            caller.broken("owners", name, "ownerId", "only an administrator may name another owner")
    caller.begin()
    if caller.call("getWorkItem", id=others[0]["id"]).answer.status not in HIDDEN:
        caller.broken("owners", "getWorkItem", "id", "a user without a level does not see somebody else's work item")


def _admits_the_owner_perhaps(operation: Operation, name: str) -> bool:
    """What beta's description of work items says of levels, its prose denies: an assumption."""
    return operation.version == "beta" and name in contract.assumptions()["beta-owner"].operations


def _holds_one_of(answer: Answer, owner: str) -> bool:
    try:
        page = answer.json()
    except ValueError:
        return False
    return isinstance(page, list) and any(isinstance(item, dict) and item.get("ownerId") == owner for item in page)


LAWS = (without_a_valid_token_there_is_401, scopes_are_looked_at, levels_are_looked_at, a_user_sees_his_own_alone)

FORGED = "eyJhbGciOiJIUzI1NiJ9.eyJhdXRob3JpdGllcyI6WyJPUkdfQURNSU4iXX0.c2lnbmVkIGJ5IG5vYm9keQ"


def _tried(case: Case) -> list[tuple[str, Operation]]:
    """Reads, and on a fake writes too, on an id that nothing has."""
    return [(name, one) for name, one in operations(case.caller.version).items() if one.method in ("GET", "HEAD") or case.may_write]


def _parameters(operation: Operation) -> dict[str, Any]:
    wanted: dict[str, Any] = {name["name"]: OBJECT for name in operation.parameters if name["in"] == "path"}
    content = operation.spec.get("requestBody", {}).get("content", {})
    if "application/json-patch+json" in content:
        wanted["body"] = [{"op": "replace", "path": "/completionStatus", "value": "ERROR"}]
    elif operation.spec.get("requestBody", {}).get("required"):
        wanted["body"] = {"targetOwnerId": OBJECT, "comment": "Please take this over."}
    return wanted


def _grants(operation: Operation, scope: str) -> bool:
    return any(scope in scopes for requirement in operation.spec.get("security", ()) for scopes in requirement.values())
