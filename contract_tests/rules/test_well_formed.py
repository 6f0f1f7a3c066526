"""Whether a document is OpenAPI: told as connexion tells it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from connexion.exceptions import InvalidSpecification
from connexion.spec import OpenAPISpecification

from mock_server import contract
from mock_server.wiring.well_formed import check, checked_fast

Change = Callable[[dict[str, Any]], object]

WRONG: dict[str, Change] = {
    "no title": lambda document: document["info"].pop("title"),
    "an unknown key": lambda document: document.update(color="red"),
    "no responses": lambda document: document["paths"]["/work-items"]["get"].pop("responses"),
    "a parameter nowhere": lambda document: document["components"]["parameters"]["Limit"].update({"in": "nowhere"}),
    "a default that is none": lambda document: document["components"]["parameters"]["Limit"]["schema"].update(default="many"),
    "a default too large": lambda document: document["components"]["parameters"]["Limit"]["schema"].update(default=251),
    "a type that is none": lambda document: document["components"]["schemas"]["WorkItems"].update(type="thing"),
}


@pytest.mark.parametrize("version", contract.VERSIONS)
def test_the_documents_of_the_project_are_well_formed(version: str) -> None:
    check(contract.compose(version))


@pytest.mark.parametrize("name", WRONG)
def test_what_connexion_refuses_is_refused(name: str) -> None:
    document = copy.deepcopy(contract.compose("v2024"))
    WRONG[name](document)

    with pytest.raises(InvalidSpecification):
        OpenAPISpecification._validate_spec(document)
    with pytest.raises(InvalidSpecification):
        check(document)


def test_connexion_checks_as_before_afterwards() -> None:
    before = OpenAPISpecification._validate_spec

    with checked_fast():
        assert OpenAPISpecification._validate_spec is check

    assert OpenAPISpecification._validate_spec == before
