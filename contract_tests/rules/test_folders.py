"""Folders of fixtures: which files count, and what merging, removing and scenarios do."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.support.folders import HR, ITEM, LENA, MARCO, NOW, TASK, TOKEN, Folder, small
from mock_server.state import folders
from mock_server.state.fixtures import load
from mock_server.state.folders import Mistakes
from mock_server.state.people import Client, Identity, Source


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """The small tenant, for tests to change."""
    return small(tmp_path)


def test_every_file_becomes_a_part_of_the_tenant(folder: Folder) -> None:
    _, state = folder.load()

    lena = Identity(LENA["id"], "lena.fischer", "Lena Fischer", "lena@example.com")
    assert list(state.identities) == [lena, Identity(MARCO["id"], "marco.rossi", "Marco Rossi", "marco@example.com", "lena.fischer")]
    assert state.sources == {"HR": Source(HR["id"], "HR", "lena.fischer")}
    assert state.clients == {TOKEN["clientId"]: Client("lena", "d1" * 16, "e" * 64, "lena.fischer", ("sp:scopes:all",))}
    assert state.task_definitions.keys() == {"Identity Refresh"}
    assert ITEM["id"] in state.work_items
    assert TASK["id"] in state.tasks


def test_a_file_that_is_not_there_is_the_default_tenants(tmp_path: Path) -> None:
    _, default = load(None, None, {}, NOW)

    _, state = Folder(tmp_path).write("work-items.yaml", []).load()

    assert state.clients == default.clients
    assert list(state.tasks.bucket(("all",))) == list(default.tasks.bucket(("all",)))
    assert len(state.work_items.bucket((True,))) == 0


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]"])
def test_an_empty_file_is_an_empty_list(folder: Folder, text: str) -> None:
    assert folder.write("work-items.yaml", text).work_items() == []


def test_a_file_may_be_json(folder: Folder) -> None:
    (folder.path / "work-items.yaml").unlink()

    folder.write("work-items.json", [ITEM, ITEM | {"id": "f3" * 16}])

    assert [item["id"] for item in folder.work_items()] == [ITEM["id"], "f3" * 16]


def test_files_that_are_neither_yaml_nor_json_are_nobodys_business(folder: Folder) -> None:
    folder.write("README.md", "notes").write("notes/work-items.yaml", "[")

    assert folder.work_item()["id"] == ITEM["id"]


def test_a_merge_changes_what_it_names_and_appends_the_rest(folder: Folder) -> None:
    second, third = ITEM | {"id": "f3" * 16}, ITEM | {"id": "f4" * 16}
    folder.write("work-items.yaml", [ITEM | {"name": "One"}, second])
    folder.write("scenarios/more/work-items.yaml", {"merge": [third, {"id": ITEM["id"], "description": "Other."}]})

    items = folder.work_items("more")

    assert [(item["id"], item["name"], item["description"]) for item in items] == [
        (ITEM["id"], "One", "Other."),
        (second["id"], None, "Look."),
        (third["id"], None, "Look."),
    ]


def test_a_removal_takes_away_what_it_names(folder: Folder) -> None:
    folder.write("work-items.yaml", [ITEM, ITEM | {"id": "f3" * 16}])
    folder.write("scenarios/less/work-items.yaml", {"remove": [ITEM["id"]]})

    assert [item["id"] for item in folder.work_items("less")] == ["f3" * 16]


def test_what_is_removed_and_merged_is_new(folder: Folder) -> None:
    folder.write("work-items.yaml", [ITEM | {"name": "One"}])
    folder.write("scenarios/new/work-items.yaml", {"remove": [ITEM["id"]], "merge": [ITEM]})

    assert [item["name"] for item in folder.work_items("new")] == [None]


def test_a_list_takes_the_place_of_all_items(folder: Folder) -> None:
    folder.write("scenarios/other/work-items.yaml", [ITEM | {"id": "f3" * 16}])

    assert [item["id"] for item in folder.work_items("other")] == ["f3" * 16]


def test_a_folder_may_merge_into_the_default_tenant(tmp_path: Path) -> None:
    _, default = load(None, None, {}, NOW)

    _, state = Folder(tmp_path).write("work-items.yaml", {"merge": [ITEM]}).load()

    assert len(state.work_items.bucket((True,))) == len(default.work_items.bucket((True,))) + 1


def test_a_scenario_of_the_folder_goes_before_the_shipped_one_of_its_name(folder: Folder) -> None:
    folder.write("scenarios/empty/work-items.yaml", {"merge": [ITEM | {"id": "f3" * 16}]})

    assert len(folder.work_items("empty")) == 2


def test_a_shipped_scenario_stands_on_top_of_any_folder(folder: Folder) -> None:
    assert folder.work_items("empty") == []


def test_the_scenarios_are_the_shipped_ones_and_the_folders(folder: Folder) -> None:
    folder.write("scenarios/mine/work-items.yaml", []).write("scenarios/README.md", "notes")

    assert set(folders.scenarios(folder.path)) == {*folders.scenarios(), "mine"}
    assert "empty" in folders.scenarios()


def test_tenant_settings_that_are_left_out_stay_as_they_were(folder: Folder) -> None:
    default, _ = load(None, None, {}, NOW)

    own, _ = folder.write("tenant.yaml", {"name": "mine"}).load()

    assert (own.name, own.id, own.pod) == ("mine", default.id, default.pod)


def test_an_assumption_is_the_commands_or_the_fixtures_or_the_default(folder: Folder) -> None:
    folder.write("tenant.yaml", {"assumptions": {"task-order": "oldest-first", "open-order": "newest-first"}})

    chosen, _ = folder.load(assume={"open-order": "oldest-first", "completed-order": "oldest-first"})

    names = ("task-order", "open-order", "completed-order", "summary-total")
    assert [chosen.assumptions[name] for name in names] == ["oldest-first", "oldest-first", "oldest-first", "open-plus-completed"]


def test_reading_says_where_each_item_stands(folder: Folder) -> None:
    mistakes = Mistakes()

    content = folders.read(folder.path, None, mistakes)

    assert mistakes.lines == []
    assert content.items["clients"] == [folders.Item(f"{folder.path}/clients.yaml: item 1 (clientId {TOKEN['clientId']})", TOKEN)]
