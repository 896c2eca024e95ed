"""Everything that can be wrong with what a client asks, as OAuth 2.0 names it.

OAuthError                        carries .code, .status, .headers and .redirectable
├── InvalidRequestError           RFC 6749 4.1.2.1, 5.2
│   ├── RequestTooLargeError
│   └── UnverifiedRequestError    nobody may be redirected: the client or its URI is not known
├── InvalidClientError
├── InvalidGrantError
├── ConsentSuspendedError         ours, as the next nine (RFC 6749 8.5 allows more codes)
├── UnknownArrangementError
├── ConsentEndedError
├── StaleConsentVersionError
├── UnknownErasureError
├── ErasureSettledError
├── UnknownDocumentError
├── UnknownSubjectError
├── TooManyDocumentsError
├── CertificateRefusedError
├── UnsupportedGrantTypeError
├── UnauthorizedClientError
├── AccessDeniedError             RFC 8628 3.5, as the next three
├── ExpiredTokenError
├── AuthorizationPendingError     no refusal: the device is to ask again
│   └── SlowDownError
├── UnsupportedResponseTypeError
├── InvalidScopeError
├── InvalidTargetError            RFC 8707 2
├── InvalidAuthorizationDetailsError   RFC 9396 5
├── InvalidGrantIdError           Grant Management 5.4
├── InvalidRedirectUriError       RFC 7591 3.2.2
├── InvalidClientMetadataError
├── UnapprovedSoftwareStatementError
├── TooManyTriesError             RFC 6585 4; carries .retry_after
├── InvalidDpopProofError         RFC 9449 5
│   └── UseDpopNonceError         RFC 9449 8
├── RequestNotSupportedError      OpenID Connect Core 3.1.2.6
├── UnmetAuthenticationError      OpenID Connect Unmet Authentication Requirements 1.0
├── InteractionGoneError          a page that can no longer be answered; not an OAuth code
├── NotConsentedError             at a resource: the token is good, the consent gives nothing
└── ResourceError                 at a resource: resource_errors.py
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar

from mynaportal_sim.errors import PortalError

DPOP_ALGORITHMS = "ES256 PS256 EdDSA"
_NOT_ALLOWED = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(PortalError):
    """Base of every error this room raises on purpose; its text goes to the client."""

    code: str
    status: ClassVar[int] = HTTPStatus.BAD_REQUEST
    redirectable: ClassVar[bool] = True

    @property
    def headers(self) -> Mapping[str, str]:
        """What the HTTP answer says beyond its body."""
        return _NO_STORE

    @property
    def body(self) -> dict[str, str]:
        """The answer of RFC 6749 5.2, its description in the characters allowed there."""
        return {
            "error": self.code,
            "error_description": _NOT_ALLOWED.sub("?", str(self).replace('"', "'")),
        }


class InvalidRequestError(OAuthError):
    """A parameter is missing, malformed, repeated or of no use here."""

    code = "invalid_request"


class RequestTooLargeError(InvalidRequestError):
    """The body is longer than any honest one."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnverifiedRequestError(InvalidRequestError):
    """Before client and redirect URI are known to belong together nobody is sent anywhere."""

    redirectable = False


class InvalidClientError(OAuthError):
    """The client is not who it says. `challenged` when it tried the Authorization header."""

    code = "invalid_client"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self, description: str, challenged: bool = False) -> None:
        super().__init__(description)
        self.challenged = challenged

    @property
    def headers(self) -> Mapping[str, str]:
        if not self.challenged:
            return _NO_STORE
        return {**_NO_STORE, "WWW-Authenticate": 'Basic realm="private_key_jwt only"'}


class InvalidGrantError(OAuthError):
    """The code or refresh token gives nothing, or not to this client."""

    code = "invalid_grant"


class ConsentSuspendedError(OAuthError):
    """The consent rests: nothing is given now, and the refresh token is to be kept."""

    code = "consent_suspended"


class UnknownArrangementError(OAuthError):
    """The app has no such arrangement with this person."""

    code = "unknown_arrangement"
    status = HTTPStatus.NOT_FOUND


class ConsentEndedError(OAuthError):
    """What is asked cannot happen to a consent in this state, which the text names."""

    code = "consent_ended"
    status = HTTPStatus.CONFLICT


class StaleConsentVersionError(OAuthError):
    """Another version stands than the one that the app means."""

    code = "stale_version"
    status = HTTPStatus.CONFLICT


class UnknownErasureError(OAuthError):
    """The app has no such duty to erase."""

    code = "unknown_erasure"
    status = HTTPStatus.NOT_FOUND


class ErasureSettledError(OAuthError):
    """What is said of an erasure cannot follow on what was said before."""

    code = "erasure_settled"
    status = HTTPStatus.CONFLICT


