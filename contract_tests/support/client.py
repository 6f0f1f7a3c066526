"""Speaks to the fake as any client does, by operation instead of by path, and has each exchange judged."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import quote

import httpx

from contract_tests.support import oracle
from mock_server import contract
from mock_server.contract import Operation
from mock_server.state.people import Client as Credentials

Json = Any


@cache
def operations(version: str) -> dict[str, Operation]:
    """The operations of a version, by the name that v2024 gives them."""
    names = {_key(operation): operation.id for operation in contract.operations(contract.compose("v2024"), "v2024")}
    return {names[_key(operation)]: operation for operation in contract.operations(contract.compose(version), version)}


def versions_with(*names: str) -> list[str]:
    """The versions that have all these operations."""
    return [version for version in contract.VERSIONS if operations(version).keys() >= set(names)]


def _key(operation: Operation) -> tuple[str, str]:
    return operation.method, operation.path.replace("/v1", "")


class Client:
    """One user on one version. `token` None: not logged in."""

    def __init__(self, url: str, version: str, token: str | None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.version = version
        self.base_path = contract.base_path(contract.compose(version))
        self.http = httpx.Client(base_url=url, headers=headers, verify=False)  # noqa: S501 - plain http; a TLS context takes 15 ms

    def send(
        self,
        name: str,
        /,
        *,
        json: Json = ...,
        content: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        **parameters: Any,
    ) -> httpx.Response:
        """`name`: the operationId in v2024. Parameters are put where the document says; those that it does not know into the query."""
        operation = operations(self.version)[name]
        path, query = operation.path, {}
        for key, value in parameters.items():
            if f"{{{key}}}" in path:
                path = path.replace(f"{{{key}}}", quote(str(value), safe=""))
            elif value is not None:
                query[key] = str(value).lower() if isinstance(value, bool) else value
        if json is not ...:
            media_type = next(iter(operation.spec["requestBody"]["content"]))
            content, headers = _encoded(json), {"Content-Type": media_type, **(headers or {})}
        response = self.http.request(operation.method, self.base_path + path, params=query or None, content=content, headers=headers)
        oracle.judge(self.version, response)
        return response

    def get(self, name: str, /, **parameters: Any) -> Json:
        """The body of a 200."""
        response = self.send(name, **parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def work_item(self, id_: str) -> Json:
        return self.get("getWorkItem", id=id_)

    def open_ids(self, **parameters: Any) -> list[str]:
        return [item["id"] for item in self.get("listWorkItems", **parameters)]

    def completed_ids(self, **parameters: Any) -> list[str]:
        return [item["id"] for item in self.get("getCompletedWorkItems", **parameters)]


def login(url: str, credentials: Credentials) -> str:
    """An access token, fetched as the Python SDK does."""
    form = {"grant_type": "client_credentials", "client_id": credentials.id, "client_secret": credentials.secret}
    response = httpx.post(f"{url}/oauth/token", data=form, verify=False)  # noqa: S501 - as above
    assert response.status_code == 200, response.text
    token: str = response.json()["access_token"]
    return token


def _encoded(value: Json) -> bytes:
    import json  # noqa: PLC0415 - the name is taken by the parameter above

    return json.dumps(value).encode()
