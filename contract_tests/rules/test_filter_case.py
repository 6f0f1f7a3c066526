"""Which of the cases that schemathesis makes up are no test of the contract."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from contract_tests.harness.fuzzing import filter_case


@pytest.mark.parametrize(
    ("operation", "body", "kept"),
    [
        ("completeWorkItem", b"isc-mock", False),  # found in a run of the whole suite: text, and so a string
        ("completeWorkItemV1", b"two\nlines", False),
        ("completeWorkItem", b"\xff", True),
        ("completeWorkItem", "isc-mock", True),
        ("forwardWorkItem", b"isc-mock", True),
    ],
)
def test_bytes_that_are_text_are_no_wrong_body_where_text_is_taken(operation: str, body: object, kept: bool) -> None:
    assert filter_case(None, case(operation, body=body)) is kept


@pytest.mark.parametrize(("id_", "kept"), [("count", False), ("a" * 32, True)])
def test_an_id_that_is_the_path_of_another_operation_is_left_out(id_: str, kept: bool) -> None:
    assert filter_case(None, case("getWorkItem", path_parameters={"id": id_})) is kept


def case(operation: str, body: object = None, path_parameters: dict[str, Any] | None = None) -> Any:
    definition = SimpleNamespace(raw={"operationId": operation})
    return SimpleNamespace(body=body, path_parameters=path_parameters, operation=SimpleNamespace(definition=definition))
