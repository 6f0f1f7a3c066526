"""Account selection: fills the fields that it names and ends the form."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from contract_tests.conftest import Connect
from contract_tests.support.client import Json
from contract_tests.support.moments import IN_2030, IN_2030_WRITTEN
from contract_tests.support.server import Running, running
from contract_tests.support.work_items import completed_items, open_items
from mock_server.contract import VERSIONS
from mock_server.settings import Settings

every_version = pytest.mark.parametrize("version", VERSIONS)

FIELD = {"displayName": "Account", "displayType": None, "required": False, "allowedValuesList": None, "value": None}

NESTED = {
    "id": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
    "type": "Form",
    "owner": "lena.marsh",
    "created": "-1d",
    "description": "Choose an account on each system.",
    "form": {
        "name": "Account Selection",
        "targetUser": "lena.marsh",
        "sections": [
            {
                "name": "outer",
                "label": "Systems",
                "formItems": [
                    {
                        "name": "inner",
                        "label": "On site",
                        "formItems": [{"name": "innermost", "label": "Basement", "formItems": [{**FIELD, "name": "mainframe"}]}],
                    },
                    {**FIELD, "name": "crm"},
                ],
            },
            {"name": "empty", "label": "Nothing here", "formItems": []},
            {"name": "bare", "label": "Not even an empty list"},
        ],
    },
}


@pytest.fixture(scope="module")
def nesting_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """With one work item, whose form has sections inside sections: the default tenant has none."""
    folder = tmp_path_factory.mktemp("nested")
    (folder / "work-items.json").write_text(json.dumps([NESTED]))
    with running(Settings(fixtures=folder)) as server:
        yield server


@pytest.fixture
def nested(nesting_server: Running) -> Running:
    nesting_server.reset()
    return nesting_server


def values(node: Json) -> dict[str, Json]:
    """The value of each field, by name."""
    inside = [*node.get("sections", ()), *node.get("formItems", ())]
    own = {node["name"]: node["value"]} if "value" in node else {}
    return own | {name: value for child in inside for name, value in values(child).items()}


@every_version
def test_a_selection_finishes_the_form_and_stores_its_values(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server, type="Form", ownerName="oscar.tindall")[0]
    selection = {"primaryAccount": "OTIND02", "spareAccount": "OTINDALL"}

    answer = isc.send("submitAccountSelection", id=item["id"], json=selection)

    assert (answer.status_code, answer.json()["state"]) == (200, "Finished")
    assert values(answer.json()["form"]) == selection
    assert isc.work_item(item["id"]) == answer.json()


@every_version
def test_a_selection_changes_values_state_and_dates_and_nothing_else(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, type="Form", ownerName="oscar.tindall")[0]
    server.tenant.clock.freeze(IN_2030)

    answer = connect(version).send("submitAccountSelection", id=item["id"], json={"primaryAccount": "OTIND02"})

    item["form"]["sections"][0]["formItems"][0]["value"] = "OTIND02"
    assert answer.json() == {**item, "state": "Finished", "completed": IN_2030_WRITTEN, "modified": IN_2030_WRITTEN}


@every_version
def test_fields_that_are_not_named_keep_their_values(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, type="Form", ownerName="yuki.farrow")[0]

    answer = connect(version).send("submitAccountSelection", id=item["id"], json={"costCenter": "4711"})

    assert values(answer.json()["form"]) == {**values(item["form"]), "costCenter": "4711"}


@every_version
def test_a_selection_without_a_field_of_the_form_finishes_it_as_it_is(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    one, other = open_items(server, type="Form")[:2]

    answers = [
        isc.send("submitAccountSelection", id=item["id"], json=selection).json()
        for item, selection in ((one, {}), (other, {"nobodyKnows": "this field"}))
    ]

    assert [(answer["state"], answer["form"]) for answer in answers] == [("Finished", one["form"]), ("Finished", other["form"])]


@every_version
def test_fields_of_nested_sections_are_filled(connect: Connect, nested: Running, version: str) -> None:
    selection = {"mainframe": "LMARSH", "crm": "lena.marsh@example.com"}

    answer = connect(version, to=nested).send("submitAccountSelection", id=NESTED["id"], json=selection)

    assert values(answer.json()["form"]) == selection


@every_version
def test_a_section_is_no_field_whatever_its_name(connect: Connect, nested: Running, version: str) -> None:
    (item,) = open_items(nested)

    answer = connect(version, to=nested).send("submitAccountSelection", id=item["id"], json={"inner": "x", "empty": "y"})

    assert answer.json()["form"] == item["form"]


@every_version
def test_strings_and_null_are_stored_as_they_are(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, type="Form", ownerName="yuki.farrow")[0]
    odd = {"department": "", "costCenter": "Ærø \U0001f426 \"'<&\n", "startDate": "null", "office": None}

    answer = connect(version).send("submitAccountSelection", id=item["id"], json=odd)

    assert values(answer.json()["form"]) == odd


@every_version
def test_an_object_is_stored_as_it_is(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, type="Form", ownerName="lena.marsh")[0]
    account = {"id": "LMARSH", "system": {"name": None}}

    answer = connect(version).send("submitAccountSelection", id=item["id"], json={"workPhone": account})

    assert values(answer.json()["form"])["workPhone"] == account


@every_version
def test_what_a_field_cannot_hold_is_stored_as_json_text(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, type="Form", ownerName="yuki.farrow")[0]
    odd = {"department": 0, "costCenter": 1.5, "startDate": False, "office": ["Harbour House", {"floor": None}]}

    answer = connect(version).send("submitAccountSelection", id=item["id"], json=odd)

    texts = {"department": "0", "costCenter": "1.5", "startDate": "false", "office": '["Harbour House",{"floor":null}]'}
    assert values(answer.json()["form"]) == texts


@every_version
def test_every_other_type_is_a_400_that_changes_nothing(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    items = {item["type"]: item for item in open_items(server) if item["type"] != "Form"}

    answers = {type_: isc.send("submitAccountSelection", id=item["id"], json={"a": "b"}) for type_, item in items.items()}

    assert len(items) >= 7
    details = {type_: answer.json()["detailCode"] for type_, answer in answers.items()}
    assert details == dict.fromkeys(items, "400.1 Bad request content")
    assert {type_: isc.work_item(item["id"]) for type_, item in items.items()} == items


@every_version
def test_a_body_that_is_no_object_is_a_400_that_changes_nothing(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server, type="Form")[0]
    bodies: list[Json] = [["LMARSH"], [], "LMARSH", "", None, 7, True]

    details = [isc.send("submitAccountSelection", id=item["id"], json=body).json()["detailCode"] for body in bodies]

    assert details == ["400.1.3 Illegal value"] * len(bodies)
    assert isc.work_item(item["id"]) == item


@every_version
def test_a_missing_body_is_a_400_that_changes_nothing(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = open_items(server, type="Form")[0]

    answer = isc.send("submitAccountSelection", id=item["id"])

    assert (answer.status_code, answer.json()["detailCode"]) == (400, "400.1.0 Required data missing or empty")
    assert isc.work_item(item["id"]) == item


@every_version
def test_a_form_that_is_not_pending_refuses_a_selection(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    item = completed_items(server, type="Form")[0]

    answer = isc.send("submitAccountSelection", id=item["id"], json={"office": "Harbour House"})

    assert (answer.status_code, answer.json()["detailCode"]) == (400, "400.1 Bad request content")
    assert isc.work_item(item["id"]) == item
