"""Which operation a path and a method mean: one flat table for all documents, in place of connexion's nested routers.

connexion 3.3 takes the first path of the document that fits, answers 405 with one method in `Allow`, lets starlette answer HEAD
wherever there is GET, and redirects a trailing slash with 307. Here a literal segment wins over a template whatever the order,
`Allow` is complete, HEAD is what the document says, and a trailing slash is another path: a 404.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from connexion.middleware.abstract import ROUTING_CONTEXT, SpecMiddleware
from connexion.resolver import Resolver
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server import contract
from mock_server.contract import Operation
from mock_server.conventions.errors import MethodNotAllowed, NotFound
from mock_server.wiring import exchange as exchanges

Segments = tuple[str, ...]

NONE: Mapping[tuple[int, ...], Mapping[Segments, Path]] = {}


class Path(NamedTuple):
    """A path of a document. `names`: its parameters, by the position of their segment."""

    base_path: str
    segments: Segments
    names: dict[int, str]
    operations: dict[str, Operation]


class Routes(SpecMiddleware):
    """Puts the operation into the exchange, and its id into connexion's routing context for the layers behind."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._literal: dict[Segments, Path] = {}
        self._templated: dict[int, dict[tuple[int, ...], dict[Segments, Path]]] = {}
        self._withdrawn: set[Segments] = set()

    def add_api(self, specification: Specification, *, base_path: str, resolver: Resolver, **_: Any) -> None:
        document = specification.raw
        paths: dict[str, Path] = {}
        for operation in contract.operations(document, base_path.strip("/") or document["info"]["version"]):
            resolver.resolve_function_from_operation_id(operation.id)  # an unknown one stops the start
            path = paths.setdefault(operation.path, _path(base_path, operation.path))
            path.operations[operation.method] = operation
        for path in paths.values():
            if path.names:
                shapes = self._templated.setdefault(len(path.segments), {})
                shapes.setdefault(tuple(path.names), {})[_without(path.segments, path.names)] = path
            else:
                self._literal[path.segments] = path
        self._templated = {
            length: dict(sorted(shapes.items(), key=lambda item: [at in item[0] for at in range(length)]))
            for length, shapes in self._templated.items()
        }
        self._withdrawn |= {_path(base_path, path).segments for path in document.get("x-isc-withdrawn", ())}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._route(scope)
        await self._app(scope, receive, send)

    def _route(self, scope: Scope) -> None:
        context = scope.setdefault("extensions", {}).setdefault(ROUTING_CONTEXT, {})
        segments = _segments(scope)
        path = self._path(segments)
        if path is None:
            context.update(api_base_path=None, operation_id=None)
            return
        operation = path.operations.get(scope["method"])
        if operation is None:
            raise MethodNotAllowed(tuple(path.operations))
        exchange = exchanges.of(scope)
        exchange.operation = operation
        exchange.path_parameters = {name: segments[at] for at, name in path.names.items()}
        context.update(api_base_path=path.base_path, operation_id=operation.id)

    def _path(self, segments: Segments) -> Path | None:
        literal = self._literal.get(segments)
        if literal is not None:
            return literal
        if segments in self._withdrawn:
            raise NotFound
        for names, paths in self._templated.get(len(segments), NONE).items():
            path = paths.get(_without(segments, names))
            if path is not None and all(segments[at] for at in names):
                return path
        return None


def _segments(scope: Scope) -> Segments:
    """Split before it is decoded: an encoded slash is part of an id. What is not UTF-8 becomes U+FFFD."""
    raw = scope.get("raw_path")
    if raw is None:
        return tuple(scope["path"].split("/"))
    path = raw.decode("latin-1")
    if "//" not in path and "%" not in path:
        return tuple(path.split("/"))
    return tuple(unquote(segment) for segment in re.sub("/{2,}", "/", path).split("/"))


def _without(segments: Segments, names: Iterable[int]) -> Segments:
    """With nothing where the parameters are, so that one look into a table finds the path, however many there are."""
    rest = list(segments)
    for at in names:
        rest[at] = ""
    return tuple(rest)


def _path(base_path: str, template: str) -> Path:
    segments = tuple((base_path + template).split("/"))
    names = {at: match[1] for at, segment in enumerate(segments) if (match := re.fullmatch(r"\{(.+)\}", segment))}
    return Path(base_path, segments, names, {})
