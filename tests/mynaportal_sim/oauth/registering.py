"""An app that registers itself by an initial access token, and what stands at its addresses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_bytes

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.apps import invites
from mynaportal_sim.sample_app.relying_party import public_jwk
from tests.mynaportal_sim.delivery.kit import Endpoint

from .conftest import Portal
from .kit import CALLBACK, AppKit

Document = dict[str, object]
DAY = timedelta(days=1)


def invited(portal: Portal, organisation: str = "", uses: int = 1) -> str:
    """A new initial access token."""
    terms = (organisation, uses, DAY, portal.clock.now(), token_bytes)
    return portal.server.database.run(invites.issue, *terms).token


@dataclass
class Newcomer:
    """An app that is not registered yet, with its key."""

    portal: Portal
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    def metadata(self, **changed: object) -> Document:
        """What it says of itself; None leaves a member out."""
        said: Document = {
            "client_name": "Health notes",
            "client_name#ja": "健康ノート",
            "redirect_uris": [CALLBACK],
            "jwks": {"keys": [public_jwk(self.key)]},
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": "openid patient/Observation.rs patient/MedicationDispense.rs",
            "mynasim_organisation": "健康ノート株式会社",
            "mynasim_supervisor": "個人情報保護責任者 田中一郎",
            "mynasim_purpose": "self-care",
            "mynasim_purpose_text": "健診結果の推移を見るため",
            **changed,
        }
        return {name: value for name, value in said.items() if value is not None}

    def register(self, token: str | None = None, **changed: object) -> httpx.Response:
        """What POST /register answers, to a token of its own if none is given."""
        body = json.dumps(self.metadata(**changed), ensure_ascii=False)
        return self.send(
            "POST", "/register", invited(self.portal) if token is None else token, body
        )

    def send(self, method: str, path: str, token: str, body: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self.portal.send(method, path, headers=headers, content=body.encode())

    def registered(self, **changed: object) -> Document:
        """What it is told once it is registered."""
        answered = self.register(None, **changed)
        assert answered.status_code == 201, answered.text
        told: Document = answered.json()
        return told

    def manage(self, told: Document, method: str, **changed: object) -> httpx.Response:
        """Read (GET) or change (PUT) what is registered, by the token that was given."""
        own = f"/register/{told['client_id']}"
        said = (
            self.metadata(**{"client_id": told["client_id"], **changed})
            if method == "PUT"
            else None
        )
        body = "" if said is None else json.dumps(said)
        return self.send(method, own, str(told["registration_access_token"]), body)

    def kit(self, told: Document) -> AppKit:
        """The app as one that asks for tokens."""
        app = self.portal.runner.run(self.portal.server.app(str(told["client_id"])))
        assert app is not None
        dpop_key = ec.generate_private_key(ec.SECP256R1())
        return AppKit(app, self.portal.clock, self.key, dpop_key)


@contextmanager
def serving(*keys: object) -> Iterator[Endpoint]:
    """An app's server with a key set on it."""
    with Endpoint() as endpoint:
        endpoint.serve({"keys": list(keys)})
        yield endpoint
