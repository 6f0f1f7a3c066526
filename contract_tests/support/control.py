"""A hand on the mock's own API whose every answer is judged, refusals included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from contract_tests.support import control_oracle
from contract_tests.support.client import Json
from mock_server.handle import Isc


def judged(isc: Isc) -> Isc:
    """The same, and what the control API answers it is held against spec/control.yaml."""
    isc._http.event_hooks = {"response": [control_oracle.judge]}
    return isc


def in_hand(url: str, tenant: str | None = None, token: str | None = None) -> Isc:
    """A tenant of a running fake, without its credentials; None: the first one."""
    return judged(Isc(url, tenant, {}, token=token))


def made(url: str, **wanted: Json) -> Isc:
    """A new tenant: name, scenario, ttlSeconds."""
    fake = in_hand(url)
    answer = fake.control("POST", "/tenants", wanted)
    fake.close()
    return judged(Isc(url, answer["name"], {one["level"]: (one["clientId"], one["clientSecret"]) for one in answer["credentials"]}))


def refused(isc: Isc, method: str, path: str, body: Json = None, params: Mapping[str, Any] | None = None) -> httpx.Response:
    """The answer to what the control API must not do."""
    try:
        isc.control(method, path, body, params)
    except httpx.HTTPStatusError as error:
        return error.response
    raise AssertionError(f"{method} {path} was not refused")


def mistake(isc: Isc, method: str, path: str, body: Json = None, params: Mapping[str, Any] | None = None) -> str:
    """What a 400 says."""
    answer = refused(isc, method, path, body, params)
    assert answer.status_code == 400, answer.text
    text: str = answer.json()["messages"][-1]["text"]
    return text


def causes(answer: httpx.Response) -> list[str]:
    return [cause["text"] for cause in answer.json()["causes"]]


def log_in(url: str, client_id: str, secret: str) -> httpx.Response:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return httpx.post(f"{url}/oauth/token", data=form, verify=False)  # noqa: S501 - plain http
