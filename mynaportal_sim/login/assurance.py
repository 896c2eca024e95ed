"""How strongly a login proves who somebody is, and by which methods (OpenID Connect Core 2).

The values of `acr` are this portal's own, since none is registered for the card. `sim-card` in
`amr` is our own too: the card is emulated by the portal itself, and its PIN is published.
"""

from collections.abc import Mapping
from typing import NamedTuple

from mynaportal_sim.login.challenge import Channel

CARD = "urn:mynasim:acr:jpki-user-authentication"
"""The person's card has signed, by its key for user authentication, after its PIN."""
SOFT_CARD = "urn:mynasim:acr:soft-card"
"""A card that a dev portal emulates has; whoever knows the published PIN is let in."""

UNCHECKED = "urn:mynasim:acr:unchecked-card"
"""A card from elsewhere has signed, after its PIN; whether it was revoked is not known.

Whoever demands CARD is not served by it: it is nobody's card that the portal knows.
"""


class Assurance(NamedTuple):
    """What a login is worth: its class, and its methods by RFC 8176."""

    acr: str
    amr: tuple[str, ...]


ASSURANCES: Mapping[Channel, Assurance] = {
    Channel.AGENT: Assurance(CARD, ("sc", "pin")),
    Channel.QR: Assurance(CARD, ("sc", "pin")),
    Channel.SOFT: Assurance(SOFT_CARD, ("sc", "pin", "sim-card")),
}
OF_UNCHECKED = Assurance(UNCHECKED, ("sc", "pin"))


def acr_values(*, strict: bool) -> tuple[str, ...]:
    """The classes that a login can be of: by emulated or unchecked cards in dev mode only."""
    return (CARD,) if strict else (CARD, SOFT_CARD, UNCHECKED)
