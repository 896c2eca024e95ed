"""Why the agent turns a request away: stable codes, each with its HTTP status."""

from dataclasses import dataclass
from enum import StrEnum, unique
from http import HTTPStatus


@unique
class Code(StrEnum):
    """The names that a page gets to see."""

    PEER_NOT_ALLOWED = "peer_not_allowed"
    HOST_NOT_ALLOWED = "host_not_allowed"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    FETCH_NOT_ALLOWED = "fetch_not_allowed"
    UPGRADE_NOT_ALLOWED = "upgrade_not_allowed"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    MEDIA_TYPE_NOT_ALLOWED = "media_type_not_allowed"
    BODY_TOO_LONG = "body_too_long"
    BODY_MALFORMED = "body_malformed"
    TOKEN_INVALID = "token_invalid"  # noqa: S105  no password
    ORIGIN_MISMATCH = "origin_mismatch"
    CODE_WRONG = "code_wrong"
    PAIRING_DENIED = "pairing_denied"
    PAIRING_CLOSED = "pairing_closed"
    PCSC_UNAVAILABLE = "pcsc_unavailable"
    CARD_UNAVAILABLE = "card_unavailable"
    BUSY = "busy"
    OPERATION_NOT_FOUND = "operation_not_found"


STATUS: dict[Code, HTTPStatus] = {
    Code.PEER_NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    Code.HOST_NOT_ALLOWED: HTTPStatus.MISDIRECTED_REQUEST,
    Code.ORIGIN_NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    Code.FETCH_NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    Code.UPGRADE_NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    Code.MEDIA_TYPE_NOT_ALLOWED: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Code.BODY_TOO_LONG: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.BODY_MALFORMED: HTTPStatus.BAD_REQUEST,
    Code.TOKEN_INVALID: HTTPStatus.UNAUTHORIZED,
    Code.ORIGIN_MISMATCH: HTTPStatus.FORBIDDEN,
    Code.CODE_WRONG: HTTPStatus.UNAUTHORIZED,
    Code.PAIRING_DENIED: HTTPStatus.FORBIDDEN,
    Code.PAIRING_CLOSED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.PCSC_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.CARD_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.BUSY: HTTPStatus.CONFLICT,
    Code.OPERATION_NOT_FOUND: HTTPStatus.NOT_FOUND,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was turned away; `hint` says to a person what to do, if anything."""

    code: Code
    hint: str = ""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(STATUS[self.code])

    def as_json(self) -> dict[str, str]:
        """What the page is told."""
        return {"error": self.code.value, **({"hint": self.hint} if self.hint else {})}
