"""A person's card signs what they hand over, and the receipts of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from card_reader.client.consent import sign_consent
from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_challenge
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.spec import Kind
from card_reader.statement import Challenge, ConsentStatement
from consent.ledger import cosigned
from consent.ledger.cosignature import Cosigner
from consent.ledger.note import parse
from consent.ledger.store import checkpoint
from mynaportal_sim import keys
from mynaportal_sim.login.token import LoginToken
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.signing.verify import Trusted
from tests.mynaportal_sim.web.kit import HANAKO, PIN, Browser, Form, Portal

JSON = {"accept": "application/json"}
PASSWORD = "ABC123"
SECRETS = {Kind.SIGNING: PASSWORD, Kind.USER_AUTHENTICATION: PIN}
COSIGNER = Cosigner("witness.invalid/test", Ed25519PrivateKey.generate())


def to_sign(browser: Browser, path: str, *categories: str) -> dict[str, Any]:
    """What a program is told on the page on which these categories are signed for."""
    query = urlencode({"category": categories or ("checkup",)}, doseq=True)
    told: dict[str, Any] = browser.get(f"{path}/signature?{query}", **JSON).json()
    return told


def form_of(told: dict[str, Any], kind: Kind, **more: str) -> Form:
    """The form of that page."""
    return {
        "csrf": told["csrf"],
        "category": ["checkup"],
        "statement": told["statement"]["sha256"],
        "kind": kind.value,
        **more,
    }


def token_of(
    portal: Portal, told: dict[str, Any], kind: Kind, persona: str = HANAKO
) -> LoginToken:
    """What a person's card, in a reader of theirs, makes of what it is told."""
    card = Card.load(portal.web.state.settings.cards / f"{persona}.json")
    jpki, challenge = Jpki(Session(card)), Challenge.from_json(told["challenge"])
    if kind is Kind.SIGNING:
        signed = sign_consent(jpki, ConsentStatement(told["statement"]["text"]), PASSWORD)
    else:
        signed = sign_challenge(jpki, challenge, PIN)
    return LoginToken.of(challenge.login_id, challenge.origin, signed, "1")


def sign(portal: Portal, kind: Kind, client_id: str | None = None, **of: str) -> Browser:
    """A person who has signed that an app gets their check-ups."""
    browser, path = portal.asked(client_id, **of)
    filled = form_of(to_sign(browser, path), kind, pin=SECRETS[kind])
    answer = browser.post(f"{path}/signature", filled)
    assert answer.status_code == 303, answer.text
    return browser


def consents(browser: Browser) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.get("/consents", **JSON).json()["consents"]
    return found


def receipt(browser: Browser, signed_with: str) -> dict[str, Any]:
    """The receipt of the person's only consent that was signed in this way."""
    [one] = [each for each in consents(browser) if each["signed_with"] == signed_with]
    address = f"/consents/{one['arrangement_id']}/{one['version_id']}/receipt.json"
    saved: dict[str, Any] = browser.get(address, **JSON).json()
    return saved


@dataclass(frozen=True)
class Log:
    """A portal's log, and a witness of it."""

    portal: Portal

    def witnessed(self) -> None:
        """Index all there is, and have the witness see it a second later."""
        self.portal.index()
        state = self.portal.web.state
        signed = state.database.run(checkpoint)
        now = state.clock.now() + timedelta(seconds=1)
        line = COSIGNER.cosign(parse(signed.note).text, now)
        state.database.run(cosigned.add, COSIGNER.witness, signed.size, line)

    @property
    def trusted(self) -> Trusted:
        """What somebody trusts who verifies receipts of this portal."""
        state = self.portal.web.state
        anchors = [Anchor.of(one.certificate) for one in state.authority.values()]
        log = keys.ledger_signer(state.settings.keys).verifier
        return Trusted(anchors, log, [COSIGNER.witness])
