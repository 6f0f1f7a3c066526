"""Python's collector of reference cycles, kept away from documents, which have none.

Measured with 100,000 work items and as many tasks: a full collection takes 82 ms, in the middle of some request; after this, nothing.
And a change leaves a record behind, so that Python looked for cycles after each 250 of them: with the higher threshold, completing
work items is 1.2 times as fast.
"""

from __future__ import annotations

import gc

SELDOM = 50_000
"""New objects between two collections; Python's default is 700."""


def load_without_looking() -> None:
    """While a server gets ready, all that it makes stays: looking for cycles was 8 % of its start."""
    gc.disable()


def keep_what_was_loaded() -> None:
    """What there is now stays until the end of the process: no collection looks at it again."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(SELDOM, *gc.get_threshold()[1:])
