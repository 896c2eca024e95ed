"""Somebody whose card was made elsewhere, at a portal that was given its authority."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from os import urandom
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509

from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_challenge
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import read_card
from card_reader.spec import Kind
from card_reader.statement import Challenge
from mynaportal_sim.login.token import LoginToken
from mynaportal_sim.pki import added
from mynaportal_sim.pki.authority import Authority
from mynaportal_sim.pki.model import Holder, Order
from tests.mynaportal_sim.pki.unmarked import Reissued, unmarked
from tests.mynaportal_sim.web.kit import (
    HANAKO,
    JSON,
    ORIGIN,
    PIN,
    Browser,
    Portal,
)

AUTH = Kind.USER_AUTHENTICATION


@dataclass
class Visitor:
    """Somebody with a card from elsewhere, and their browser."""

    portal: Portal
    elsewhere: Authority
    persona: str = HANAKO
    browser: Browser = field(init=False)
    certificate: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.browser = self.portal.browser()
        self.certificate = self.certified()

    @property
    def path(self) -> Path:
        """The file of the card that theirs is made of."""
        return self.portal.card(self.persona)

    def issued(self, age: timedelta = timedelta(), kind: Kind = AUTH) -> x509.Certificate:
        """A certificate of the simulation's form, by the authority elsewhere."""
        key = x509.load_der_x509_certificate(read_card(self.path).auth_certificate).public_key()
        now = self.portal.web.state.clock.now() - age
        order = Order(kind, _HOLDER, key, now, ORIGIN)  # type: ignore[arg-type]  # an RSA key
        return self.elsewhere.issue(order, urandom)

    def certified(self, age: timedelta = timedelta(), kind: Kind = AUTH) -> bytes:
        """One as a real authority's."""
        return unmarked(self.issued(age, kind), self.elsewhere)

    def token(self) -> LoginToken:
        """What the card and an agent make of a new challenge of the browser's."""
        return self.signed(self._send("challenges", json={"channel": "agent"}).json())

    def signed(self, told: dict[str, Any]) -> LoginToken:
        """What the card signs."""
        challenge = Challenge(**{name: told[name] for name in Challenge.__slots__})
        card = Reissued(Card.load(self.path), self.certificate, self.elsewhere.der)
        signed = sign_challenge(Jpki(Session(card)), challenge, PIN)
        return LoginToken.of(told["login_id"], told["origin"], signed, "1")

    def present(self, token: LoginToken | None = None) -> str:
        """How the login ends: "in", or why not."""
        content = (token or self.token()).to_json()
        answer = self._send("logins", content=content)
        return "in" if answer.status_code == 200 else str(answer.json()["code"])

    def log_out(self) -> None:
        form: Any = {"csrf": self.browser.csrf("/consents")}
        assert self.browser.post("/logout", form).status_code == 303

    def _send(self, what: str, **given: object) -> httpx.Response:
        token = self.browser.get("/login", **JSON).json()["csrf"]
        headers = {"origin": ORIGIN, "x-csrf-token": token, **JSON}
        return self.browser.send("POST", f"/auth/card/{what}", headers, **given)

    @property
    def forms(self) -> set[bytes]:
        """All by which this certificate could be known again."""
        read = x509.load_der_x509_certificate(self.certificate)
        [name] = read.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        digest, serial = sha256(self.certificate), read.serial_number
        of_issuer = self.portal.web.state.pseudonyms.serial(
            added.anchor_of(unmarked(self.elsewhere.certificate, self.elsewhere)).key_hash,
            serial,
        )
        return {
            self.certificate,
            self.certificate.hex().encode(),
            b64encode(self.certificate),
            digest.digest(),
            digest.hexdigest().encode(),
            str(serial).encode(),
            f"{serial:x}".encode(),
            f"{serial:X}".encode(),
            str(name.value).encode(),
            of_issuer.encode(),
        }


_HOLDER = Holder(
    "13221",
    "Tokyo-to",
    "Kiyose-shi",
    "山田\u3000一郎",
    "0" * 5,
    "1",
    date(1980, 1, 1),
    "東京都",
    "000",
)
