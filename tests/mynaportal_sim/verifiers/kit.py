"""A municipality in which things happen to people, and apps that ask about certificates."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from os import urandom
from pathlib import Path

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection

from card_reader.emulator.personalise import read_card
from card_reader.spec import Kind
from mynaportal_sim.apps import registration
from mynaportal_sim.apps import service as apps
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.database import Database
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.issuing.cards import Counter
from mynaportal_sim.issuing.keys import Pool
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.model import Standing
from mynaportal_sim.issuing.office import Office, deal_with
from mynaportal_sim.issuing.wishes import Wish
from mynaportal_sim.jose import b64url
from mynaportal_sim.oauth.checks.assertion import TYPE as ASSERTION_TYPE
from mynaportal_sim.records.generate import follow
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Municipality, Name, Resident
from mynaportal_sim.sample_app.relying_party import public_jwk
from tests.mynaportal_sim.web.kit import (
    CALLBACK,
    HANAKO,
    ORIGIN,
    VERIFIER,
    Browser,
    Form,
    Portal,
    decide,
    sent_back,
)

SCOPES = ("openid", "patient/Patient.rs")
MOVED_TO = "東京都千代田区千代田１番１号"
TOKYO = Municipality("13101", "東京都", "千代田区", "Tokyo-to", "Chiyoda-ku")
WISHES = {
    LifeEvent.CHANGE_NAME: Wish(event=LifeEvent.CHANGE_NAME, name=Name("鈴木", "花子")),
    LifeEvent.MOVE: Wish(event=LifeEvent.MOVE, address=MOVED_TO, municipality=TOKYO),
}


@dataclass
class Town:
    """A portal's municipality; an hour passes with each event, on the counter's clock."""

    portal: Portal
    office: Office
    now: datetime

    @classmethod
    def of(cls, portal: Portal, pool: Pool) -> "Town":
        state = portal.web.state
        counter = Counter(state.authority.fresh(), ORIGIN, urandom, None, pool)
        known = (state.database, counter, state.pseudonyms, state.settings.cards)
        office = Office(*known, follow)
        return cls(portal, office, state.clock.now())

    @property
    def database(self) -> Database:
        return self.office.database

    def resident(self, persona: str = HANAKO) -> Resident:
        found = self.database.run(residents.by_persona, persona)
        assert found is not None
        return found

    def let(self, *events: LifeEvent, persona: str = HANAKO, certify: bool = False) -> None:
        """Let these happen to a person, one after the other."""
        for event in events:
            self.now += timedelta(hours=1)
            wish = replace(WISHES.get(event, Wish(event=event)), certify=certify)
            found = deal_with(self.office, self.resident(persona), wish, self.now)
            assert isinstance(found, Standing), str(found)

    def certificate(
        self, kind: Kind = Kind.USER_AUTHENTICATION, persona: str = HANAKO, phone: bool = False
    ) -> bytes:
        """The certificate that is on a person's card, or in their phone, now."""
        path: Callable[[str], Path] = self.office.phone_of if phone else self.office.card_of
        data = read_card(path(persona))
        der = data.signing_certificate if kind is Kind.SIGNING else data.auth_certificate
        assert der is not None
        return der

    def run(self, work: Callable[[Connection], object]) -> None:
        """Do something to the registers that no counter would."""
        self.database.run(work)


@dataclass(frozen=True)
class Verifier:
    """An app with its keys, which asks as verifiers do."""

    portal: Portal
    client_id: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    dpop_key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def at(cls, portal: Portal, name: str = "銀行口座", *, verifier: bool = True) -> "Verifier":
        """A new app, registered as a verifier unless it is said that it is none."""
        key, dpop_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        wanted = Registration(
            name=name,
            organisation="模擬銀行株式会社",
            redirect_uris=(CALLBACK,),
            jwks=json.dumps({"keys": [public_jwk(key)]}),
            scopes=SCOPES,
            profile="oidc",
            supervisor="田中一郎",
            purpose="self-care",
            purpose_text="口座の名義を確かめるため",
            verifier=verifier,
        )
        state = portal.web.state
        now = state.clock.now()
        client_id = registration.new_client_id(urandom)
        app = registration.check(wanted, client_id, SCOPES, catalogue().purposes, now)
        state.database.run(apps.register, app, now, urandom)
        return cls(portal, client_id, key, dpop_key)

    @property
    def proof(self) -> dict[str, str]:
        """What a request bears to prove whose it is, once."""
        now = int(self.portal.web.state.clock.now().timestamp())
        claims = {
            **dict.fromkeys(("iss", "sub"), self.client_id),
            "aud": ORIGIN,
            "iat": now,
            "exp": now + 60,
            "jti": urandom(12).hex(),
        }
        assertion = jwt.encode(claims, self.key, "ES256")
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}

    def ask(self, what: str, der: bytes | None = None, /, **more: str) -> httpx.Response:
        """Ask by a JSON body; `more` is what else stands in it."""
        shown = {} if der is None else {"certificate": b64encode(der).decode()}
        body = {**self.proof, **shown, **more}
        return self.send(what, body)

    def send(self, what: str, body: object) -> httpx.Response:
        """Send a body as JSON to one of the verifiers' endpoints."""
        return self.portal.browser().send("POST", f"/verifiers/{what}", json=body)

    def told(self, what: str, der: bytes, **more: str) -> dict[str, object]:
        """What it is told, where nothing refuses."""
        answer = self.ask(what, der, **more)
        assert answer.is_success, answer.text
        said: dict[str, object] = answer.json()
        return said

    def refused(self, what: str, der: bytes | None = None, /, **more: str) -> tuple[int, str]:
        """How it is refused."""
        answer = self.ask(what, der, **more)
        assert answer.is_error, answer.text
        return answer.status_code, answer.json()["error"]

    def consented(self, browser: Browser | None = None) -> dict[str, str]:
        """What the app gets for a consent to basic information: tokens bound to its key."""
        browser = browser or self.portal.browser()
        detail = {"type": "phr_access", "categories": ["basic"]}
        asked = self.portal.ask(
            browser,
            self.client_id,
            scope=" ".join(SCOPES),
            authorization_details=json.dumps([detail]),
        )
        path = asked.headers["location"]
        browser.log_in(interaction=path.removeprefix("/interactions/"))
        [code] = sent_back(decide(browser, path, "allow", "basic"))["code"]
        form: Form = {"grant_type": "authorization_code", "code": code, **self.proof}
        form |= {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        proof = self.dpop("POST", f"{ORIGIN}/token")
        answered = self.portal.browser().post("/token", form, accept="*/*", dpop=proof)
        assert answered.status_code == 200, answered.text
        said: dict[str, str] = answered.json()
        return said

    def attributes(self, token: str, proof: str = "") -> httpx.Response:
        """Ask for the signed document by a token."""
        url = f"{ORIGIN}/verifiers/attributes"
        headers = {
            "authorization": f"DPoP {token}",
            "dpop": proof or self.dpop("GET", url, token),
        }
        return self.portal.browser().send("GET", "/verifiers/attributes", headers)

    def dpop(self, method: str, url: str, token: str = "") -> str:
        """A proof that it has the key its tokens are bound to (RFC 9449)."""
        claims = {
            "htm": method,
            "htu": url,
            "iat": int(self.portal.web.state.clock.now().timestamp()),
            "jti": urandom(12).hex(),
        }
        if token:
            claims["ath"] = b64url(sha256(token.encode()).digest())
        header = {"typ": "dpop+jwt", "jwk": public_jwk(self.dpop_key)}
        return jwt.encode(claims, self.dpop_key, "ES256", header)
