"""Demonstrating proof of possession (RFC 9449).

A proof is verified before the unit of work, and used up inside it, together with what it was
presented for.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from fastapi import Request
from sqlalchemy import Connection

from mynaportal_sim import once
from mynaportal_sim.jose import JoseError
from mynaportal_sim.oauth import instants
from mynaportal_sim.oauth.checks import proof as checks
from mynaportal_sim.oauth.checks.proof import AGE_MAX, Seen, Target
from mynaportal_sim.oauth.errors import InvalidDpopProofError
from mynaportal_sim.oauth.nonces import Nonces
from mynaportal_sim.oauth.trail import Trail, asked_by

KIND = "dpop"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds, still to be used up. `jkt` is the key's thumbprint (6.1)."""

    jkt: str
    jti: str = field(repr=False)
    expires_at: datetime
    trail: Trail = field(repr=False, compare=False)

    @property
    def value(self) -> str:
        """What must be used only once: a jti is the key holder's own (11.1)."""
        return f"{self.jkt} {self.jti}"

    def use_up(self, connection: Connection) -> InvalidDpopProofError | None:
        """Take the proof for this one use; the refusal if it was used before."""
        return self.trail.hold(proof_is_new, (self, connection))


@asked_by("RFC 9449 11.1", "The proof was not used before (jti).")
def proof_is_new(shown: tuple[Proof, Connection]) -> InvalidDpopProofError | None:
    proof, connection = shown
    if once.burn(connection, KIND, proof.value, proof.expires_at):
        return None
    return InvalidDpopProofError("this DPoP proof (jti) was used before")


def header(request: Request, trail: Trail) -> str | None:
    """The DPoP header, None when there is none. Raises InvalidDpopProofError for several."""
    values = request.headers.getlist("dpop")
    trail.hold(checks.one_header, values)
    return values[0] if values else None


def check(text: str, target: Target, nonces: Nonces, now: datetime, trail: Trail) -> Proof:
    """The proof in a DPoP header, if it is one for `target` at `now` (4.3).

    Raises:
        InvalidDpopProofError: it is not.
        UseDpopNonceError: it is, but for the nonce.
    """
    try:
        jws = trail.hold(checks.proof_is_jwt, text)
        key = trail.hold(checks.proof_brings_its_key, jws)
        claims = trail.hold(checks.proof_is_signed, (jws, key))
        trail.hold_all(checks.CHECKS, Seen(claims, target, nonces, now))
    except JoseError as error:
        raise InvalidDpopProofError(f"DPoP proof: {error}") from None
    made_at = cast("datetime", instants.instant(claims, "iat"))
    return Proof(key.thumbprint, str(claims["jti"]), made_at + AGE_MAX, trail)
