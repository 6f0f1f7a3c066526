"""Login: exchanges credentials for a token, and says where the tenant's endpoints are."""

from __future__ import annotations

from mock_server.conventions.errors import TokenRefused
from mock_server.conventions.replies import Reply, json_reply
from mock_server.operations.calls import OpenCall

GRANT = "client_credentials"


def create_token(
    call: OpenCall, grant_type: str | None, client_id: str | None, client_secret: str | None, body: dict[str, str] | None = None
) -> Reply:
    """The three values come in the query, in the body, or mixed: clients do each of these (see spec/oauth.yaml)."""
    given = {"grant_type": grant_type, "client_id": client_id, "client_secret": client_secret} | (body or {})
    grant = given["grant_type"]
    if not grant:
        raise TokenRefused("invalid_request", "Missing grant type")
    if grant.casefold() != GRANT:
        raise TokenRefused("unsupported_grant_type", f"Unsupported grant type; supported: {GRANT}")
    for field in ("client_id", "client_secret"):
        if not given[field] and call.tenant.assumes("missing-token-field") == "invalid-request":
            raise TokenRefused("invalid_request", f"Missing {field}")
    login = call.tenants.login(given["client_id"] or "", given["client_secret"] or "")
    if login is None:
        raise TokenRefused("invalid_client", "Bad client credentials", status=401)
    return json_reply(call.tokens.issue(*login))


def get_oauth_info(call: OpenCall) -> Reply:
    tenant, base = call.tenant, call.base_url
    return json_reply(
        {
            "tenantId": tenant.id,
            "tenantName": tenant.name,
            "authorizeEndpoint": f"{base}/oauth/authorize",
            "tokenEndpoint": f"{base}/oauth/token",
            "cloudDomainUrl": base,
            "logoutUrl": f"{base}/logout",
            "pod": tenant.pod,
        }
    )
