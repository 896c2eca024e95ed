"""An app registers itself by an invitation, over the wire and in every way."""

import json

from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.sample_app.relying_party import public_jwk
from tests.journeys.contract import HeardPortal

Document = dict[str, object]
BEARER = {"Content-Type": "application/json"}


def said_of_itself() -> Document:
    """What an app says that can be registered."""
    return {
        "client_name": "Health notes",
        "client_name#ja": "健康ノート",
        "redirect_uris": ["http://127.0.0.1:9000/cb"],
        "post_logout_redirect_uris": ["http://127.0.0.1:9000/out"],
        "backchannel_logout_uri": "http://127.0.0.1:9000/backchannel",
        "jwks": {"keys": [public_jwk(ec.generate_private_key(ec.SECP256R1()))]},
        "dpop_bound_access_tokens": True,
        "mynasim_purpose_text": "健診結果の推移を見るため",
    }


def register_itself(portal: HeardPortal) -> None:
    """Register, read and change, each also as it is refused."""
    http, place = portal.client(), f"{portal.url}/register"
    token = json.loads(portal.run("app", "invite", "--json"))["initial_access_token"]
    said = said_of_itself()
    bearer = {"Authorization": f"Bearer {token}", **BEARER}
    vague = {**said, "mynasim_purpose_text": "サービス向上のため"}
    for spoilt in (vague, {**said, "redirect_uris": []}, {**said, "software_statement": "e30"}):
        http.post(place, json=spoilt, headers=bearer)
    http.post(place, content=b" " * 40_000, headers=bearer)
    http.post(place, json=said)
    told = http.post(place, json=said, headers=bearer).json()
    http.post(place, json=said, headers=bearer)
    own = str(told["registration_client_uri"])
    mine = {"Authorization": f"Bearer {told['registration_access_token']}", **BEARER}
    http.get(own)
    http.get(own, headers=mine)
    moved = {**said, "client_id": told["client_id"], "tos_uri": "https://app.example/terms"}
    for change in (moved, {**moved, "scope": "openid"}):
        http.put(own, json=change, headers=mine)
    http.put(own, json=moved)
    http.put(own, content=b" " * 40_000, headers=mine)
