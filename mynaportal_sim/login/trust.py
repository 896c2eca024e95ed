"""What this portal holds a login against: its own origin, and the authorities it trusts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Self

from fastapi import Depends, Request

from mynaportal_sim.login.csrf import origin
from mynaportal_sim.login.ocsp_client import OcspClient
from mynaportal_sim.pki import added
from mynaportal_sim.pki.authority import Authorities, Authority
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.settings import Mode, Settings

_anchor = lru_cache(maxsize=64)(Anchor.of)


@dataclass(frozen=True, slots=True)
class Trust:
    """The portal's side of a login. `authorities` are found by the hash of their key.

    Those that `added` names are trusted for logins alone, and nobody can be asked whether what
    they certified was revoked.
    """

    origin: str
    anchors: tuple[Anchor, ...]
    authorities: Mapping[bytes, Authority]
    pseudonyms: Pseudonyms
    added: tuple[Anchor, ...] = ()
    ocsp: OcspClient | None = None
    """Who is asked about certificates; where there is nobody, the lists are."""

    @classmethod
    def of(
        cls,
        settings: Settings,
        authorities: Authorities,
        pseudonyms: Pseudonyms,
        ocsp: OcspClient | None = None,
    ) -> Self:
        """Trust the simulated authorities and those added in dev mode, in strict mode none."""
        strict = settings.mode is Mode.STRICT
        simulated = () if strict else authorities.every
        anchors = tuple(_anchor(authority.certificate) for authority in simulated)
        return cls(
            origin=origin(settings),
            anchors=anchors,
            authorities={
                anchor.key_hash: authority
                for anchor, authority in zip(anchors, simulated, strict=True)
            },
            pseudonyms=pseudonyms,
            added=() if strict else added.load_all(settings.data / added.FOLDER),
            ocsp=ocsp,
        )

    def leaves_unchecked(self, issuer: Anchor) -> bool:
        """Whether nobody here knows what that authority has revoked."""
        return any(issuer.key_hash == anchor.key_hash for anchor in self.added)


async def trust_of(request: Request) -> Trust:
    """That of the portal which got this request."""
    state = request.app.state
    state.authority = state.authority.fresh()
    return Trust.of(state.settings, state.authority, state.pseudonyms, state.ocsp)


TrustDep = Annotated[Trust, Depends(trust_of)]
