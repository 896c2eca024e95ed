"""The certificate by which an app answers for an erasure: a compact JWS by its registered key.

    typ: erasure-certificate+jwt
    {"iss": client_id, "aud": issuer, "iat": …, "arrangement": …, "consent_version": …,
     "erased_at": …, "method": "deleted", "counts": {"checkup": 12},
     "derived": "erased", "passed_on": [{"name": "…", "erased_at": …}]}

`counts` says of each category that was given how many records the app held; `derived` what
became of what it had worked out from them; `passed_on` names everybody to whom the consent let
it pass them. An app that a law makes keep them gives `"method": "retained_by_law"`, the `law`
and `until`, and certifies the erasure later.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consent.instants import instant
from consent.model import OnWithdrawal
from mynaportal_sim.erasure.model import ErasureCase, Step
from mynaportal_sim.jose import JoseError, Jws, PublicKey, read_jws, verify

TYPE = "erasure-certificate+jwt"
ALGORITHMS = frozenset({"ES256", "PS256", "EdDSA"})
CLOCK_SKEW = timedelta(seconds=60)
_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)
_Seconds = Annotated[int, Field(ge=0, lt=2**36)]
_Count = Annotated[int, Field(ge=0, lt=2**53)]
_Said = Annotated[str, Field(min_length=1, max_length=200)]


@unique
class Method(StrEnum):
    """What became of the records."""

    DELETED = "deleted"
    DEIDENTIFIED = "deidentified"
    RETAINED_BY_LAW = "retained_by_law"

    @property
    def step(self) -> Step:
        return Step.RETAIN if self is Method.RETAINED_BY_LAW else Step.ATTEST


@unique
class Derived(StrEnum):
    """What became of what the app had worked out from the records."""

    NONE = "none"
    ERASED = "erased"
    DEIDENTIFIED = "deidentified"
    RETAINED_BY_LAW = "retained_by_law"


# What each agreement allows; to delete is always allowed.
_AGREED: Mapping[OnWithdrawal, frozenset[str]] = {
    OnWithdrawal.DELETE: frozenset({"none", "erased", "deleted"}),
    OnWithdrawal.DEIDENTIFY: frozenset({"none", "erased", "deleted", "deidentified"}),
    OnWithdrawal.KEEP_BY_LAW: frozenset({"none", "erased", "deleted", "retained_by_law"}),
}


@unique
class Fault(StrEnum):
    """Why a certificate is not taken."""

    MALFORMED = "malformed"
    WRONG_CLAIMS = "wrong_claims"
    UNKNOWN_KEY = "unknown_key"
    WRONG_SIGNATURE = "wrong_signature"
    OTHER_APP = "other_app"
    OTHER_PORTAL = "other_portal"
    OTHER_CASE = "other_case"
    BEFORE_THE_END = "before_the_end"
    IN_THE_FUTURE = "in_the_future"
    OTHER_CATEGORIES = "other_categories"
    NOT_AGREED = "not_agreed"
    SILENT_ON_RECIPIENTS = "silent_on_recipients"
    NO_LAW = "no_law"

    @property
    def sentence(self) -> str:
        """What to mend, for the app's developer."""
        return _SENTENCES[self]


_SENTENCES = {
    Fault.MALFORMED: f"this is no compact JWS of typ {TYPE}",
    Fault.WRONG_CLAIMS: "a claim is missing, not known here, or of the wrong type",
    Fault.UNKNOWN_KEY: "the header names none of the app's registered keys (kid)",
    Fault.WRONG_SIGNATURE: "the signature does not fit, or its alg is not accepted",
    Fault.OTHER_APP: "iss must be the client_id",
    Fault.OTHER_PORTAL: "aud must be the issuer",
    Fault.OTHER_CASE: "arrangement or consent_version are those of another erasure",
    Fault.BEFORE_THE_END: "a time lies before the consent ended",
    Fault.IN_THE_FUTURE: "iat or a time of erasure lies ahead",
    Fault.OTHER_CATEGORIES: "counts must name each category that was given, and no other",
    Fault.NOT_AGREED: "method or derived is not what the consent says happens at its end",
    Fault.SILENT_ON_RECIPIENTS: "passed_on must name everybody the consent let it pass data to",
    Fault.NO_LAW: "with retained_by_law, and only then, law and until are given, until ahead",
}


