"""An app that proves itself to the portal in this process."""

import json
from dataclasses import dataclass
from os import urandom
from secrets import token_bytes, token_urlsafe

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from consent.ledger import store as ledger
from consent.ledger.entry import Entry
from consent.model import Recipient
from mynaportal_sim.apps import registration
from mynaportal_sim.apps import service as apps
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.oauth.checks.assertion import TYPE as ASSERTION_TYPE
from mynaportal_sim.sample_app.relying_party import public_jwk
from tests.mynaportal_sim.web.kit import (
    CALLBACK,
    ORIGIN,
    SCOPES,
    VERIFIER,
    Browser,
    Form,
    Portal,
    decide,
    sent_back,
)

HOLDER = b"h" * 32
SECRETS = {"certificate": "c" * 64, "channel": "soft", "reference": "ABCDE12345"}


@dataclass(frozen=True)
class Client:
    """An app with its key."""

    portal: Portal
    client_id: str
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def registered(
        cls,
        portal: Portal,
        *recipients: Recipient,
        profile: str = "oidc",
        scopes: tuple[str, ...] = SCOPES,
        **more: str | bool | tuple[str, ...],
    ) -> "Client":
        """A new one; `more` is what else it registers."""
        key = ec.generate_private_key(ec.SECP256R1())
        wanted = Registration(
            name="歩く手帳",
            organisation="歩く手帳株式会社",
            redirect_uris=(CALLBACK,),
            jwks=json.dumps({"keys": [public_jwk(key)]}),
            scopes=scopes,
            profile=profile,
            supervisor="田中一郎",
            purpose="self-care",
            purpose_text="推移を見るため",
            recipients=recipients,
            **more,  # type: ignore[arg-type]  # tests name real fields
        )
        state = portal.web.state
        now = state.clock.now()
        client_id = registration.new_client_id(token_bytes)
        app = registration.check(wanted, client_id, scopes, catalogue().purposes, now)
        state.database.run(apps.register, app, now, token_bytes)
        return cls(portal, client_id, key)

    def assertion(self, **spoilt: object) -> str:
        now = int(self.portal.web.state.clock.now().timestamp())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": ORIGIN,
            "iat": now,
            "exp": now + 60,
            "jti": token_urlsafe(16),
            **spoilt,
        }
        return jwt.encode(claims, self.key, "ES256")

    @property
    def proof(self) -> dict[str, str]:
        """What a request bears to prove whose it is."""
        return {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(),
        }

    def ask(self, listing: str, assertion: str = "", **form: str) -> httpx.Response:
        signed = {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
        }
        browser = self.portal.browser()
        return browser.post(f"/apps/self/{listing}", {**signed, **form}, accept="*/*")

    def redeemed(self, browser: Browser, path: str, *categories: str) -> str:
        """The grant whose code the app redeems once the person has chosen these."""
        return self.tokens(decide(browser, path, "allow", *categories))["grant_id"]

    def tokens(self, answer: httpx.Response) -> dict[str, str]:
        """What the app gets for the code that a browser is sent back with."""
        [code] = sent_back(answer)["code"]
        form: Form = {"grant_type": "authorization_code", "code": code, **self.proof}
        form |= {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        answered = self.portal.browser().post("/token", form, accept="*/*")
        assert answered.status_code == 200, answered.text
        said: dict[str, str] = answered.json()
        return said

    def merging(self, browser: Browser, grant_id: str) -> str:
        """The page that asks for medication beside what is granted."""
        period = {"from": "2021-04-01", "to": "2026-12-31"}
        detail = {"type": "phr_access", "categories": ["medication"], "period": period}
        asked = self.portal.ask(
            browser,
            self.client_id,
            grant_management_action="merge",
            grant_id=grant_id,
            scope="patient/MedicationDispense.rs",
            authorization_details=json.dumps([detail]),
        )
        return str(asked.headers["location"])

    def happened(self, type_: str, **fields: str | int) -> None:
        entry = Entry(type_, {"app_id": self.client_id, **SECRETS, **fields}, HOLDER)
        state = self.portal.web.state
        state.database.run(ledger.append, entry, state.clock.now(), urandom)
