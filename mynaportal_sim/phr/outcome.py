"""Whatever is not the data asked for, as an OperationOutcome: the FHIR edge's translator."""

import json
from collections.abc import Callable, Mapping

from fastapi import Response

from consent.policy import Reason
from mynaportal_sim.domains.base import OWN_SYSTEM, Json
from mynaportal_sim.oauth.errors import (
    InvalidProofError,
    InvalidTokenError,
    OAuthError,
    ResourceError,
)
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


def of_token_error(error: OAuthError) -> Response:
    """A token that is missing or no good, with the challenge of RFC 6750 or RFC 9449."""
    body = _outcome("login", str(error), (error.code, str(error)))
    return answer(error.status, body, error.headers)


def of_refusal(reason: Reason | TokenFault, scheme: str) -> Response:
    """A refusal by the gate: 403 where consent is the reason, 401 where the token is.

    `scheme` is how the token was presented, Bearer or DPoP.
    """
    if isinstance(reason, TokenFault):
        return of_token_error(_FAULTS[reason](scheme))
    body = _outcome("forbidden", reason.sentence_en, (reason.value, reason.sentence_ja))
    return answer(403, body)


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