class PassedOn(BaseModel):
    """Somebody to whom data could be passed on, and when they erased them."""

    model_config = _STRICT

    name: _Said
    erased_at: _Seconds


class Claims(BaseModel):
    """What a certificate says."""

    model_config = _STRICT

    iss: str
    aud: str
    iat: _Seconds
    arrangement: str
    consent_version: str
    erased_at: _Seconds
    method: Annotated[Method, Field(strict=False)]
    counts: dict[str, _Count]
    derived: Annotated[Derived, Field(strict=False)]
    passed_on: list[PassedOn] = Field(default=[], max_length=100)
    law: str = Field(default="", max_length=200)
    until: _Seconds | None = None

    @property
    def total(self) -> int:
        """How many records it answers for."""
        return sum(self.counts.values())

    @property
    def erased(self) -> datetime:
        return instant(self.erased_at)

    @property
    def retained_until(self) -> datetime | None:
        return None if self.until is None else instant(self.until)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a certificate is held against."""

    case: ErasureCase
    issuer: str
    keys: Sequence[PublicKey]


def check(token: str, expected: Expected, now: datetime) -> Claims | Fault:
    """What a certificate says, if it is the app's own and answers for the whole case."""
    try:
        jws = read_jws(token, {TYPE})
    except JoseError:
        return Fault.MALFORMED
    key = _key(jws, expected.keys)
    if key is None:
        return Fault.UNKNOWN_KEY
    try:
        claims = Claims.model_validate(dict(verify(jws, key, ALGORITHMS)))
    except JoseError:
        return Fault.WRONG_SIGNATURE
    except ValidationError:
        return Fault.WRONG_CLAIMS
    return _of_another(claims, expected) or _unfit(claims, expected.case, now) or claims


def read(token: str) -> Claims:
    """What a certificate says that was taken once."""
    return Claims.model_validate(dict(read_jws(token, {TYPE}).claims))


def _key(jws: Jws, keys: Sequence[PublicKey]) -> PublicKey | None:
    named = [key for key in keys if jws.kid in (None, key.kid, key.thumbprint)]
    fitting = [key for key in named if jws.algorithm in key.algorithms]
    return fitting[0] if len(fitting) == 1 else None


def _of_another(claims: Claims, expected: Expected) -> Fault | None:
    case = expected.case
    if claims.iss != case.app_id:
        return Fault.OTHER_APP
    if claims.aud != expected.issuer:
        return Fault.OTHER_PORTAL
    named = (claims.arrangement, claims.consent_version)
    if named != (str(case.arrangement_id), str(case.version_id)):
        return Fault.OTHER_CASE
    return None


def _unfit(claims: Claims, case: ErasureCase, now: datetime) -> Fault | None:
    """The first thing that keeps a certificate from answering for its case."""
    if set(claims.counts) != set(case.categories):
        return Fault.OTHER_CATEGORIES
    if not {claims.method.value, claims.derived.value} <= _AGREED[case.on_end]:
        return Fault.NOT_AGREED
    if not _names(claims.passed_on) >= set(case.passed_on):
        return Fault.SILENT_ON_RECIPIENTS
    retains = claims.method is Method.RETAINED_BY_LAW
    until = claims.retained_until
    if retains != bool(claims.law.strip()) or retains != (until is not None and until > now):
        return Fault.NO_LAW
    return _mistimed(claims, case, now)


def _mistimed(claims: Claims, case: ErasureCase, now: datetime) -> Fault | None:
    times = [claims.erased_at, *(one.erased_at for one in claims.passed_on)]
    ended = int(case.ended_at.timestamp())
    if min(times) < ended or instant(claims.iat) < instant(ended) - CLOCK_SKEW:
        return Fault.BEFORE_THE_END
    if instant(max(claims.iat, *times)) > now + CLOCK_SKEW:
        return Fault.IN_THE_FUTURE
    return None


def _names(passed_on: Collection[PassedOn]) -> set[str]:
    return {one.name for one in passed_on}
