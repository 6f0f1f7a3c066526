"""The one list of what schemathesis may not hold against any target: operation, check, and the reason."""

from __future__ import annotations

from typing import NamedTuple


class Exempt(NamedTuple):
    """`operations`: operationIds as v2024 has them. For them the check also accepts `statuses`."""

    operations: tuple[str, ...]
    check: str
    statuses: tuple[int, ...]
    reason: str


LITERALS = {"completed", "count", "summary", "bulk-approve", "bulk-reject", "pending-tasks"}
"""No case has one of these for an id: the path is another operation's then, which answers as that one is described."""

TAKES_TEXT = {"completeWorkItem"}
"""Bare text that is not JSON counts as a string there: bytes that happen to be text are no wrong body."""

EXEMPT = [
    Exempt(
        (
            "completeWorkItem",
            "forwardWorkItem",
            "approveApprovalItem",
            "rejectApprovalItem",
            "approveApprovalItemsInBulk",
            "rejectApprovalItemsInBulk",
            "submitAccountSelection",
        ),
        "positive_data_acceptance",
        (400,),
        "A well-formed request is refused when the work item's state does not allow it: not pending, no approval items, not a form, an "
        "owner who does not exist. A schema cannot say so.",
    ),
    Exempt(
        ("updateTaskStatus",),
        "positive_data_acceptance",
        (400,),
        "A well-formed patch is refused when its test fails, its place does not exist, or it is not one of the two that may be changed.",
    ),
]
