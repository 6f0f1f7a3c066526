"""connexion as it is set up here: the documents, and the layers that a request passes on its way to an operation."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

from connexion.exceptions import InvalidSpecification, ResolverError
from connexion.middleware import ConnexionMiddleware
from connexion.options import SwaggerUIOptions
from starlette.types import ASGIApp

from mock_server import contract
from mock_server.state.tenants import Tenants
from mock_server.state.tokens import Tokens
from mock_server.wiring.dispatch import Dispatch
from mock_server.wiring.documentation import Documentation
from mock_server.wiring.edge import Edge
from mock_server.wiring.login import Login
from mock_server.wiring.records import Recorder, Say
from mock_server.wiring.resolver import function_for
from mock_server.wiring.routes import Routes
from mock_server.wiring.spoiling import Spoiling
from mock_server.wiring.validation import Validation
from mock_server.wiring.well_formed import checked_fast


def application(
    tenants: Tenants,
    *,
    token_life: int,
    rate_limit: bool = False,
    strict_experimental: bool = False,
    control_token: str | None = None,
    say: Say | None = None,
) -> ASGIApp:
    """Raises ContractError where the documents of spec/ and the code disagree. `token_life` is in seconds; `say`: see Recorder."""
    logging.getLogger("connexion").setLevel(logging.WARNING)
    tokens = Tokens(tenants, token_life)
    login = partial(Login, tokens=tokens, rate_limit=rate_limit, strict_experimental=strict_experimental, control_token=control_token)
    connexion = ConnexionMiddleware(
        Dispatch(tenants, tokens),
        import_name="mock_server",
        middlewares=[partial(Edge, recorder=Recorder(tenants, tokens, say)), Routes, Documentation, login, Spoiling, Validation],
        resolver=function_for,
    )
    try:
        with checked_fast():
            for document, documented in _documents():
                options = SwaggerUIOptions(swagger_ui=documented, serve_spec=documented)
                connexion.add_api(document, base_path=contract.base_path(document), swagger_ui_options=options)
            # connexion 3.3 builds its layers at the first message; what does not fit must stop the start instead.
            connexion.app, connexion.middleware_stack = connexion._build_middleware_stack()  # noqa: SLF001 - see above
    except (ResolverError, InvalidSpecification) as error:
        raise contract.ContractError(f"spec/ and the code disagree: {error}") from None
    return connexion


def _documents() -> Iterator[tuple[dict[str, Any], bool]]:
    """Every document, and whether Swagger UI shows it. v1 is at the root, which swallows what comes after it: last."""
    for version in contract.VERSIONS:
        if version != "v1":
            yield contract.compose(version), True
    yield contract.load("control.yaml"), True
    yield contract.load("oauth.yaml"), False
    yield contract.compose("v1"), True
