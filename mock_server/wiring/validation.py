"""Whether a request is what the document says: reads parameters and body once, by readers and schemas that are compiled at start."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
import python_multipart
from connexion.middleware.request_validation import RequestValidationAPI, RequestValidationMiddleware
from connexion.operations import AbstractOperation
from connexion.spec import Specification
from python_multipart.exceptions import FormParserError
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server import contract
from mock_server.conventions import filters, sorters
from mock_server.conventions.errors import IllegalValue, MissingValue, UnreadableRequest, UnsupportedMediaType
from mock_server.conventions.schemas import Schema, place
from mock_server.wiring import exchange as exchanges

MAX_DEPTH = 100
"""Of arrays and objects inside one another: what any client sends, and nothing that Python's stack could trip over."""


NOTHING: Mapping[str, str] = {}


class Validation(RequestValidationMiddleware):
    """connexion's own validators are built for each request, take any number for a boolean, and hand nothing on."""

    def add_api(self, specification: Specification, **options: Any) -> RequestValidationAPI:
        api = _API(specification, next_app=self.app, **options)
        self.apis[api.base_path].append(api)
        return api


class _API(RequestValidationAPI):
    def make_operation(self, operation: AbstractOperation) -> ASGIApp:
        document = self.specification.raw
        readers = [ParameterReader.of(document, parameter) for parameter in operation.parameters if parameter["in"] != "header"]
        return Check(self.next_app, readers, _body_reader(document, operation))


class Check:
    """Stands before one operation and hands its arguments on: every described parameter, absent ones as their default or None.

    A parameter that is repeated counts once, the first time.
    """

    def __init__(self, next_app: ASGIApp, readers: list[ParameterReader], body: BodyReader | None) -> None:
        self._next_app = next_app
        self._readers = readers
        self._known = {reader.name for reader in readers if reader.where == "query"}
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchanges.of(scope)
        query = dict(reversed(exchange.query)) if exchange.query else NOTHING
        if query:
            exchange.ignored += [f"query.{name}" for name in query if name not in self._known]
        arguments = {
            reader.argument: reader.read(query if reader.where == "query" else exchange.path_parameters) for reader in self._readers
        }
        if self._body is not None:
            arguments["body"] = self._body.read(exchange.body, exchange.header(b"content-type"))
            exchange.ignored += self._body.unread(arguments["body"])
        elif exchange.body:
            exchange.ignored.append("body")
        exchange.arguments = arguments
        await self._next_app(scope, receive, send)


@dataclass(frozen=True)
class ParameterReader:
    name: str
    argument: str
    where: str
    required: bool
    default: Any
    convert: Callable[[str], Any]
    schema: Schema

    @classmethod
    def of(cls, document: contract.Document, parameter: Mapping[str, Any]) -> ParameterReader:
        schema = contract.resolve(document, parameter["schema"])
        return cls(
            name=parameter["name"],
            argument=argument_name(parameter["name"]),
            where=parameter["in"],
            required=parameter.get("required", False),
            default=schema.get("default"),
            convert=_converter(parameter, schema),
            schema=Schema([contract.json_schema(document, schema)]),
        )

    def read(self, given: Mapping[str, str]) -> Any:
        text = given.get(self.name)
        if text is None:
            if self.required:
                raise MissingValue(self.name)
            return self.default
        value = self.convert(text)
        if isinstance(value, int | str) and not self.schema.holds(value):
            for _, why in self.schema.mistakes(value):
                raise IllegalValue(self.name, _sentence(why))
        return value


class BodyReader:
    """`schemas`: media type → what the body must be. `fields`: the keys that the document describes; None where any will do."""

    def __init__(self, schemas: Mapping[str, Schema], *, required: bool, fields: frozenset[str] | None) -> None:
        self._schemas = schemas
        self._required = required
        self._fields = fields

    def unread(self, value: Any) -> list[str]:
        """What the body has and the document does not describe."""
        if self._fields is None or not isinstance(value, dict):
            return []
        return [f"body.{name}" for name in value if name not in self._fields]

    def read(self, body: bytes, content_type: str) -> Any:
        if not body:
            if self._required:
                raise MissingValue("body")
            return None
        media_type = content_type.partition(";")[0].strip().lower()
        schema = self._schemas.get(media_type)
        if schema is None:
            raise UnsupportedMediaType(tuple(self._schemas))
        value = _form(body, content_type) if media_type in FORMS else _json(body, schema)
        if schema.holds(value):
            return value
        for keys, why in schema.mistakes(value):
            missing = re.match(r'"(.+)" is a required property', why)
            if missing or why.startswith('"" is shorter'):
                raise MissingValue(place((*keys, missing[1])) if missing else place(keys))
            extra = re.match(r"Additional properties are not allowed \('([^']+)'", why)
            raise IllegalValue(place((*keys, extra[1]) if extra else keys) or "body", _sentence(why))
        return value


FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def argument_name(parameter: str) -> str:
    """`ownerId` → `owner_id`, `id` → `id_`, which is not Python's."""
    name = contract.snake_case(parameter)
    return f"{name}_" if name == "id" else name


def _converter(parameter: Mapping[str, Any], schema: Mapping[str, Any]) -> Callable[[str], Any]:
    name, supported = parameter["name"], parameter.get("x-isc-filters")
    if supported is not None:
        for field, support in supported.items():
            if unknown := set(support["operators"]) - filters.EVALUATED.keys():
                raise contract.ContractError(f"x-isc-filters: {field}: nothing evaluates {', '.join(sorted(unknown))}")
        return lambda text: _filter(text, supported)
    if "x-isc-sorters" in parameter:
        return lambda text: sorters.parse(text, parameter["x-isc-sorters"])
    if schema.get("type") == "integer":
        return lambda text: _integer(name, text)
    if schema.get("type") == "boolean":
        return lambda text: _boolean(name, text)
    return str


def _filter(text: str, supported: Mapping[str, Mapping[str, Any]]) -> filters.Expression | None:
    if not text.strip():
        return None
    expression = filters.parse(text)
    filters.check(expression, supported)
    return expression


def _integer(name: str, text: str) -> int:
    if re.fullmatch(r"-?[0-9]{1,18}", text) is None:
        raise IllegalValue(name, "An integer is expected.")
    return int(text)


def _boolean(name: str, text: str) -> bool:
    """In any case: PowerShell writes True."""
    if text.lower() not in ("true", "false"):
        raise IllegalValue(name, "true or false is expected.")
    return text.lower() == "true"


def _body_reader(document: contract.Document, operation: AbstractOperation) -> BodyReader | None:
    body = operation.request_body
    if not body:
        return None
    described = {media_type.lower(): contract.resolve(document, content["schema"]) for media_type, content in body["content"].items()}
    schemas = {media_type: Schema([contract.json_schema(document, schema)]) for media_type, schema in described.items()}
    fields = [frozenset(schema["properties"]) for schema in described.values() if "properties" in schema]
    return BodyReader(schemas, required=body.get("required", False), fields=fields[0] if fields else None)


def _json(body: bytes, schema: Schema) -> Any:
    """Where a body may be a string, text that is not JSON is that string: the vendor's Go SDK sends it without quotes."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        text = _text(body)
        if not schema.holds(text) or text.lstrip()[:1] in ("[", "{") or not text.replace("\n", " ").isprintable():
            raise UnreadableRequest from None
        return text
    # As a rule there are too few brackets for it; looking at each value was 7 % of a patch.
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and any(depth > MAX_DEPTH for depth in _depths(value)):
        raise UnreadableRequest
    return value


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise UnreadableRequest from None


def _depths(value: Any) -> Iterator[int]:
    waiting = [(value, 1)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, dict | list):
            yield depth
            waiting.extend((child, depth + 1) for child in (node.values() if isinstance(node, dict) else node))


def _form(body: bytes, content_type: str) -> dict[str, str]:
    """The text fields of a form, the first of each name; one that cannot be read has none."""
    if content_type.partition(";")[0].strip().lower() == FORMS[0]:
        return dict(reversed(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)))
    fields: list[tuple[str, str]] = []

    def keep(field: Any) -> None:
        fields.append(((field.field_name or b"").decode(errors="replace"), (field.value or b"").decode(errors="replace")))

    try:
        python_multipart.parse_form({"Content-Type": content_type.encode()}, io.BytesIO(body), keep, None)
    except FormParserError:
        return {}
    return dict(reversed(fields))


def _sentence(text: str) -> str:
    return f"{text}."
