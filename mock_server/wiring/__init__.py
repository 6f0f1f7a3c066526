"""All that knows connexion or starlette: from an ASGI request to an operation and back."""

import warnings

with warnings.catch_warnings():
    # connexion 3.3 imports starlette's test client, and starlette 1.10 then warns that it would rather have another httpx.
    warnings.simplefilter("ignore")
    import connexion  # noqa: F401
