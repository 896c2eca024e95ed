"""What an app and those to whom it passed data certify, as claims of compact JWSs.

    typ: erasure-certificate+jwt
    {"iss": client_id, "aud": issuer, "iat": …, "arrangement": …, "consent_version": …,
     "erased_at": …, "method": "deleted", "counts": {"checkup": 12},
     "derived": "erased", "passed_on": [{"name": "…", "erased_at": …, "certificate": "…"}]}

`counts` says of each category that was given how many records the signer held; `derived` what
became of what it had worked out from them; `passed_on` names everybody to whom the consent let
the app pass them. Whom a law makes keep them, or what was worked out from them, says
`retained_by_law` of it, gives the `law` and `until`, and certifies the erasure later.

`certificate` is the recipient's own, by the recipient's key: the same claims but `passed_on`,
and `iss` is the recipient's registered name. Its `aud` is the issuer too, since the portal
judges it and the app only carries it; whose data it was about, arrangement and version say.
"""

from collections.abc import Container
from datetime import datetime
from enum import StrEnum, unique
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from consent.instants import instant
from mynaportal_sim.erasure.faults import TYPE
from mynaportal_sim.erasure.model import Awaited, Step
from mynaportal_sim.jose import JWS_LENGTH_MAX, read_jws

LENGTH_MAX = 24_576  # of an app's certificate with those of recipients in it
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


@unique
class Derived(StrEnum):
    """What became of what the signer had worked out from the records."""

    NONE = "none"
    ERASED = "erased"
    DEIDENTIFIED = "deidentified"
    RETAINED_BY_LAW = "retained_by_law"


class Sworn(BaseModel):
    """What a certificate says, an app's or a recipient's."""

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
    def retains(self) -> bool:
        """Whether the records, or what came of them, are still there, as a law demands."""
        return self.method is Method.RETAINED_BY_LAW or self.derived is Derived.RETAINED_BY_LAW

    @property
    def retained_until(self) -> datetime | None:
        return None if self.until is None else instant(self.until)


class PassedOn(BaseModel):
    """Somebody to whom data could be passed on, and when they erased them.

    Of who certifies themselves, `erased_at` may be left out.
    """

    model_config = _STRICT

    name: _Said
    erased_at: _Seconds | None = None
    certificate: Annotated[str, Field(max_length=JWS_LENGTH_MAX)] | None = None

    @property
    def own(self) -> Sworn | None:
        """What they certify themselves, in a certificate that was taken."""
        if self.certificate is None:
            return None
        return Sworn.model_validate(dict(read_jws(self.certificate, {TYPE}).claims))


class Claims(Sworn):
    """What an app's certificate says."""

    passed_on: list[PassedOn] = Field(default=[], max_length=100)

    def awaited(self, keyed: Container[str]) -> tuple[Awaited, ...]:
        """Who has not certified that they erased, of those who do: the `keyed`."""
        owed = []
        for one in self.passed_on:
            if (own := one.own) is None and one.name in keyed:
                owed.append(Awaited(one.name))
            elif own is not None and own.retains:
                owed.append(Awaited(one.name, own.retained_until))
        return tuple(owed)

    def step(self, awaited: tuple[Awaited, ...]) -> Step:
        """What an app says of its case by this."""
        if self.retains:
            return Step.RETAIN
        return Step.ATTEST_ALONE if awaited else Step.ATTEST


def read(token: str) -> Claims:
    """What a certificate says that was taken once."""
    return Claims.model_validate(dict(read_jws(token, {TYPE}, LENGTH_MAX).claims))
