"""Data that take a fresher or a stronger login than the token came of (RFC 9470).

None do, unless the portal is set so. What an app then does about a refusal is to ask for
authorization again, with the `max_age` and `acr_values` that it names.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from consent.token import AccessToken
from mynaportal_sim.login.assurance import CARD
from mynaportal_sim.login.demands import Demand
from mynaportal_sim.oauth.resource_errors import InsufficientAuthenticationError
from mynaportal_sim.oauth.trail import asked_by


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


def demand_on(
    token: AccessToken, touched: Iterable[str], taken: Mapping[str, Demand]
) -> Demand:
    """What the data take that a token gives of the categories that are touched.

    `taken` is what each category takes.
    """
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


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
