"""ID tokens that come back as hints: whose login an app means (OpenID Connect Core 3.1.2.1).

They may have expired, and the key that signed them may have been retired; one that was removed
vouches for nothing.
"""

import json
from typing import NamedTuple

from sqlalchemy import Connection

from mynaportal_sim.jose import JoseError, parse_jwk, read_jws, verify
from mynaportal_sim.oauth.keys import store
from mynaportal_sim.oauth.keys.files import ALGORITHM
from mynaportal_sim.oauth.keys.life import KeyState


class Hint(NamedTuple):
    """Whose login an ID token was of, in which session, and to which app it was given."""

    client_id: str
    sub: str
    sid: str | None = None


def read(connection: Connection, issuer: str, text: str) -> Hint | None:
    """What an ID token of ours says; None for whatever is none."""
    try:
        jws = read_jws(text, {"jwt"})
        key = None if jws.kid is None else store.find(connection, jws.kid)
        if key is None or key.state is KeyState.REMOVED:
            return None
        claims = verify(jws, parse_jwk(json.loads(key.jwk)), {ALGORITHM})
    except JoseError:
        return None
    # Nobody else signs with these keys; other JWTs of ours have another type, or no end.
    if claims.get("iss") != issuer or "exp" not in claims:
        return None
    sid = claims.get("sid")
    return Hint(str(claims["aud"]), str(claims["sub"]), None if sid is None else str(sid))
