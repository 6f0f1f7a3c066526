"""Makes things happen that users and the service itself would do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mock_server.conventions import dates
from mock_server.conventions.errors import IllegalContent, IllegalValue, SetupError
from mock_server.conventions.replies import Reply, json_reply
from mock_server.operations.calls import OpenCall
from mock_server.state import fixtures, ids
from mock_server.state.collection import Json
from mock_server.state.progress import Transition


def add_work_item(call: OpenCall, body: dict[str, Any]) -> Reply:
    """The body is an item as fixture files write one."""
    tenant, now = call.tenant, call.tenant.clock.now()
    entry = {"id": ids.document_id(), "created": dates.write(now), **body}
    if isinstance(entry["id"], str) and entry["id"] in tenant.state.work_items:
        raise IllegalValue("id", "It is taken.")
    try:
        document = fixtures.one_work_item(entry, tenant.state, tenant.settings.assumptions, now)
    except SetupError as error:
        raise IllegalContent(f"{'; '.join(error.mistakes)}.", causes=error.mistakes) from None
    return Reply(tenant.state.work_items.add(document).body, 201)


def launch_task(call: OpenCall, body: dict[str, Any]) -> Reply:
    """Defaults stand in the spec; `progress` left out is immediate."""
    tenant, now = call.tenant, call.tenant.clock.now()
    _check_known("definition", body["definition"], tenant.state.task_definitions)
    if "source" in body:
        _check_known("source", body["source"], tenant.state.sources)
    progress = {"model": "immediate", "after": 1} | body.get("progress", {})
    source = body.get("source")
    entry: Json = {
        "id": ids.document_id(),
        "uniqueName": body["definition"] + (f" - {source}" if source else ""),
        "definition": body["definition"],
        "launcher": body.get("launcher", "System"),
        "created": dates.write(now),
        "progress": "Initializing...",
    }
    try:
        document = fixtures.one_task(entry | ({"source": source} if source else {}), tenant.state, now)
    except SetupError as error:
        raise IllegalContent(f"{'; '.join(error.mistakes)}.", causes=error.mistakes) from None
    transition = Transition(
        model=progress["model"],
        after=progress["after"] * (1000 if progress["model"] == "time" else 1),
        race=body.get("race", 0),
        outcome=body.get("outcome", "SUCCESS"),
        messages=tuple(_message(one, body.get("outcome", "SUCCESS")) for one in body.get("messages", ())),
        launched=now,
    )
    _check_end(call, document, transition)
    return json_reply(tenant.state.progress.launch(tenant.state.tasks, document, transition), 201)


def _check_known(field: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise IllegalValue(field, f"There is none of the name {name[:100]}; there are: {', '.join(known)}.")


def _check_end(call: OpenCall, document: Json, transition: Transition) -> None:
    """Messages come into the document at its end, which is too late to complain about them."""
    for keys, why in call.tenant.state.tasks.kind.schema.mistakes({**document, "messages": list(transition.messages)}):
        raise IllegalValue(fixtures.place(keys), f"{why}.")


def _message(given: str | Json, outcome: str) -> Json:
    """A text, or a whole TaskStatusMessage."""
    if not isinstance(given, str):
        return given
    kind = {"SUCCESS": "INFO", "WARNING": "WARN"}.get(outcome, "ERROR")
    return {"type": kind, "localizedText": {"locale": "en", "message": given}, "key": given, "parameters": []}
