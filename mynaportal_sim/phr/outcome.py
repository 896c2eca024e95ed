"""Whatever is not the data asked for, as an OperationOutcome: the FHIR edge's translator."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import Response

from consent.policy import Reason
from mynaportal_sim.domains.base import OWN_SYSTEM, Json
from mynaportal_sim.oauth import resources
from mynaportal_sim.oauth.access import Presented
from mynaportal_sim.oauth.errors import NotConsentedError, OAuthError
from mynaportal_sim.oauth.resource_errors import (
    InvalidProofError,
    InvalidTokenError,
    ResourceError,
)
from mynaportal_sim.oauth.trail import asked_by
from mynaportal_sim.phr.errors import PhrError
from mynaportal_sim.records.demand import TokenFault
from mynaportal_sim.records.errors import RecordsError

FHIR_JSON = "application/fhir+json"
PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


_FAULTS: Mapping[TokenFault, Callable[[str], ResourceError]] = {
    TokenFault.REVOKED: lambda scheme: InvalidTokenError("the token was revoked", scheme),
    TokenFault.REPLAYED_PROOF: lambda _: InvalidProofError("this proof (jti) was used before"),
}


def of_error(error: PhrError | RecordsError) -> Response:
    """What a request got wrong. A page that has gone is 410, as FHIR wants of paging links."""
    if isinstance(error, PhrError):
        return answer(error.status, _outcome(error.code, str(error)))
    return answer(410, _outcome("expired", str(error)))


def of_oauth_error(error: OAuthError, issuer: str, uri: str) -> Response:
    """What a token gave nothing for: 403 where consent is the reason, 401 where the token is.

    A token that is missing or no good is answered with the challenge of RFC 6750 or RFC 9449,
    which says where this resource describes itself (RFC 9728 5.1). `uri` is where the app's
    developer reads what was looked at.
    """
    if isinstance(error, NotConsentedError):
        detail = (error.code, error.sentence_ja)
        return answer(error.status, _outcome("forbidden", f"{error}; see {uri}", detail))
    issue = "forbidden" if error.status == HTTPStatus.FORBIDDEN else "login"
    body = _outcome(issue, f"{error}; see {uri}", (error.code, str(error)))
    headers = dict(error.headers)
    if isinstance(error, ResourceError):
        headers["WWW-Authenticate"] = resources.challenge(error, issuer, "/fhir", uri)
    return answer(error.status, body, headers)


@asked_by("RFC 7009; RFC 9449 11.1", "The token was not revoked, nor its proof used before.")
def token_is_live(error: ResourceError | None) -> ResourceError | None:
    return error


@asked_by("RFC 6750 3.1", "The consent behind the token gives what is asked for.")
def consent_gives_it(reason: Reason) -> NotConsentedError:
    return NotConsentedError(reason.value, reason.sentence_en, reason.sentence_ja)


def refused(reason: Reason | TokenFault, presented: Presented) -> OAuthError:
    """What the gate's refusal is to an app, noted in the trail of its request."""
    trail = presented.trail
    if isinstance(reason, TokenFault):
        error = _FAULTS[reason](presented.scheme)
        trail.hold(token_is_live, error)
        return error
    trail.hold(token_is_live, None)
    return trail.hold(consent_gives_it, reason)


def answer(
    status: int, body: str | bytes, headers: Mapping[str, str] | None = None
) -> Response:
    """FHIR JSON that no cache may keep."""
    return Response(body, status, {**PRIVATE, **(headers or {})}, FHIR_JSON)


def _outcome(issue: str, diagnostics: str, detail: tuple[str, str] | None = None) -> str:
    """`issue` is a FHIR IssueType; `detail` a reason's code with a sentence for people."""
    described: dict[str, Json] = {
        "severity": "error",
        "code": issue,
        "diagnostics": diagnostics,
    }
    if detail is not None:
        code, text = detail
        described["details"] = {
            "coding": [{"system": f"{OWN_SYSTEM}refusal", "code": code}],
            "text": text,
        }
    return json.dumps(
        {"resourceType": "OperationOutcome", "issue": [described]}, ensure_ascii=False
    )
