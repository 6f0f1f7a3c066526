"""Mistakes in fixtures: each is told with file, place and reason, and all of them at once."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.support.folders import HR, ITEM, LENA, MARCO, NOW, REFRESH, SMALL, TASK, TOKEN, Folder, small
from contract_tests.support.strategies import json_values
from mock_server.conventions.errors import SetupError
from mock_server.state import folders
from mock_server.state.fixtures import load
from mock_server.state.folders import KEYS

Json = Any


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """The small tenant, for tests to change."""
    return small(tmp_path)


ITEM_1 = f"item 1 (id {ITEM['id']})"
TASK_1 = f"item 1 (id {TASK['id']})"
SECOND = "f3" * 16

LIST_EXPECTED = "a list is expected, or a mapping with `merge` and `remove`, which are lists"
NAME_EXPECTED = "nothing reads a file of this name; expected: clients.yaml, identities.yaml, "


@pytest.mark.parametrize(
    ("file", "content", "place", "reason"),
    [
        ("work-items.yaml", "[{", "", "is not YAML: while parsing"),
        ("work-items.yaml", b"[{name: \xe9}]", "", "is not YAML: "),
        ("work-items.yaml", "text", "", LIST_EXPECTED),
        ("work-items.yaml", {"add": []}, "", LIST_EXPECTED),
        ("work-items.yaml", {"merge": {}, "remove": "x"}, "", "`merge` and `remove` are lists"),
        ("work-items.yaml", ["text"], "item 1", "a mapping is expected"),
        ("workitems.yaml", [], "", NAME_EXPECTED),
        ("sources.yml", [], "", NAME_EXPECTED),
        ("notes.json", "[", "", NAME_EXPECTED),
        ("tenant.yaml", "text", "", "a mapping is expected"),
        ("tenant.yaml", {"pod": 5}, "pod", '5 is not of type "string"'),
        ("tenant.yaml", {"colour": "red"}, "", "Additional properties are not allowed ('colour' was unexpected)"),
        ("tenant.yaml", {"assumptions": "none"}, "assumptions", '"none" is not of type "object"'),
        ("tenant.yaml", {"assumptions": {"weather": "fine"}}, "assumptions: weather", "there is no such assumption; there are: "),
        ("tenant.yaml", {"assumptions": {"task-order": "up"}}, "assumptions: task-order", "'up' is not one of its values: newest-first, "),
    ],
)
def test_a_mistake_in_a_file_is_one_line_with_place_and_reason(folder: Folder, file: str, content: Json, place: str, reason: str) -> None:
    lines = folder.write(file, content).mistakes()

    assert len(lines) == 1
    assert lines[0].startswith(": ".join(filter(None, (file, place, reason))))


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        ({"remove": ["0" * 32]}, "remove", f"there is no item with the id {'0' * 32}"),
        ({"remove": [ITEM["id"], ITEM["id"]]}, "remove", f"there is no item with the id {ITEM['id']}"),
        ({"remove": [{"id": ITEM["id"]}]}, "remove", "there is no item with the id "),
        ({"remove": [[ITEM["id"]]]}, "remove", "there is no item with the id "),
        ({"merge": [None]}, "item 1", "a mapping is expected"),
        ({"merge": [{"id": ITEM["id"], "name": 1}]}, ITEM_1, "name: 1 is not of type"),
        ({"merge": [ITEM | {"id": ["x"]}]}, "item 1 (id ['x'])", 'id: ["x"] is not of type'),
    ],
)
def test_a_mistake_in_a_scenario_is_told_with_its_file(folder: Folder, content: Json, place: str, reason: str) -> None:
    lines = folder.write("scenarios/broken/work-items.yaml", content).mistakes("broken")

    assert lines[0].startswith(f"scenarios/broken/work-items.yaml: {place}: {reason}")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"created": None}, "created: "),
        ({"created": "yesterday"}, "created: 'yesterday' is neither an ISO 8601 date-time nor a distance like -3d4h"),
        ({"modified": "2026-01-01"}, "modified: '2026-01-01' is neither an ISO 8601 date-time nor a distance like -3d4h"),
        ({"owner": "nobody"}, "owner: there is none with the name 'nobody'"),
        ({"requester": "nobody"}, "requester: there is none with the name 'nobody'"),
        ({"owner": ["lena.fischer"]}, "owner: "),
        ({"owner": {"name": "lena.fischer"}}, "owner: "),
        ({"state": "Asleep", "completed": "-1h"}, 'state: "Asleep" is not one of'),
        ({"type": "PolicyViolation"}, 'type: "PolicyViolation" is not one of'),
        ({"color": "red"}, "Additional properties are not allowed ('color' was unexpected)"),
        ({"errors": [1]}, 'errors[0]: 1 is not of type "string"'),
        ({"numItems": 2**31}, "numItems: 2147483648 is greater than the maximum"),
        ({"completed": "-1h"}, "completed: an item that is Pending has no such date"),
        ({"state": "Expired"}, "completed: an item that is Expired needs this date"),
    ],
)
def test_a_mistake_in_a_work_item_is_told_with_its_reason(folder: Folder, change: Json, reason: str) -> None:
    lines = folder.write("work-items.yaml", [ITEM | change]).mistakes()

    assert all(line.startswith(f"work-items.yaml: {ITEM_1}: ") for line in lines)
    assert lines[0].startswith(f"work-items.yaml: {ITEM_1}: {reason}")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"definition": "None"}, "definition: there is none with the name 'None'"),
        ({"definition": ["Identity Refresh"]}, "definition: "),
        ({"source": "None"}, "source: there is none with the name 'None'"),
        ({"source": {"name": "HR"}}, "source: "),
        ({"source": "HR", "attributes": [1]}, "attributes: [1] is not of type"),
        ({"source": "HR", "attributes": "x"}, 'attributes: "x" is not of type'),
        ({"completionStatus": "DONE"}, 'completionStatus: "DONE" is not one of'),
        ({"completionStatus": "Error"}, 'completionStatus: "Error" is not one of'),
        ({"messages": None}, "messages: null is not of type"),
        ({"percentComplete": 1.5}, "percentComplete: 1.5 is not of type"),
    ],
)
def test_a_mistake_in_a_task_is_told_with_its_reason(folder: Folder, change: Json, reason: str) -> None:
    lines = folder.write("task-status.yaml", [TASK | change]).mistakes()

    assert all(line.startswith(f"task-status.yaml: {TASK_1}: ") for line in lines)
    assert lines[0].startswith(f"task-status.yaml: {TASK_1}: {reason}")


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("identities", {"levels": ["KING"]}, 'levels[0]: "KING" is not one of'),
        ("identities", {"manager": "nobody"}, "manager: there is no identity with the name 'nobody'"),
        ("identities", {"email": "at home"}, 'email: "at home" does not match'),
        ("sources", {"owner": "nobody"}, "owner: there is no identity with the name 'nobody'"),
        ("sources", {"owner": ["lena.fischer"]}, 'owner: ["lena.fischer"] is not of type'),
        ("task-definitions", {"id": None}, "id: null is not of type"),
        ("clients", {"identity": "nobody"}, "identity: there is no identity with the name 'nobody'"),
        ("clients", {"clientSecret": "secret"}, 'clientSecret: "secret" does not match'),
        ("clients", {"scope": "all"}, "Additional properties are not allowed ('scope' was unexpected)"),
    ],
)
def test_a_mistake_in_what_others_refer_to_is_one_line(folder: Folder, name: str, change: Json, reason: str) -> None:
    first, *others = SMALL[name]

    lines = folder.write(f"{name}.yaml", [first | change, *others]).mistakes()

    assert len(lines) == 1
    assert lines[0].startswith(f"{name}.yaml: item 1 ({KEYS[name]} {first[KEYS[name]]}): {reason}")


@pytest.mark.parametrize(
    ("name", "change", "key"),
    [
        ("identities", {"name": "other"}, "id"),
        ("identities", {"id": SECOND}, "name"),
        ("sources", {"name": "Other"}, "id"),
        ("sources", {"id": SECOND}, "name"),
        ("task-definitions", {"id": SECOND}, "name"),
        ("clients", {"name": "other"}, "clientId"),
        ("work-items", {"description": "Other."}, "id"),
        ("task-status", {"description": "Other."}, "id"),
    ],
)
def test_what_tells_items_apart_is_taken_once(folder: Folder, name: str, change: Json, key: str) -> None:
    first, *others = SMALL[name]

    lines = folder.write(f"{name}.yaml", [first, *others, first | change]).mistakes()

    assert len(lines) == 1
    assert f" {key}: {first[key]} is taken by " in lines[0]
    assert f"{name}.yaml: item 1 (" in lines[0]


@pytest.mark.parametrize("id_", ["x", "F1" * 16, "f1" * 16 + "\n", "f1" * 15, "f1" * 17, "g1" * 16, "", None, 1, True])
@pytest.mark.parametrize(("name", "item"), [("work-items", ITEM), ("task-status", TASK)])
def test_an_id_is_32_lower_case_hex_digits(folder: Folder, name: str, item: Json, id_: Json) -> None:
    lines = folder.write(f"{name}.yaml", [item | {"id": id_}]).mistakes()

    assert lines[-1].startswith(f"{name}.yaml: item 1 (id {id_}): id: 32 lower-case hex digits are expected")


@pytest.mark.parametrize(
    ("key", "reason"), [("id", "id: 32 lower-case hex digits are expected"), ("created", "created: a date is expected")]
)
def test_a_work_item_needs_an_id_and_a_date(folder: Folder, key: str, reason: str) -> None:
    (line,) = folder.write("work-items.yaml", [{other: value for other, value in ITEM.items() if other != key}]).mistakes()

    assert line.startswith(f"work-items.yaml: item 1 (id {'missing' if key == 'id' else ITEM['id']}): {reason}")


def test_a_mistake_in_json_is_told_as_such(folder: Folder) -> None:
    (folder.path / "work-items.yaml").unlink()

    (line,) = folder.write("work-items.json", "[{]").mistakes()

    assert line.startswith("work-items.json: is not JSON: ")


def test_a_mistake_in_yaml_is_told_with_line_and_column(folder: Folder) -> None:
    (line,) = folder.write("work-items.yaml", "- id: 1\n- {id: 2\n").mistakes()

    assert "line 3, column 1" in line


@pytest.mark.parametrize(
    "yaml",
    [
        *("[{1: x}]", "[{on: x}]", "[{id: [x]}]", "[{id: {a: b}}]"),
        *("[{errors: !!binary aGVsbG8=}]", "[{errors: !!set {a}}]", "[&a {form: *a}]", "[{name: 0b_}]"),
    ],
)
def test_a_mistake_of_yamls_own_is_told_like_any_other(folder: Folder, yaml: str) -> None:
    lines = folder.write("work-items.yaml", yaml).mistakes()

    assert all(line.startswith("work-items.yaml: ") for line in lines)


@pytest.mark.parametrize("value", ["99999999999999999999", "!!binary aGVsbG8=", "!!set {a}", "{1: x}"])
def test_a_free_form_value_that_is_no_json_is_told_like_any_other(folder: Folder, value: str) -> None:
    item = f"[{{id: {TASK['id']}, uniqueName: x, definition: Identity Refresh, created: -1d, attributes: {{total: {value}}}}}]"

    (line,) = folder.write("task-status.yaml", item).mistakes()

    assert line.startswith(f"task-status.yaml: {TASK_1}: ")


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_tenant_settings_may_be_empty(folder: Folder, text: str) -> None:
    default, _ = load(None, None, {}, NOW)

    settings_, _ = folder.write("tenant.yaml", text).load()

    assert settings_ == default


def test_an_unknown_assumption_on_the_command_line_is_told_as_such(folder: Folder) -> None:
    lines = folder.mistakes(assume={"weather": "fine", "task-order": "random"})

    assert [line.partition(";")[0] for line in lines] == [
        "--assume: weather: there is no such assumption",
        "--assume: task-order: 'random' is not one of its values: newest-first, oldest-first",
    ]


def test_all_mistakes_of_a_file_are_told_at_once(folder: Folder) -> None:
    items = [ITEM | {"errors": "x", "name": 1}, ITEM | {"id": SECOND, "owner": "nobody"}, ITEM | {"id": "f4" * 16, "created": "x"}, "text"]

    lines = folder.write("work-items.yaml", items).mistakes()

    assert sorted(line.partition(" (")[0] for line in lines) == [
        "work-items.yaml: item 1",
        "work-items.yaml: item 1",
        "work-items.yaml: item 2",
        "work-items.yaml: item 3",
        "work-items.yaml: item 4: a mapping is expected",
    ]


def test_all_mistakes_of_an_item_are_told_at_once(folder: Folder) -> None:
    item = ITEM | {"owner": "nobody", "requester": "no.one", "created": "x", "errors": "x"}

    lines = folder.write("work-items.yaml", [item]).mistakes()

    assert {line.removeprefix(f"work-items.yaml: {ITEM_1}: ").partition(":")[0] for line in lines} >= {
        "owner",
        "requester",
        "created",
        "errors",
    }


def test_the_mistakes_of_all_files_are_told_at_once(folder: Folder) -> None:
    folder.write("identities.yaml", [LENA, MARCO | {"levels": ["KING"]}]).write("sources.yaml", [HR | {"owner": "nobody"}])
    folder.write("work-items.yaml", [ITEM | {"name": 1}]).write("task-status.yaml", [TASK | {"source": "None"}])
    folder.write("tenant.yaml", {"pod": 5}).write("notes.yaml", [])
    folder.write("task-definitions.yaml", [REFRESH | {"id": "x"}]).write("clients.yaml", [TOKEN | {"identity": "nobody"}])

    lines = folder.mistakes()

    assert {line.partition(":")[0] for line in lines} == {*(f"{name}.yaml" for name in (*SMALL, "tenant", "notes"))}


def test_all_files_that_cannot_be_read_are_told_at_once(folder: Folder) -> None:
    folder.write("identities.yaml", "[").write("work-items.yaml", "text").write("notes.yaml", [])

    assert {line.partition(":")[0] for line in folder.mistakes()} == {"identities.yaml", "work-items.yaml", "notes.yaml"}


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"/nowhere: there is no such folder; name one with fixtures"):
        load(tmp_path / "nowhere", None, {}, NOW)


def test_a_folder_without_fixtures_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"has no fixture file; at least one of clients\.yaml, "):
        Folder(tmp_path).write("README.md", "notes").load()


@pytest.mark.parametrize("name", ["lever", "", ".", "..", "../default", "/etc"])
def test_an_unknown_scenario_is_told_with_those_that_there_are(folder: Folder, name: str) -> None:
    folder.write("scenarios/mine/work-items.yaml", [])

    (line,) = folder.mistakes(name)

    assert line == f"there is no scenario {name!r}; there are: {', '.join(sorted([*folders.scenarios(), 'mine']))}"


keys = st.sampled_from(["id", "name", "owner", "appId", "merge", "remove"])
values = json_values(keys, max_leaves=4)
places = st.sampled_from([(name, key) for name, items in SMALL.items() for key in items[0]]) | st.sampled_from(
    [("work-items", key) for key in ("owner", "requester", "state", "completed", "approvalItems", "form")]
    + [("task-status", key) for key in ("source", "target", "attributes", "completed", "taskDefinitionSummary")]
    + [("identities", key) for key in ("manager", "levels", "active")]
)
changed_items = st.builds(lambda place, value: (place[0], [{**SMALL[place[0]][0], place[1]: value}]), places, values)
whole_files = st.tuples(st.sampled_from([*SMALL, "tenant"]), values)


@settings(deadline=None, max_examples=50)  # the first example compiles the schemas
@given(change=changed_items | whole_files)
def test_whatever_json_stands_in_a_file_it_is_loaded_or_told(change: tuple[str, Json]) -> None:
    name, content = change
    with tempfile.TemporaryDirectory() as path, contextlib.suppress(SetupError):
        small(Path(path)).write(f"{name}.yaml", content).load()