class UnknownDocumentError(OAuthError):
    """The app has asked nobody to sign such a document, or it has run out."""

    code = "unknown_document"
    status = HTTPStatus.NOT_FOUND


class UnknownSubjectError(OAuthError):
    """The app calls nobody so."""

    code = "unknown_subject"
    status = HTTPStatus.NOT_FOUND


class TooManyDocumentsError(OAuthError):
    """The app waits for many answers of this person already."""

    code = "too_many_documents"
    status = HTTPStatus.CONFLICT


class CertificateRefusedError(OAuthError):
    """An erasure certificate is not taken; `fault` names why, `recipient` in whose."""

    code = "invalid_certificate"

    def __init__(self, fault: str, description: str, recipient: str = "") -> None:
        super().__init__(description)
        self.fault = fault
        self.recipient = recipient

    @property
    def body(self) -> dict[str, str]:
        of = {"recipient": self.recipient} if self.recipient else {}
        return {**super().body, "fault": self.fault, **of}


class UnsupportedGrantTypeError(OAuthError):
    """The token endpoint knows no such grant."""

    code = "unsupported_grant_type"


class UnauthorizedClientError(OAuthError):
    """The client may not ask in this way."""

    code = "unauthorized_client"


class AccessDeniedError(OAuthError):
    """The person hands over nothing."""

    code = "access_denied"


class ExpiredTokenError(OAuthError):
    """The codes of a device have run out."""

    code = "expired_token"


class AuthorizationPendingError(OAuthError):
    """The person has not answered yet, which is no mistake of anybody's."""

    code = "authorization_pending"


class SlowDownError(AuthorizationPendingError):
    """The person has not answered yet, and the device asks too often."""

    code = "slow_down"


class UnsupportedResponseTypeError(OAuthError):
    """Only codes are given at the authorization endpoint."""

    code = "unsupported_response_type"


class InvalidScopeError(OAuthError):
    """The scope is malformed, unknown, or not this client's."""

    code = "invalid_scope"


class InvalidTargetError(OAuthError):
    """The resource is none of ours."""

    code = "invalid_target"


class InvalidAuthorizationDetailsError(OAuthError):
    """The authorization details break their schema, or ask for what this client may not."""

    code = "invalid_authorization_details"


class InvalidGrantIdError(OAuthError):
    """The grant is unknown, ended, another app's or person's; nobody learns which."""

    code = "invalid_grant_id"


class InvalidClientMetadataError(OAuthError):
    """What a client says of itself is refused: `member` names what, `reason` says why in full.

    The description of RFC 7591 is ASCII, which the words of a purpose seldom are.
    """

    code = "invalid_client_metadata"

    def __init__(self, member: str, reason: str) -> None:
        super().__init__(f"{member}: {reason}")
        self.member = member
        self.reason = reason

    @property
    def body(self) -> dict[str, str]:
        return {**super().body, "member": self.member, "reason": self.reason}


class InvalidRedirectUriError(InvalidClientMetadataError):
    """Nobody can be sent to one of the redirect URIs."""

    code = "invalid_redirect_uri"


class UnapprovedSoftwareStatementError(OAuthError):
    """Nobody's word for a client counts but its own."""

    code = "unapproved_software_statement"


class TooManyTriesError(OAuthError):
    """One token was used too often in too short a time; `retry_after` is in whole seconds."""

    code = "rate_limited"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many tries by this token; try again in {retry_after} s")
        self.retry_after = retry_after

    @property
    def headers(self) -> Mapping[str, str]:
        return {**_NO_STORE, "Retry-After": str(self.retry_after)}


class InvalidDpopProofError(OAuthError):
    """The DPoP proof is missing, or proves nothing."""

    code = "invalid_dpop_proof"


class UseDpopNonceError(InvalidDpopProofError):
    """The proof lacks a nonce of this server's, or has an old one; the answer brings a new."""

    code = "use_dpop_nonce"


class RequestNotSupportedError(OAuthError):
    """Signed request objects are not read."""

    code = "request_not_supported"


class UnmetAuthenticationError(OAuthError):
    """No login here is what is asked of one."""

    code = "unmet_authentication_requirements"


class InteractionGoneError(OAuthError):
    """The page was answered before, or too much time has passed."""

    code = "interaction_gone"
    status = HTTPStatus.GONE
    redirectable = False

    def __init__(self) -> None:
        super().__init__("this request was answered or has expired; start again from the app")


class NotConsentedError(OAuthError):
    """No consent gives what is asked for; `code` is the reason's, one of `policy.Reason`."""

    status = HTTPStatus.FORBIDDEN
    redirectable = False

    def __init__(self, reason: str, sentence_en: str, sentence_ja: str) -> None:
        super().__init__(sentence_en)
        self.code = reason
        self.sentence_ja = sentence_ja
