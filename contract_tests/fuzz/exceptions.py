"""What schemathesis may not hold against the mock's own API and the login, beside harness/exceptions.py; each with its reason."""

from __future__ import annotations

from contract_tests.harness.exceptions import Exempt

OWN_EXCEPTIONS = {
    "control.yaml": [
        Exempt(
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
        Exempt(
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
        Exempt(
            ("deleteTenant",),
            "positive_data_acceptance",
            (400,),
            "The tenant that the mock started with is there, and cannot be deleted.",
        ),
    ],
    "oauth.yaml": [
        Exempt(
            ("createToken",),
            "positive_data_acceptance",
            (400,),
            "Nothing is marked as required, because each field may stand in the query or in the body; still, without all three there is no "
            "token.",
        ),
    ],
}
"""For the documents that are no versions, by operationIds as they have them."""
