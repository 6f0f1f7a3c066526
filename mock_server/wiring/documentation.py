"""Swagger UI and the composed documents, for each version, from files that connexion bundles: nothing is fetched."""

from __future__ import annotations

from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.swagger_ui import SwaggerUIAPI, SwaggerUIMiddleware
from connexion.spec import Specification
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from mock_server.conventions.errors import NotFound


class Documentation(SwaggerUIMiddleware):
    """Stands in nobody's way: only a path that is no operation's gets here, and what Swagger UI does not know either is a 404."""

    def add_api(self, specification: Specification, **options: Any) -> None:
        api = _API(specification, default=self.default_fn, **options)
        self.router.mount(api.base_path, app=api.router)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["extensions"][ROUTING_CONTEXT]["operation_id"]:
            await self.app(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            # Files are sent whole: starlette answers a wrong Range in plain text.
            headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
            await super().__call__({**scope, "headers": headers}, receive, send)
        else:
            raise NotFound

    async def default_fn(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        raise NotFound


class _API(SwaggerUIAPI):
    def _spec_for_prefix(self, request: Request) -> dict[str, Any]:
        """The document as it was composed: connexion 3.3 would put each `$ref`'s target in its place, and forms refer to themselves."""
        return {**self.specification.raw, "servers": [{"url": self._base_path_for_prefix(request) or "/"}]}
