"""Judges an exchange by the composed document of its version, with openapi-core."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.validation.schemas import factories
from werkzeug.datastructures import Headers, ImmutableMultiDict

from contract_tests.harness import message, paths
from mock_server import contract

ADMITTED = range(200, 300)

HOST = "http://isc"
"""For all of them: a document is composed and compiled once, and not for each address."""

# openapi-core 0.23 makes a class of validators for each schema that it checks, which takes longer than the check.
_SLOW = "build_forbid_unspecified_additional_properties_validator"
setattr(factories, _SLOW, cache(getattr(factories, _SLOW)))


@dataclass(frozen=True)
class Problem:
    """`place`: what tells this one from others of the same operation, without any data in it. `text`: what is wrong, for people."""

    place: str
    text: str


def judge(version: str, request: message.Request, answer: message.Answer) -> list[Problem]:
    """An undescribed status, an answer that is not as described, or an admitted request that is not. Empty: all is well.

    Headers whose value the contract does not know are not looked at.
    """
    seen, problems = _Request(request), []
    if answer.status in ADMITTED:
        problems += _problems("request", lambda: _described(version, of_answers=False).validate_request(seen))
    return problems + _problems("answer", lambda: _described(version, of_answers=True).validate_response(seen, _Response(answer)))


class _Request:
    """As openapi-core wants to see it: 0.23 has no adapter for httpx."""

    def __init__(self, request: message.Request) -> None:
        parts = request.parts
        self.host_url = HOST
        self.path = parts.path
        self.method = request.method.lower()
        self.body = _body(request) or None
        self.content_type = request.header("content-type") or "application/json"
        # An empty value counts as absent, as the spec says of filters and sorters.
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(parts.query)), header=Headers(list(request.headers)), cookie=ImmutableMultiDict()
        )


def _body(request: message.Request) -> bytes:
    """Completing takes any text as its string, quoted or not, as the document says: Go sends it raw."""
    if paths.canonical(request.method, request.path) != "completeWorkItem":
        return request.body
    try:
        json.loads(request.body)
    except ValueError:
        return json.dumps(request.body.decode(errors="replace")).encode() if request.body else b""
    return request.body


class _Response:
    def __init__(self, answer: message.Answer) -> None:
        self.data = answer.body
        self.status_code = answer.status
        self.content_type = answer.header("content-type") or "application/json"
        self.headers = Headers(list(answer.headers))


def _problems(part: str, validate: Any) -> list[Problem]:
    try:
        validate()
    except OpenAPIError as error:
        name = type(error).__name__
        reasons = list(getattr(error.__cause__, "schema_errors", ()))
        if not reasons:
            return [Problem(f"{part} {name}", str(error))]
        return [Problem(f"{part} {_pointer(reason)}", str(reason.message)[:2000]) for reason in _first_of_each(reasons)]
    except ValueError as error:  # openapi-core 0.23 parses a content type without a thought that it may be malformed
        return [Problem(f"{part} form", f"it cannot be read: {type(error).__name__}")]
    return []


def _first_of_each(reasons: Iterable[Any]) -> list[Any]:
    return list({_pointer(reason): reason for reason in reversed(list(reasons))}.values())


def _pointer(reason: Any) -> str:
    """Where in the document and by which keyword; every element of an array counts as the same place."""
    return "/".join("*" if isinstance(part, int) else str(part) for part in reason.absolute_path) + f" {reason.validator}"


_MEDIA_TYPES: Any = {"application/json-patch+json": lambda body, **_: json.loads(body)}

_REQUESTS = Config(extra_media_type_deserializers=_MEDIA_TYPES)
"""A client may send more than is described: nobody says that it is looked at."""

_ANSWERS = Config(extra_media_type_deserializers=_MEDIA_TYPES, additional_properties_default_policy="forbid")
"""A field that comes and is not described is drift."""


@cache
def _described(version: str, *, of_answers: bool) -> OpenAPI:
    document = copy.deepcopy(contract.compose(version))
    document["servers"] = [{"url": f"{HOST}{contract.base_path(document)}"}]
    for operation in contract.operations(document, version):
        # openapi-core 0.23 knows no oauth2 and warns; who may do what is tested by itself.
        document["paths"][operation.path][operation.method.lower()]["security"] = []
    return OpenAPI.from_dict(document, config=_ANSWERS if of_answers else _REQUESTS)
