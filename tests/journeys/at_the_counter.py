"""The municipal counter as programs come to it."""

from mynaportal_sim import keys
from tests.journeys.contract import HeardPortal
from tests.journeys.kit import PERSONA

PIN = "1234"
JSON = {"Accept": "application/json"}


def deal_at_the_counter(portal: HeardPortal) -> None:
    """Events in a life by the API, and what it refuses."""
    token = keys.dev_token(portal.data / "keys")
    http, bearer = portal.client(), {"Authorization": f"Bearer {token}", **JSON}
    place = f"{portal.url}/dev/counter/{PERSONA}"
    http.get(place, headers=bearer)
    http.get(place, headers=JSON)
    http.get(f"{portal.url}/dev/counter/nobody", headers=bearer)
    for event, wish in (
        ("unblock", {"pin": PIN}),
        ("lose", None),
        ("lose", None),
        ("find", None),
        ("win", None),
        ("move", {"to": "nowhere"}),
    ):
        http.post(f"{place}/{event}", headers=bearer, json=wish)
