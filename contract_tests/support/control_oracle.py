"""Judges each answer of the mock's own API by spec/control.yaml, as the other oracle judges those of the versions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx

from mock_server import contract
from mock_server.contract import Operation
from mock_server.conventions.schemas import Schema, place

NO_CONTENT = 204


def judge(response: httpx.Response) -> None:
    """Fails for an undescribed operation or status, and for an answer that is not as described. An httpx hook as well."""
    response.read()
    operation = _operation(response.request)
    asked = f"{response.request.method} {response.request.url.path}: {response.status_code}"
    assert operation is not None, f"{asked}: spec/control.yaml describes no such operation"
    described = operation.spec["responses"].get(str(response.status_code))
    assert described is not None, f"{asked}: spec/control.yaml does not describe this status: {response.text}"
    if response.status_code == NO_CONTENT:
        assert response.content == b"", asked
        assert "Content-Type" not in response.headers, asked
        return
    assert response.headers["Content-Type"] == "application/json", asked
    wrong = [f"{place(keys)}: {why}" for keys, why in _schema(operation.id, response.status_code).mistakes(response.json())]
    assert not wrong, f"{asked}: {'; '.join(wrong)}"


def _operation(request: httpx.Request) -> Operation | None:
    path = request.url.raw_path.decode("ascii").partition("?")[0]
    fitting = (operation for pattern, operation in _operations() if operation.method == request.method and pattern.fullmatch(path))
    return next(fitting, None)


@cache
def _operations() -> list[tuple[re.Pattern[str], Operation]]:
    """Literal paths first."""
    document = contract.load("control.yaml")
    every = sorted(contract.operations(document, "control"), key=lambda operation: "{" in operation.path)
    return [(re.compile(contract.base_path(document) + re.sub(r"\{\w+\}", "[^/]+", operation.path)), operation) for operation in every]


@cache
def _schema(operation_id: str, status: int) -> Schema:
    operation = next(operation for _, operation in _operations() if operation.id == operation_id)
    content: Mapping[str, Any] = operation.spec["responses"][str(status)]["content"]["application/json"]
    return Schema([contract.json_schema(contract.load("control.yaml"), content["schema"])])
