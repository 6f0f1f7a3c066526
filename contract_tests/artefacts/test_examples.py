"""The examples of the spec are valid where they stand, and true: as they are, they can be tried on a fake that has just started."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from contract_tests.conftest import Connect
from contract_tests.support.client import Json, operations
from contract_tests.support.server import Running
from mock_server import contract
from mock_server.contract import VERSIONS, Document, Operation
from mock_server.conventions import schemas
from mock_server.conventions.schemas import Schema

every_version = pytest.mark.parametrize("version", VERSIONS)

FIXTURES = {"Identity": "identities", "Source": "sources", "TaskDefinition": "task-definitions"}
"""Shape in control.yaml → file of fixtures."""

OF_THE_MOMENT = ("access_token", "expires_in", "jti")
"""What differs from token to token, or by setting."""


def examples(document: Document, node: Mapping[str, Any]) -> dict[str, Json]:
    """The values of a parameter, a header or a media type by their names; a single one has an empty name."""
    named = {name: contract.resolve(document, example)["value"] for name, example in node.get("examples", {}).items()}
    return {"": node["example"]} if "example" in node else named


def requests(version: str, name: str) -> dict[str, dict[str, Any]]:
    """What `Client.send` takes, for each name of an example; whatever has no example of that name brings its first."""
    document, operation = contract.compose(version), operations(version)[name]
    given = [(parameter["in"], parameter["name"], examples(document, parameter)) for parameter in operation.parameters]
    given += [
        ("body", "json", examples(document, content)) for content in operation.spec.get("requestBody", {}).get("content", {}).values()
    ]
    names = dict.fromkeys(key for _, _, values in given for key in values if key) or {"": None}
    return {
        key: sendable([(where, field, values.get(key, next(iter(values.values())))) for where, field, values in given]) for key in names
    }


def sendable(values: list[tuple[str, str, Json]]) -> dict[str, Any]:
    headers = {field: value for where, field, value in values if where == "header"}
    return {**{field: value for where, field, value in values if where != "header"}, "headers": headers}


CASES = [(version, name, key) for version in VERSIONS for name in operations(version) for key in requests(version, name)]


@every_version
def test_every_parameter_and_every_body_has_an_example(version: str) -> None:
    document = contract.compose(version)

    lacking = [
        f"{operation.id} {node.get('name', 'body')}"
        for operation in operations(version).values()
        for node in [*operation.parameters, *operation.spec.get("requestBody", {}).get("content", {}).values()]
        if not examples(document, node)
    ]

    assert lacking == []


@every_version
def test_every_success_with_a_body_has_an_example(version: str) -> None:
    document = contract.compose(version)

    lacking = [
        operation.id
        for operation in operations(version).values()
        for content in operation.success()[1].get("content", {}).values()
        if not examples(document, content)
    ]

    assert lacking == []


@every_version
def test_every_example_is_valid(version: str) -> None:
    document = contract.compose(version)

    mistakes = [
        (operation.id, where, name, schemas.place(keys), why)
        for operation in operations(version).values()
        for where, node in described(document, operation)
        for name, value in examples(document, node).items()
        for keys, why in Schema([contract.json_schema(document, node["schema"], closed=True)]).mistakes(value)
    ]

    assert mistakes == []


@pytest.mark.parametrize(("version", "name", "key"), CASES)
def test_the_request_that_the_examples_make_is_answered_2xx(connect: Connect, version: str, name: str, key: str) -> None:
    isc = connect(version)

    response = isc.send(name, **requests(version, name)[key])

    assert response.is_success, response.text


@every_version
def test_the_first_examples_of_all_operations_can_be_tried_one_after_the_other(connect: Connect, version: str) -> None:
    isc = connect(version)

    statuses = {name: isc.send(name, **next(iter(requests(version, name).values()))).status_code for name in operations(version)}

    assert [name for name, status in statuses.items() if status not in (200, 204)] == []


@every_version
def test_an_example_of_an_answer_is_what_the_fake_answers(connect: Connect, server: Running, version: str) -> None:
    document, isc = contract.compose(version), connect(version)

    for name, operation in operations(version).items():
        told = [member for value in answers_told(document, operation) for member in members(undated(value))]
        answered = []
        for request in requests(version, name).values() if told else ():
            server.reset()
            answered += members(undated(isc.send(name, **request).json()))
        assert [member for member in told if member not in answered] == [], name


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_the_example_credentials_are_the_administrators(http: httpx.Client, encoding: str) -> None:
    document = contract.load("oauth.yaml")
    operation = next(operation for operation in contract.operations(document, "oauth") if operation.id == "createToken")
    query = {parameter["name"]: parameter["example"] for parameter in operation.parameters}
    form = document["components"]["examples"]["TokenRequest"]["value"]
    told = operation.spec["responses"]["200"]["content"]["application/json"]["examples"]["user"]["value"]

    sent = {"data": form} if encoding == "urlencoded" else {"files": {field: (None, value) for field, value in form.items()}}
    token = http.post("/oauth/token", params=query, **sent).json()

    assert lasting(token) == lasting(told)
    assert token.keys() == told.keys()


def test_the_example_of_the_tenants_addresses_is_the_default_tenants(http: httpx.Client) -> None:
    answer = contract.load("oauth.yaml")["paths"]["/oauth/info"]["get"]["responses"]["200"]
    told = answer["content"]["application/json"]["examples"]["info"]["value"]

    info = http.get("/oauth/info").json()

    assert info.keys() == told.keys()
    assert [info[key] for key in ("tenantId", "tenantName", "pod")] == [told[key] for key in ("tenantId", "tenantName", "pod")]


@pytest.mark.parametrize("shape", FIXTURES)
def test_the_example_of_a_fixture_stands_in_the_default_ones(shape: str) -> None:
    example = contract.load("control.yaml")["components"]["schemas"][shape]["example"]

    assert list(schemas.control_component(shape).mistakes(example)) == []
    assert example in contract.read_yaml(contract.shipped("fixtures") / "default" / f"{FIXTURES[shape]}.yaml")


def test_the_example_of_the_tenants_settings_is_the_default_tenant() -> None:
    example = contract.load("control.yaml")["components"]["schemas"]["TenantSettings"]["example"]

    assert example == contract.read_yaml(contract.shipped("fixtures") / "default" / "tenant.yaml")


def described(document: Document, operation: Operation) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Whatever has a schema in an operation, and where it stands."""
    yield from ((parameter["name"], parameter) for parameter in operation.parameters)
    yield from operation.spec.get("requestBody", {}).get("content", {}).items()
    for status, response in operation.spec["responses"].items():
        yield from ((f"{status} {name}", contract.resolve(document, header)) for name, header in response["headers"].items())
        yield from ((f"{status} {media_type}", content) for media_type, content in response.get("content", {}).items())


def answers_told(document: Document, operation: Operation) -> Iterator[Json]:
    for content in operation.success()[1].get("content", {}).values():
        yield from examples(document, content).values()


def members(value: Json) -> list[Json]:
    """A list may be told in part."""
    return value if isinstance(value, list) else [value]


def undated(value: Json) -> Json:
    """Dates are relative to the start of the fake: what counts is that there is one."""
    if isinstance(value, dict):
        return {key: undated(member) for key, member in value.items()}
    if isinstance(value, list):
        return [undated(member) for member in value]
    return "a date" if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value) else value


def lasting(token: Json) -> Json:
    return {key: value for key, value in token.items() if key not in OF_THE_MOMENT}
