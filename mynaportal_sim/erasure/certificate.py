"""Whether a certificate of erasure, and those of recipients in it, answers for a whole case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import ValidationError

from consent.instants import instant
from consent.model import OnWithdrawal
from mynaportal_sim.erasure.claims import LENGTH_MAX, Claims, PassedOn, Sworn
from mynaportal_sim.erasure.faults import TYPE, Fault, Refusal
from mynaportal_sim.erasure.model import ErasureCase
from mynaportal_sim.jose import JWS_LENGTH_MAX, JoseError, Jws, PublicKey, read_jws, verify
from mynaportal_sim.legible import legible

ALGORITHMS = frozenset({"ES256", "PS256", "EdDSA"})
CLOCK_SKEW = timedelta(seconds=60)
_Said = TypeVar("_Said", bound=Sworn)

# What each agreement allows, the app and those to whom it passed data; to delete is always
# allowed.
_AGREED: Mapping[OnWithdrawal, frozenset[str]] = {
    OnWithdrawal.DELETE: frozenset({"none", "erased", "deleted"}),
    OnWithdrawal.DEIDENTIFY: frozenset({"none", "erased", "deleted", "deidentified"}),
    OnWithdrawal.KEEP_BY_LAW: frozenset({"none", "erased", "deleted", "retained_by_law"}),
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a certificate is held against: `recipients` are the keys of those who have some."""

    case: ErasureCase
    issuer: str
    keys: Sequence[PublicKey]
    recipients: Mapping[str, Sequence[PublicKey]]


def check(token: str, expected: Expected, now: datetime) -> Claims | Refusal:
    """What a certificate says, if it is the app's own and answers for the whole case.

    Each certificate of a recipient in it is that recipient's own, and answers as well.
    """
    case = expected.case
    claims = _signed(token, Claims, expected.keys, LENGTH_MAX)
    if isinstance(claims, Fault):
        return Refusal(claims)
    if claims.iss != case.app_id:
        return Refusal(Fault.OTHER_APP)
    fault = _elsewhere(claims, expected) or _unfit(claims, case, now) or _silent(claims, case)
    if fault is not None:
        return Refusal(fault)
    for one in claims.passed_on:
        if (fault := _of_recipient(one, expected, now)) is not None:
            return Refusal(fault, one.name)
    return claims


def _of_recipient(one: PassedOn, expected: Expected, now: datetime) -> Fault | None:
    """The first thing that is wrong with what is said of, and by, a recipient."""
    keys = expected.recipients.get(one.name, ())
    if one.certificate is None:
        return _at_the_apps_word(one, bool(keys), expected.case, now)
    if not keys:
        return Fault.NO_KEYS
    own = _signed(one.certificate, Sworn, keys, JWS_LENGTH_MAX)
    if isinstance(own, Fault):
        return own
    if own.iss != one.name:
        return Fault.OTHER_RECIPIENT
    contradicted = one.erased_at not in {None, own.erased_at}
    fault = Fault.CONTRADICTED if contradicted else None
    return _elsewhere(own, expected) or _unfit(own, expected.case, now) or fault


def _at_the_apps_word(
    one: PassedOn, keyed: bool, case: ErasureCase, now: datetime
) -> Fault | None:
    if one.erased_at is not None:
        return _mistimed(one.erased_at, case, now)
    return None if keyed else Fault.SILENT_ON_RECIPIENTS


def _signed(
    token: str, kind: type[_Said], keys: Sequence[PublicKey], longest: int
) -> _Said | Fault:
    """What a token says, if one of `keys` has signed it."""
    try:
        jws = read_jws(token, {TYPE}, longest)
    except JoseError:
        return Fault.MALFORMED
    key = _key(jws, keys)
    if key is None:
        return Fault.UNKNOWN_KEY
    try:
        said = kind.model_validate(dict(verify(jws, key, ALGORITHMS)))
    except JoseError:
        return Fault.WRONG_SIGNATURE
    except ValidationError:
        return Fault.WRONG_CLAIMS
    return said if legible(said.law) else Fault.WRONG_CLAIMS


def _key(jws: Jws, keys: Sequence[PublicKey]) -> PublicKey | None:
    named = [key for key in keys if jws.kid in (None, key.kid, key.thumbprint)]
    fitting = [key for key in named if jws.algorithm in key.algorithms]
    return fitting[0] if len(fitting) == 1 else None


def _elsewhere(said: Sworn, expected: Expected) -> Fault | None:
    """Whether a certificate is for another portal, or of another case."""
    case = expected.case
    if said.aud != expected.issuer:
        return Fault.OTHER_PORTAL
    named = (said.arrangement, said.consent_version)
    if named != (str(case.arrangement_id), str(case.version_id)):
        return Fault.OTHER_CASE
    return None


def _unfit(said: Sworn, case: ErasureCase, now: datetime) -> Fault | None:
    """The first thing that keeps a certificate from answering for what its signer held."""
    if set(said.counts) != set(case.categories):
        return Fault.OTHER_CATEGORIES
    if not {said.method.value, said.derived.value} <= _AGREED[case.on_end]:
        return Fault.NOT_AGREED
    until = said.retained_until
    ahead = until is not None and until > now
    if said.retains != bool(said.law.strip()) or said.retains != ahead:
        return Fault.NO_LAW
    if instant(said.iat) < case.ended_at.replace(microsecond=0) - CLOCK_SKEW:
        return Fault.BEFORE_THE_END
    if instant(said.iat) > now + CLOCK_SKEW:
        return Fault.IN_THE_FUTURE
    return _mistimed(said.erased_at, case, now)


def _mistimed(erased_at: int, case: ErasureCase, now: datetime) -> Fault | None:
    if erased_at < int(case.ended_at.timestamp()):
        return Fault.BEFORE_THE_END
    return Fault.IN_THE_FUTURE if instant(erased_at) > now + CLOCK_SKEW else None


def _silent(claims: Claims, case: ErasureCase) -> Fault | None:
    """Whether an app does not name everybody to whom it could pass data, each once."""
    names = [one.name for one in claims.passed_on]
    if not legible("".join(names)):
        return Fault.WRONG_CLAIMS
    if len(set(names)) < len(names):
        return Fault.NAMED_TWICE
    return None if set(names) >= set(case.passed_on) else Fault.SILENT_ON_RECIPIENTS
