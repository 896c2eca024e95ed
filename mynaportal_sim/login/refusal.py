"""Why a login may be refused: a code for each check, in the order in which the checks run."""

from dataclasses import dataclass
from enum import StrEnum, unique
from http import HTTPStatus


@unique
class Code(StrEnum):
    """The stable names of refusals.

    Those of the PIN and of the card are a soft card's, before any token; those after the
    account are a second device's, around the token; the last are of signing a consent.
    """

    PIN_MALFORMED = "pin_malformed"
    PIN_LAST_TRY = "pin_last_try"
    PIN_INCORRECT = "pin_incorrect"
    PIN_LOCKED = "pin_locked"
    CARD_UNAVAILABLE = "card_unavailable"
    TOKEN_MALFORMED = "token_malformed"  # noqa: S105  no password
    ALG_NOT_ALLOWED = "alg_not_allowed"
    LOGIN_NOT_FOUND = "login_not_found"
    SESSION_MISMATCH = "session_mismatch"
    NONCE_REPLAYED = "nonce_replayed"
    NONCE_EXPIRED = "nonce_expired"
    CHANNEL_MISMATCH = "channel_mismatch"
    ORIGIN_MISMATCH = "origin_mismatch"
    PURPOSE_MISMATCH = "purpose_mismatch"
    CERT_MALFORMED = "cert_malformed"
    CERT_KEY_UNSUPPORTED = "cert_key_unsupported"
    CERT_UNTRUSTED = "cert_untrusted"
    CERT_EXPIRED = "cert_expired"
    CERT_NOT_YET_VALID = "cert_not_yet_valid"
    CERT_WRONG_PURPOSE = "cert_wrong_purpose"
    SIGNATURE_INVALID = "signature_invalid"
    CERT_REVOKED = "cert_revoked"
    REVOCATION_UNKNOWN = "revocation_unknown"
    REVOCATION_UNAVAILABLE = "revocation_unavailable"
    ACCOUNT_NOT_LINKED = "account_not_linked"
    CODE_NOT_FOUND = "code_not_found"
    CODE_EXPIRED = "code_expired"
    CODE_CLAIMED = "code_claimed"
    DEVICE_MISMATCH = "device_mismatch"
    SECOND_DEVICE_DENIED = "second_device_denied"
    SECOND_DEVICE_CANCELLED = "second_device_cancelled"
    CONFIRM_CODE_WRONG = "confirm_code_wrong"
    LOGIN_EXPIRED = "login_expired"
    LOGIN_ENDED = "login_ended"
    SIGNING_CERT_MISSING = "signing_cert_missing"
    CERT_OTHER_PERSON = "cert_other_person"


STATUS: dict[Code, HTTPStatus] = {
    Code.PIN_MALFORMED: HTTPStatus.BAD_REQUEST,
    Code.PIN_LAST_TRY: HTTPStatus.CONFLICT,
    Code.PIN_INCORRECT: HTTPStatus.UNAUTHORIZED,
    Code.PIN_LOCKED: HTTPStatus.FORBIDDEN,
    Code.CARD_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.TOKEN_MALFORMED: HTTPStatus.BAD_REQUEST,
    Code.ALG_NOT_ALLOWED: HTTPStatus.BAD_REQUEST,
    Code.LOGIN_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.SESSION_MISMATCH: HTTPStatus.FORBIDDEN,
    Code.NONCE_REPLAYED: HTTPStatus.CONFLICT,
    Code.NONCE_EXPIRED: HTTPStatus.GONE,
    Code.CHANNEL_MISMATCH: HTTPStatus.CONFLICT,
    Code.ORIGIN_MISMATCH: HTTPStatus.FORBIDDEN,
    Code.PURPOSE_MISMATCH: HTTPStatus.CONFLICT,
    Code.CERT_MALFORMED: HTTPStatus.BAD_REQUEST,
    Code.CERT_KEY_UNSUPPORTED: HTTPStatus.BAD_REQUEST,
    Code.CERT_UNTRUSTED: HTTPStatus.UNAUTHORIZED,
    Code.CERT_EXPIRED: HTTPStatus.UNAUTHORIZED,
    Code.CERT_NOT_YET_VALID: HTTPStatus.UNAUTHORIZED,
    Code.CERT_WRONG_PURPOSE: HTTPStatus.UNAUTHORIZED,
    Code.SIGNATURE_INVALID: HTTPStatus.UNAUTHORIZED,
    Code.CERT_REVOKED: HTTPStatus.UNAUTHORIZED,
    Code.REVOCATION_UNKNOWN: HTTPStatus.UNAUTHORIZED,
    Code.REVOCATION_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.ACCOUNT_NOT_LINKED: HTTPStatus.FORBIDDEN,
    Code.CODE_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.CODE_EXPIRED: HTTPStatus.GONE,
    Code.CODE_CLAIMED: HTTPStatus.CONFLICT,
    Code.DEVICE_MISMATCH: HTTPStatus.FORBIDDEN,
    Code.SECOND_DEVICE_DENIED: HTTPStatus.FORBIDDEN,
    Code.SECOND_DEVICE_CANCELLED: HTTPStatus.CONFLICT,
    Code.CONFIRM_CODE_WRONG: HTTPStatus.UNAUTHORIZED,
    Code.LOGIN_EXPIRED: HTTPStatus.GONE,
    Code.LOGIN_ENDED: HTTPStatus.CONFLICT,
    Code.SIGNING_CERT_MISSING: HTTPStatus.CONFLICT,
    Code.CERT_OTHER_PERSON: HTTPStatus.FORBIDDEN,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A login that was not let in.

    `detail` is for developers, never for the other side. `tries_left` is told where a soft card
    judged a PIN.
    """

    code: Code
    detail: str = ""
    tries_left: int | None = None
