"""When a client's JWT is good, by a clock that is not ours (FAPI 2.0 5.3.2.1-13)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from mynaportal_sim.jose import JoseError, Json

AHEAD_MAX = timedelta(seconds=10)
# Year 9999: beyond it an instant cannot be represented.
_LAST = 253_402_300_799


def instant(claims: Mapping[str, Json], name: str) -> datetime | None:
    """A NumericDate claim (RFC 7519 2); None when it is absent. Raises JoseError."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST:
        raise JoseError(f"{name} is not an instant")
    return datetime.fromtimestamp(value, UTC)


def check_not_ahead(claims: Mapping[str, Json], now: datetime) -> None:
    """Raise JoseError if the token says it was made, or is good, only later."""
    for name in ("iat", "nbf"):
        made = instant(claims, name)
        if made is not None and made > now + AHEAD_MAX:
            raise JoseError(f"{name} is more than {AHEAD_MAX.seconds} s ahead of this server")
