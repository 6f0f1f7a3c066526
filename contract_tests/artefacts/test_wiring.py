"""Spec and code agree: each operationId has its function, each function its operationId, and it takes what the spec gives it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from inspect import Parameter, signature

import pytest

from mock_server import contract
from mock_server.contract import VERSIONS, ContractError, Operation
from mock_server.state.fixtures import load
from mock_server.state.tenants import Starts, Tenants
from mock_server.wiring import layers
from mock_server.wiring.resolver import FUNCTIONS, function_for
from mock_server.wiring.validation import argument_name


def every_operation() -> Iterator[Operation]:
    for version in VERSIONS:
        yield from contract.operations(contract.compose(version), version)
    for name in ("oauth.yaml", "control.yaml"):
        yield from contract.operations(contract.load(name), name)


@pytest.mark.parametrize("operation", list(every_operation()), ids=lambda operation: f"{operation.version}-{operation.id}")
def test_an_operation_has_a_function_that_takes_its_parameters(operation: Operation) -> None:
    given = {argument_name(parameter["name"]) for parameter in operation.parameters if parameter["in"] != "header"}
    given -= {"tenant"} if operation.version == "control.yaml" else set()  # the dispatcher's: it finds the tenant
    given |= {"body"} if "requestBody" in operation.spec else set()

    taken = dict(list(signature(function_for(operation.id)).parameters.items())[1:])

    assert given <= taken.keys()
    assert {name for name, parameter in taken.items() if parameter.default is Parameter.empty} <= given


def test_each_function_has_an_operation_id() -> None:
    assert {operation.function for operation in every_operation()} == set(FUNCTIONS)


def test_the_other_names_of_forward_are_the_same_function() -> None:
    assert function_for("submitForwardWorkItem") is function_for("sendWorkItemForward") is function_for("forwardWorkItemV1")


def test_a_document_that_names_an_unknown_operation_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    document = copy.deepcopy(contract.load("control.yaml"))
    document["paths"]["/health"]["get"]["operationId"] = "getHealthOfNothing"
    monkeypatch.setattr(layers, "_documents", lambda: [(document, False)])
    tenants = Tenants(Starts(lambda _: load(None, None, {}, 0)))

    with pytest.raises(ContractError, match="no function get_health_of_nothing"):
        layers.application(tenants, token_life=1)


def test_a_document_with_an_operator_that_nothing_evaluates_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    document = copy.deepcopy(contract.compose("v2024"))
    parameters = document["paths"]["/task-status"]["get"]["parameters"]
    next(parameter for parameter in parameters if parameter.get("name") == "filters")["x-isc-filters"]["id"]["operators"].append("co")
    monkeypatch.setattr(layers, "_documents", lambda: [(document, False)])
    tenants = Tenants(Starts(lambda _: load(None, None, {}, 0)))

    with pytest.raises(ContractError, match="nothing evaluates co"):
        layers.application(tenants, token_life=1)
