"""Data that take a fresher or a stronger login than the token came of (RFC 9470).

None do, unless the portal is set so. What an app then does about a refusal is to ask for
authorization again, with the `max_age` and `acr_values` that it names.
"""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from consent.token import AccessToken
from mynaportal_sim.login.assurance import CARD
from mynaportal_sim.oauth.resource_errors import InsufficientAuthenticationError
from mynaportal_sim.oauth.trail import asked_by

_CARD = "card"


class Demand(NamedTuple):
    """What data take: a login not older than so many seconds, and by a card of the person's."""

    max_age: int | None = None
    by_card: bool = False

    def joined(self, other: "Demand") -> "Demand":
        """What data take of which some take this and some the other."""
        ages = [one.max_age for one in (self, other) if one.max_age is not None]
        return Demand(min(ages, default=None), self.by_card or other.by_card)


class Shown(NamedTuple):
    """A token, and what the data take that it is shown for."""

    token: AccessToken
    demand: Demand
    now: datetime


@asked_by("RFC 9470 3", "The person's login was as fresh and as strong as these data take.")
def login_suffices(shown: Shown) -> None:
    token, demand, now = shown
    old = demand.max_age is not None and now - token.auth_time > timedelta(
        seconds=demand.max_age
    )
    if old or (demand.by_card and token.acr != CARD):
        acr_values = CARD if demand.by_card else ""
        scheme = "DPoP" if token.jkt else "Bearer"
        raise InsufficientAuthenticationError(acr_values, demand.max_age, scheme)


def demand_on(token: AccessToken, touched: Iterable[str], settings: tuple[str, ...]) -> Demand:
    """What the data take that a token gives of the categories that are touched.

    `settings` are written CATEGORY=SECONDS or CATEGORY=card.
    """
    taken = _demands(settings)
    if not taken:
        return Demand()
    given = {
        category
        for detail in token.authorization_details
        for category in _listed(detail.get("categories"))
    }
    found = Demand()
    for category in given.intersection(touched):
        found = found.joined(taken.get(category, Demand()))
    return found


def unknown_in(settings: tuple[str, ...], known: Container[str]) -> list[str]:
    """What settings name that is no known kind of data, and would never be looked at."""
    return [category for category in _demands(settings) if category not in known]


@lru_cache(maxsize=8)
def _demands(settings: tuple[str, ...]) -> Mapping[str, Demand]:
    found: dict[str, Demand] = {}
    for text in settings:
        category, _, what = text.partition("=")
        one = Demand(by_card=True) if what == _CARD else Demand(int(what))
        found[category] = found.get(category, Demand()).joined(one)
    return found


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
