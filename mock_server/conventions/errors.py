"""The answers that are not 2xx, each a fact with the status and body that the service gives it.

    ApiError
    ├── BadRequest                  400
    │   ├── UnreadableRequest       400.0      not JSON, not UTF-8, too deep
    │   ├── IllegalContent          400.1      well-formed, but it cannot be done
    │   ├── MissingValue(field)     400.1.0
    │   ├── IllegalValue(field)     400.1.3
    │   └── UnknownReference(kind)  400.1.404
    ├── Unauthorized(why)           401        a body of its own: {"error": …}
    ├── Forbidden                   403
    ├── NotFound                    404
    ├── MethodNotAllowed(allowed)   405
    ├── ContentTooLarge             413
    ├── UnsupportedMediaType        415
    ├── TooManyRequests(seconds)    429        a body of its own: {"message": …}
    ├── InternalFault               500        our own bug
    ├── Unavailable(status)         502 503 504   only where a fault asks for it
    └── TokenRefused(error)         400, 401   the token endpoint: {"error": …, "error_description": …}

    SetupError                                 a user's mistake that stops a command: no HTTP answer

Codes and texts: what live tenants and the vendor's documents show for 400, 401, 403, 404, 429 and 500; for 405, 413 and 415 nobody
has published any, and these follow the same form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ApiError(Exception):
    """An answer that the real API would give."""

    status = 500
    detail_code = ""
    text = ""

    def __init__(self, text: str | None = None, causes: Sequence[str] = ()) -> None:
        self.text = text or type(self).text
        self.causes = causes
        super().__init__(self.text)

    @property
    def headers(self) -> dict[str, str]:
        return {}

    def body(self, tracking_id: str) -> Any:
        """The vendor's envelope: each message twice, as asked for and in the default language."""
        return {
            "detailCode": self.detail_code,
            "trackingId": tracking_id,
            "messages": [
                {"locale": "und", "localeOrigin": "REQUEST", "text": self.text},
                {"locale": "en-US", "localeOrigin": "DEFAULT", "text": self.text},
            ],
            "causes": [{"locale": "en-US", "localeOrigin": "DEFAULT", "text": cause} for cause in self.causes],
        }


class BadRequest(ApiError):
    status = 400
    detail_code = "400 Bad request"


class UnreadableRequest(BadRequest):
    detail_code = "400.0 Bad request syntax"
    text = "The request could not be parsed."


class IllegalContent(BadRequest):
    detail_code = "400.1 Bad request content"
    text = "The request was syntactically correct but its content is semantically invalid."

    def __init__(self, why: str = "", causes: Sequence[str] = ()) -> None:
        super().__init__(f"{type(self).text} {why}".rstrip(), causes)


class MissingValue(BadRequest):
    detail_code = "400.1.0 Required data missing or empty"

    def __init__(self, field: str) -> None:
        super().__init__(f'Required field "{field}" was missing or empty.')


class IllegalValue(BadRequest):
    detail_code = "400.1.3 Illegal value"

    def __init__(self, field: str, why: str = "") -> None:
        super().__init__(f'Value of "{field}" is empty or contains invalid data. {why}'.rstrip())


class UnknownReference(BadRequest):
    detail_code = "400.1.404 Referenced object not found"

    def __init__(self, field: str) -> None:
        super().__init__(f'The object that "{field}" refers to was not found.')


class Unauthorized(ApiError):
    status = 401

    def __init__(self, why: str) -> None:
        super().__init__(f"JWT validation failed: {why}")

    def body(self, tracking_id: str) -> Any:
        return {"error": self.text}


class Forbidden(ApiError):
    status = 403
    detail_code = "403 Forbidden"
    text = "The server understood the request but refuses to authorize it."


class NotFound(ApiError):
    status = 404
    detail_code = "404 Not found"
    text = "The server did not find a current representation for the target resource."


class MethodNotAllowed(ApiError):
    status = 405
    detail_code = "405 Method not allowed"
    text = "The target resource does not support the request's method."

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__()
        self.allowed = allowed

    @property
    def headers(self) -> dict[str, str]:
        return {"Allow": ", ".join(self.allowed)}


class ContentTooLarge(ApiError):
    status = 413
    detail_code = "413 Content too large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request's body is larger than {limit} bytes.")


class UnsupportedMediaType(ApiError):
    status = 415
    detail_code = "415 Unsupported media type"

    def __init__(self, expected: tuple[str, ...]) -> None:
        super().__init__(f"The Content-Type of the request's body must be {' or '.join(expected)}.")


class TooManyRequests(ApiError):
    """`retry_after` is in whole seconds."""

    status = 429
    text = " Rate Limit Exceeded "

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}

    def body(self, tracking_id: str) -> Any:
        return {"message": self.text}


class InternalFault(ApiError):
    status = 500
    detail_code = "500.0 Internal Fault"
    text = "An internal fault occurred."


class Unavailable(ApiError):
    """A gateway's answers. Nobody has published a body for them: the envelope stands in."""

    text = "The service is not available."

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status
        self.detail_code = f"{status}.0 Service unavailable"


class TokenRefused(ApiError):
    """Errors of the token endpoint, RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status

    def body(self, tracking_id: str) -> Any:
        return {"error": self.error, "error_description": self.text}


class SetupError(Exception):
    """A mistake in a file, an option or a variable: one line for each, with the place and the mend."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes
