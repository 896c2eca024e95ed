"""Parameters as OAuth has them: each at most once, printable, an empty one as if not sent."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Request

from mynaportal_sim.oauth.errors import InvalidRequestError, RequestTooLargeError
from mynaportal_sim.oauth.trail import trail_of

BODY_MAX = 32_768
PARAMETERS_MAX = 40
_FORM = "application/x-www-form-urlencoded"
# RFC 6749 appendix A: VSCHAR. Only these may hold what people or JSON writers type.
_FREE_TEXT = frozenset({"authorization_details", "claims", "login_hint", "reason", "title"})
_VSCHAR = re.compile(r"[\x20-\x7e]*")


def parse(encoded: bytes) -> dict[str, str]:
    """The parameters of a form or query (RFC 6749 3.1, 3.2, appendix B).

    Raises:
        InvalidRequestError: they are malformed, too many, or one is repeated.
    """
    try:
        pairs = parse_qsl(
            encoded.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(encoded),
            errors="strict",
            max_num_fields=PARAMETERS_MAX,
        )
    except ValueError:
        raise InvalidRequestError(
            f"parameters must be {_FORM}, in UTF-8, at most {PARAMETERS_MAX}"
        ) from None
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise InvalidRequestError("a parameter is repeated")
    for name, value in pairs:
        if not _VSCHAR.fullmatch(name) or not _is_clean(name, value):
            raise InvalidRequestError("a parameter has characters that are not allowed in it")
    return {name: value for name, value in pairs if value}


def _is_clean(name: str, value: str) -> bool:
    if name in _FREE_TEXT:
        return "\0" not in value
    return _VSCHAR.fullmatch(value) is not None


def required(parameters: Mapping[str, str], name: str) -> str:
    """The value of a parameter that must be there. Raises InvalidRequestError."""
    try:
        return parameters[name]
    except KeyError:
        raise InvalidRequestError(f"{name} is missing") from None


def required_uuid(parameters: Mapping[str, str], name: str) -> UUID:
    """The UUID in a parameter that must be there. Raises InvalidRequestError."""
    found = as_uuid(required(parameters, name))
    if found is None:
        raise InvalidRequestError(f"{name} is no UUID")
    return found


def uuid(parameters: Mapping[str, str], name: str) -> UUID | None:
    """The UUID in a parameter, if it is there. Raises InvalidRequestError."""
    return required_uuid(parameters, name) if name in parameters else None


def as_uuid(text: str) -> UUID | None:
    """The UUID that a text is, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def is_borne_by(request: Request) -> bool:
    """Whether a request says that it bears a form."""
    return _media_type(request) == _FORM


async def read(request: Request, longest: int = BODY_MAX) -> dict[str, str]:
    """The form that a request bears.

    Raises:
        InvalidRequestError: the body is no such form, or parameters stand in the URL.
        RequestTooLargeError: it has more than `longest` bytes.
    """
    parameters = parse(await read_body(request, _FORM, longest))
    trail_of(request).parameters = parameters
    return parameters


async def read_body(request: Request, media_type: str, longest: int = BODY_MAX) -> bytes:
    """The bytes that a request of this media type bears. Raises as `read` does."""
    if request.scope["query_string"]:
        raise InvalidRequestError("parameters belong in the body, not in the URL")
    if _media_type(request) != media_type:
        raise InvalidRequestError(f"the body must be {media_type}")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            raise RequestTooLargeError(f"the body is longer than {longest} bytes")
    return body


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
