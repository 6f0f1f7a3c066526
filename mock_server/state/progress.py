"""How launched tasks go on: at once, read by read, or with the tenant's time; and the write race at their end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from mock_server.conventions import dates
from mock_server.state.collection import Collection, Json
from mock_server.state.kinds import TaskFields

Tasks = Collection[TaskFields]


@dataclass(frozen=True)
class Transition:
    """What is still to come of one task. `model`: immediate, reads or time.

    `after` counts reads, or milliseconds since `launched` (a moment in milliseconds); `reads` how many there were. `race` is how many
    reads after its end still show `completed` without `completionStatus`, as live tenants do for a moment.
    """

    model: str
    after: int
    race: int
    outcome: str
    messages: tuple[Json, ...]
    launched: int
    reads: int = 0

    def percent(self, now: int) -> int:
        """0 to 100; 100 once it has ended."""
        if self.model == "immediate":
            return 100
        done = self.reads if self.model == "reads" else now - self.launched
        return min(100, max(0, 100 * done // self.after))

    def read(self, now: int) -> Transition:
        """After one read more."""
        if self.percent(now) < 100:  # noqa: PLR2004 - per cent
            return replace(self, reads=self.reads + 1)
        return replace(self, race=self.race - 1)

    def ended(self, now: int) -> int:
        """The moment of its end, once it has ended."""
        return self.launched + self.after if self.model == "time" else now


class Progress:
    """The tasks of a tenant that are under way."""

    def __init__(self, transitions: dict[str, Transition] | None = None) -> None:
        self._transitions = transitions or {}

    def copy(self) -> Progress:
        return Progress(dict(self._transitions))

    def launch(self, tasks: Tasks, document: Json, transition: Transition) -> Json:
        """Adds the task, and answers it as its first reader sees it."""
        tasks.add(document)
        self._transitions[document["id"]] = transition
        self.follow(tasks, transition.launched)
        return tasks.get(document["id"]).document()

    def follow(self, tasks: Tasks, now: int) -> None:
        """Bring all of them to where they are at the moment `now`, in milliseconds."""
        for id_ in list(self._transitions):
            self._bring(tasks, id_, now)

    def shown(self, tasks: Tasks, ids: Iterable[str], now: int) -> None:
        """An answer has shown these tasks: that was a read of each."""
        if self._transitions:
            for id_ in self._transitions.keys() & set(ids):
                self._transitions[id_] = self._transitions[id_].read(now)
                self._bring(tasks, id_, now)

    def forget(self, id_: str) -> None:
        """A client has taken it over: it stays as it is."""
        self._transitions.pop(id_, None)

    def _bring(self, tasks: Tasks, id_: str, now: int) -> None:
        transition = self._transitions[id_]
        before = tasks.get(id_).document()
        news = _news(before, transition, now)
        if any(before[key] != value for key, value in news.items()):
            tasks.update(id_, lambda document: {**document, **news, "modified": dates.write(now)})
        if news["completionStatus"] is not None:
            self.forget(id_)


def _news(before: Json, transition: Transition, now: int) -> dict[str, Any]:
    percent = transition.percent(now)
    if percent < 100:  # noqa: PLR2004 - per cent
        progress = "Initializing..." if percent == 0 else "Started"
        return {"percentComplete": percent, "progress": progress, "completionStatus": None, "completed": None}
    completed = before["completed"] or dates.write(transition.ended(now))
    if transition.race > 0:
        return {"percentComplete": 100, "progress": "Completed", "completionStatus": None, "completed": completed}
    return {
        "percentComplete": 100,
        "progress": "Completed",
        "completionStatus": transition.outcome,
        "completed": completed,
        "messages": [*before["messages"], *transition.messages],
    }
