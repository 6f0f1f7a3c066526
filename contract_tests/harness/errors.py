"""How a run can end early, and with which exit code.

HarnessError
├── Misuse                2: an option, the profile, the environment or a file is wrong, or safety forbids it
├── Unreachable           3: the target cannot be reached, or refuses the login
├── Refused               one request that may not leave the process; the run goes on
└── NoAnswer              one request that the target did not answer; the run goes on
Ended (a KeyboardInterrupt, so that neither schemathesis nor hypothesis take it for a failure, but stop at once)
├── BudgetReached         the run has used up its requests or its time: it ends cleanly, with what was found
│   └── ShareReached      one version has had its part of the requests; the next one has its turn
└── TargetGone            3: nobody listens there any more

Anything else is our own bug: a traceback, and 70.
"""

from __future__ import annotations

FOUND_NOTHING, FOUND, MISUSED, UNREACHABLE, OUR_BUG, INTERRUPTED = 0, 1, 2, 3, 70, 130


class HarnessError(Exception):
    """The message is one line for the user."""


class Misuse(HarnessError):
    """The message names the place and the mend."""


class Unreachable(HarnessError):
    pass


class Refused(HarnessError):
    """The guard held a request back. The message says which rule did."""


class NoAnswer(HarnessError):
    """The connection broke or timed out. The message does not name the address."""

    def __init__(self, message: str, *, connected: bool) -> None:
        super().__init__(message)
        self.connected = connected


class Ended(KeyboardInterrupt):
    """The message says why."""


class BudgetReached(Ended):
    pass


class ShareReached(BudgetReached):
    pass


class TargetGone(Ended):
    pass
