"""A request for each operation that nothing is wrong with, except that its document is not there."""

from __future__ import annotations

import json
import re
from typing import Any

from contract_tests.support.client import operations
from mock_server import contract

NOWHERE = "0" * 32
"""An id that no document has."""

BODIES: dict[str, Any] = {
    "completeWorkItem": {},
    "forwardWorkItem": {"targetOwnerId": NOWHERE, "comment": "Please take this over."},
    "submitAccountSelection": {"account": "lmarsh"},
    "updateTaskStatus": [{"op": "test", "path": "/type", "value": "QUARTZ"}],
}


def arguments(name: str) -> dict[str, Any]:
    """What `Client.send` takes beside the name that the operation has in v2024."""
    in_path = re.findall(r"\{(\w+)\}", operations("v2024")[name].path)
    body = {"json": BODIES[name]} if name in BODIES else {}
    return {**dict.fromkeys(in_path, NOWHERE), **body}


def request(version: str, name: str) -> dict[str, Any]:
    """The same for `httpx.Client.request`, which nobody judges."""
    operation = operations(version)[name]
    url = contract.base_path(contract.compose(version)) + re.sub(r"\{\w+\}", NOWHERE, operation.path)
    if name not in BODIES:
        return {"method": operation.method, "url": url}
    media_type = next(iter(operation.spec["requestBody"]["content"]))
    return {"method": operation.method, "url": url, "content": json.dumps(BODIES[name]), "headers": {"Content-Type": media_type}}
