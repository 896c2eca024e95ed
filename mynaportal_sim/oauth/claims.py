"""The `claims` parameter: what an app wants to know of a login, or demands of it.

OpenID Connect Core 5.5. Only what is in SUPPORTED is told. What is not, the app goes without,
essential or not (5.5.1); a demand that is not met is no login at all (5.5.1.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mynaportal_sim.jose import JoseError, Json, strict_json
from mynaportal_sim.login.assurance import CARD, SOFT_CARD
from mynaportal_sim.oauth.errors import InvalidRequestError

OF_LOGIN = ("acr", "amr", "auth_time")
"""What can be asked for at the userinfo endpoint beside `sub`; the ID token always says it."""
SUPPORTED = frozenset({*OF_LOGIN, "sub"})
_PLACES = ("id_token", "userinfo")


@dataclass(frozen=True, slots=True)
class ClaimsAsked:
    """The claims asked for by name, in the ID token and at the userinfo endpoint.

    A login must be of a class in `acr`, if there are some, and better is of one in `preferred`;
    it must be of somebody whom the app knows by a name in `subs`, if there are some.
    """

    id_token: tuple[str, ...] = ()
    userinfo: tuple[str, ...] = ()
    acr: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    subs: tuple[str, ...] = ()

    @property
    def granted(self) -> str:
        """What is told, each as PLACE.NAME with spaces between."""
        told = ((place, name) for place in _PLACES for name in getattr(self, place))
        return " ".join(f"{place}.{name}" for place, name in told)

    @property
    def likes_card(self) -> bool:
        """Whether a soft card does, but the person's own would be better."""
        return CARD in self.preferred and SOFT_CARD not in self.preferred

    @property
    def demands_card(self) -> bool:
        """Whether a soft card does not do at all."""
        return bool(self.acr) and SOFT_CARD not in self.acr

    def plain(self) -> dict[str, list[str]]:
        """This as JSON can hold it."""
        every = {name: list(getattr(self, name)) for name in self.__slots__}
        return {name: values for name, values in every.items() if values}

    @classmethod
    def of(cls, plain: Mapping[str, list[str]]) -> "ClaimsAsked":
        """What `plain` was made of."""
        return cls(**{name: tuple(values) for name, values in plain.items()})


def names_in(granted: str, *places: str) -> list[str]:
    """The names that are told in these places, by default in any; sorted."""
    told = (one.split(".") for one in granted.split())
    return sorted({name for place, name in told if place in (places or _PLACES)})


def parse(text: str) -> ClaimsAsked:
    """What a `claims` parameter asks for.

    Raises:
        InvalidRequestError: it is no JSON, or not as section 5.5 has it.
    """
    try:
        document = strict_json(text.encode())
    except JoseError as error:
        raise InvalidRequestError(f"claims: {error}") from None
    asked = {place: _members(document, place) for place in _PLACES}
    told = {
        place: tuple(sorted(SUPPORTED.intersection(wanted))) for place, wanted in asked.items()
    }
    of_token = asked["id_token"]
    acr, essential = of_token.get("acr", ((), False))
    return ClaimsAsked(
        told["id_token"],
        told["userinfo"],
        acr=acr if essential else (),
        preferred=() if essential else acr,
        subs=of_token.get("sub", ((), False))[0]
        or asked["userinfo"].get("sub", ((), False))[0],
    )


NOTHING = ClaimsAsked()

_Wanted = tuple[tuple[str, ...], bool]
"""The values that a claim may have, if they are given, and whether it is essential."""


def _members(document: Json, place: str) -> dict[str, _Wanted]:
    if not isinstance(document, dict):
        raise InvalidRequestError("claims is a JSON object")
    members = document.get(place, {})
    if not isinstance(members, dict):
        raise InvalidRequestError(f"claims: {place} is an object")
    return {name: _wanted(f"{place}.{name}", name, one) for name, one in members.items()}


def _wanted(at: str, name: str, member: Json) -> _Wanted:
    if member is None:
        return (), False
    if not isinstance(member, dict):
        raise InvalidRequestError(f"claims: {at} is null or an object")
    essential = member.get("essential", False)
    if not isinstance(essential, bool):
        raise InvalidRequestError(f"claims: {at}.essential is true or false")
    if "value" in member and "values" in member:
        raise InvalidRequestError(f"claims: {at} has value or values, not both")
    values = [member["value"]] if "value" in member else member.get("values", [])
    if not isinstance(values, list) or ("values" in member and not values):
        raise InvalidRequestError(f"claims: {at}.values is an array that is not empty")
    if name in {"acr", "sub"} and not all(isinstance(one, str) for one in values):
        raise InvalidRequestError(f"claims: {at} is compared with strings")
    return tuple(map(str, values)), essential
