"""The one list of what schemathesis may not hold against the fake: operation, check, and the reason."""

from __future__ import annotations

from typing import NamedTuple


class Exception_(NamedTuple):  # noqa: N801 - the word is Python's
    """`operations`: operationIds as v2024 has them. For them the check also accepts `statuses`."""

    operations: tuple[str, ...]
    check: str
    statuses: tuple[int, ...]
    reason: str


LITERALS = {"completed", "count", "summary", "bulk-approve", "bulk-reject", "pending-tasks"}
"""No case has one of these for an id: the path is another operation's then, which answers as that one is described."""

EXCEPTIONS = [
    Exception_(
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
    Exception_(
        ("updateTaskStatus",),
        "positive_data_acceptance",
        (400,),
        "A well-formed patch is refused when its test fails, its place does not exist, or it is not one of the two that may be changed.",
    ),
]

OWN_EXCEPTIONS = {
    "control.yaml": [
        Exception_(
            (
                "makeTenant",
                "loadScenario",
                "addWorkItem",
                "launchTask",
                "replaceState",
                "setClock",
                "advanceClock",
                "armFaults",
                "readJournal",
            ),
            "positive_data_acceptance",
            (400,),
            "A well-formed request is refused when what it names is not there, a fixture has mistakes, or its "
            "fields do not go together: a scenario, an owner, a definition, two effects, a moment for a real clock. A schema cannot "
            "say so.",
        ),
        Exception_(
            (
                "resetTenant",
                "listSnapshots",
                "takeSnapshot",
                "restoreSnapshot",
                "deleteSnapshot",
                "getState",
                "getClock",
                "listFaults",
                "disarmFaults",
                "clearJournal",
                "summarizeJournal",
            ),
            "positive_data_acceptance",
            (400,),
            "Any name is well-formed for `tenant`, and hardly any is a tenant's.",
        ),
        Exception_(
            ("deleteTenant",),
            "positive_data_acceptance",
            (400,),
            "The tenant that the mock started with is there, and cannot be deleted.",
        ),
    ],
    "oauth.yaml": [
        Exception_(
            ("createToken",),
            "positive_data_acceptance",
            (400,),
            "Nothing is marked as required, because each field may stand in the query or in the body; still, without all three there is no "
            "token.",
        ),
    ],
}
"""For the documents that are no versions, by operationIds as they have them."""
