"""The composition root: settings in, an ASGI application out."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from mock_server import contract
from mock_server.conventions.errors import SetupError
from mock_server.settings import Settings
from mock_server.state.clock import machine_time
from mock_server.state.fixtures import load
from mock_server.state.tenant import Tenant
from mock_server.state.tenants import Start, Starts, Tenants
from mock_server.wiring import layers
from mock_server.wiring.records import Say


class App:
    """The fake, ready for an ASGI server, and the state behind it."""

    def __init__(self, settings: Settings | None = None, say: Say | None = None) -> None:
        """Raises SetupError: fixtures, an assumption or the documents of spec/ are wrong.

        `say` takes the line of each request; without it, the logger isc_mock.access does.
        """
        settings = settings or Settings()

        def start(scenario: str | None) -> Start:
            return load(settings.fixtures, scenario, settings.assume, machine_time())

        try:
            secrets = [settings.control_token] if settings.control_token else []
            self.tenants = Tenants(Starts(start), scenario=settings.scenario, auto=settings.auto_tenants, secrets=secrets)
            self._asgi = layers.application(
                self.tenants,
                token_life=settings.token_life,
                rate_limit=settings.rate_limit,
                strict_experimental=settings.strict_experimental,
                control_token=settings.control_token,
                say=say,
            )
        except contract.ContractError as error:
            raise SetupError(str(error)) from None

    @property
    def tenant(self) -> Tenant:
        """The one that the server starts with."""
        return self.tenants.default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._asgi(scope, receive, send)
