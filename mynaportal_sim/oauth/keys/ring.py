"""What signs, and what is published of that, between two changes of the keys."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.api_jws import PyJWS

from consent.token import SigningKey
from mynaportal_sim.jose import Json, parse_jwk, read_jws
from mynaportal_sim.oauth.keys.files import ALGORITHM
from mynaportal_sim.oauth.keys.life import Key, KeyState, KeyStatus

_JWS = PyJWS(algorithms=[ALGORITHM])
_ORDER = (KeyStatus.ACTIVE, KeyStatus.NEXT, KeyStatus.RETIRED)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The active key, and every public key whose signatures count, by `kid`.

    `jwks` is the key set as JSON (RFC 7517 5). A cache may hold it, but not while an emergency
    is so near that more may have to be removed.
    """

    active: SigningKey
    public: Mapping[str, ec.EllipticCurvePublicKey] = field(repr=False)
    jwks: bytes = field(repr=False)
    cacheable: bool

    @classmethod
    def of(cls, active: SigningKey, keys: Collection[Key], now: datetime) -> Self:
        """The ring that the keys which matter at `now` make."""
        shown = [key for status in _ORDER for key in keys if key.status(now) is status]
        members = ",".join(key.jwk for key in shown)
        return cls(
            active,
            {key.kid: _public(key) for key in shown},
            f'{{"keys":[{members}]}}'.encode(),
            all(key.state is not KeyState.REMOVED for key in keys),
        )

    def sign(self, claims: Mapping[str, Json], typ: str = "JWT") -> str:
        """A compact JWS over `claims` by the active key."""
        payload = json.dumps(claims, separators=(",", ":")).encode()
        headers = {"typ": typ, "kid": self.active.kid}
        return _JWS.encode(payload, self.active.private, algorithm=ALGORITHM, headers=headers)

    def renewed(self, token: str) -> str:
        """A token of ours, signed anew unless the active key did: what it says is the same."""
        jws = read_jws(token)
        if jws.kid == self.active.kid:
            return token
        return self.sign(jws.claims, str(jws.header["typ"]))


def _public(key: Key) -> ec.EllipticCurvePublicKey:
    public = parse_jwk(json.loads(key.jwk)).key
    assert isinstance(public, ec.EllipticCurvePublicKey)  # noqa: S101  no other is stored
    return public
