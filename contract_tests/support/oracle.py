"""Judges each exchange by the composed document, with openapi-core: so every behaviour test is a contract test as well."""

from __future__ import annotations

import copy
import json
from functools import cache
from urllib.parse import parse_qsl

import httpx
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.validation.schemas import factories
from werkzeug.datastructures import Headers, ImmutableMultiDict

from mock_server import contract

ADMITTED = range(200, 300)

HOST = "http://isc"
"""For all of them: a document is composed and compiled once, and not for each port that a test's fake has."""

# openapi-core 0.23 makes a class of validators for each schema that it checks, which takes longer than the check.
_SLOW = "build_forbid_unspecified_additional_properties_validator"
setattr(factories, _SLOW, cache(getattr(factories, _SLOW)))


class Request:
    """An httpx request as openapi-core wants to see it: 0.23 has no adapter for httpx."""

    def __init__(self, request: httpx.Request) -> None:
        self.host_url = HOST
        self.path = request.url.path
        self.method = request.method.lower()
        self.body = request.content or None
        self.content_type = request.headers.get("content-type", "application/json")
        # An empty value counts as absent, as the spec says of filters and sorters.
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(request.url.query.decode())),
            header=Headers(list(request.headers.items())),
            cookie=ImmutableMultiDict(),
        )


class Response:
    def __init__(self, response: httpx.Response) -> None:
        self.data = response.content
        self.status_code = response.status_code
        self.content_type = response.headers.get("content-type", "application/json")
        self.headers = Headers(list(response.headers.items()))


def judge(version: str, response: httpx.Response) -> None:
    """Fails for an undescribed status, an answer that is not as described, or an admitted request that is not."""
    described = _described(version)
    request = Request(response.request)
    try:
        if response.status_code in ADMITTED:
            described.validate_request(request)
        described.validate_response(request, Response(response))
    except OpenAPIError as error:
        exchange = f"{version}: {response.request.method} {request.path}: {response.status_code}"
        reasons = [getattr(one, "message", str(one)) for one in getattr(error.__cause__, "schema_errors", (error,))]
        raise AssertionError(f"{exchange}: {type(error).__name__}: {'; '.join(reasons)[:2000]}") from None


_CONFIG = Config(
    additional_properties_default_policy="forbid",
    extra_media_type_deserializers={"application/json-patch+json": lambda body, **_: json.loads(body)},
)


@cache
def _described(version: str) -> OpenAPI:
    document = copy.deepcopy(contract.compose(version))
    document["servers"] = [{"url": f"{HOST}{contract.base_path(document)}"}]
    for operation in contract.operations(document, version):
        # openapi-core 0.23 knows no oauth2 and warns; who may do what is tested by itself.
        document["paths"][operation.path][operation.method.lower()]["security"] = []
    return OpenAPI.from_dict(document, config=_CONFIG)
