"""`mynasim demo`: the whole road, told in the terminal while it is walked."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_bytes
from time import monotonic, sleep

import httpx
import jwt
import typer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.spec import Kind
from consent.instants import rfc3339
from consent.ledger import store as ledger
from consent.ledger.evidence import Evidence, Proven, judge
from consent.ledger.note import Verifier
from consent.ledger.verify import Report, verify
from mynaportal_sim import keys
from mynaportal_sim.apps import registration
from mynaportal_sim.apps import service as apps
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.inner_portal import inner_portal
from mynaportal_sim.cli.narrator import Narrator
from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.sample_app.loopback import client
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens, five_years, public_jwk
from mynaportal_sim.settings import Settings

PERSONA, PIN = "sato-hanako", "1234"
REDIRECT_URI = "http://127.0.0.1:9/callback"
SCOPES = ("openid", "patient/Observation.rs", "patient/MedicationDispense.rs")
LEDGER_WITHIN = 5.0  # seconds

app = typer.Typer()


class StepError(CommandError):
    """Something on the road was not as it must be."""


@app.callback(invoke_without_command=True)
def demo() -> None:
    """Walk the road from card to proof on a portal that is thrown away afterwards.

    A real HTTP server, a card's APDUs, an OAuth exchange, a withdrawal and a ledger proof.
    Exit code 0 says that every step held.

    Example: mynasim demo
    """
    tell = Narrator()
    began = monotonic()
    tell.title("Preparing a portal (certificate authorities, a card, five years of records)")
    with inner_portal([PERSONA]) as settings, client() as browser, client() as http:
        road = _Road.begin(settings, tell, SecondBrowser(browser, settings.issuer), http)
        for title, step in STEPS:
            tell.title(title)
            step(road)
        road.database.close()
    tell.done(f"Every step held ({monotonic() - began:.1f} s).")


@dataclass
class _Road:
    """How far the walk has come."""

    settings: Settings
    tell: Narrator
    database: Database
    browser: SecondBrowser
    party: RelyingParty
    interaction: str = ""
    tokens: Tokens = field(default_factory=lambda: Tokens("", None, {}))

    @classmethod
    def begin(
        cls, settings: Settings, tell: Narrator, browser: SecondBrowser, http: httpx.Client
    ) -> "_Road":
        """Register the app and stand at the start."""
        database = Database(settings.database_url)
        key = ec.generate_private_key(ec.SECP256R1())
        client_id = _register(settings, database, key)
        party = RelyingParty(
            http, settings.issuer, client_id, REDIRECT_URI, key, Clock(settings.clock).now
        )
        return cls(settings, tell, database, browser, party)

    def must(self, held: bool, what: str) -> None:
        """Tell that something held.

        Raises:
            StepError: it did not.
        """
        if not held:
            raise StepError(f"the demo failed where it must hold: {what}")
        self.tell.held(what)


def _register(settings: Settings, database: Database, key: ec.EllipticCurvePrivateKey) -> str:
    known = catalogue()
    now = Clock(settings.clock).now()
    wanted = registration.Registration(
        name="すこやか手帳",
        organisation="すこやか手帳株式会社",
        redirect_uris=(REDIRECT_URI,),
        jwks=json.dumps({"keys": [public_jwk(key)]}),
        scopes=SCOPES,
        profile="fapi2",
        supervisor="すこやか手帳株式会社 個人情報保護責任者 田中一郎",
        purpose="self-care",
        purpose_text="健診結果の推移をグラフで表示し、健康づくりに役立てるため",
    )
    client_id = registration.new_client_id(token_bytes)
    checked = registration.check(wanted, client_id, SCOPES, known.purposes, now)
    return database.run(apps.register, checked, now, token_bytes).client_id


def _ask(road: _Road) -> None:
    details = [
        {
            "type": "phr_access",
            "categories": ["checkup", "medication"],
            "period": five_years(road.party.clock()),
            "purpose": "self-care",
            "recipients": ["すこやか手帳株式会社"],
        }
    ]
    url = road.party.authorization_url(details)
    road.tell.line("pushed", "POST /par (private_key_jwt, DPoP, PKCE S256)")
    road.interaction = road.browser.open(url)
    road.tell.line("browser", url)


def _log_in(road: _Road) -> None:
    card = Card.load(road.settings.cards / f"{PERSONA}.json")
    jpki = Jpki(Session(card, road.tell.apdu))
    road.browser.log_in(jpki, PIN, road.interaction)
    shown = Jpki(Session(card))
    certificate = x509.load_der_x509_certificate(shown.certificate(Kind.USER_AUTHENTICATION))
    road.tell.line("issuer", certificate.issuer.rfc4514_string())
    road.tell.line("subject", certificate.subject.rfc4514_string())
    road.tell.line("valid until", rfc3339(certificate.not_valid_after_utc))
    road.must(shown.is_simulation(), "the certificate is marked as a simulation")


def _consent(road: _Road) -> None:
    asked = road.browser.ask(road.interaction)
    for name in ("app", "purpose", "period", "valid_until"):
        said = asked[name]
        parts = said.values() if isinstance(said, dict) else (said,)
        road.tell.line(name.replace("_", " "), " / ".join(map(str, parts)))
    categories = asked["categories"]
    labels = [str(item["label"]) for item in categories] if isinstance(categories, list) else []
    road.tell.line("asked for", ", ".join(labels))
    redirect = road.browser.answer(road.interaction, "checkup")
    road.tell.line("given", "checkup only")
    road.tokens = road.party.redeem(redirect)
    claims = jwt.decode(road.tokens.access_token, options={"verify_signature": False})
    for name in ("iss", "aud", "sub", "authorization_details", "cnf"):
        road.tell.line(f"token {name}", claims[name])
    given = claims["authorization_details"][0]["categories"]
    road.must(given == ["checkup"], "the token carries what was given, not what was asked")


def _fetch(road: _Road) -> None:
    shared = road.party.fetch(
        road.tokens, "/fhir/Observation?_count=3&code=4548-4,3D046000001906202"
    )
    for entry in shared.json().get("entry", []):
        observation = entry["resource"]
        value = observation.get("valueQuantity", {})
        said = f"{observation['code']['text']} {value.get('value')} {value.get('unit')}"
        road.tell.line(str(observation["effectiveDateTime"])[:10], said)
    road.must(shared.is_success and shared.json()["total"] > 0, "check-ups are handed over")
    withheld = road.party.fetch(road.tokens, "/fhir/MedicationDispense")
    road.must(withheld.status_code == 403, "medication is withheld")
    replayed = road.party.http.get(shared.request.url, headers=shared.request.headers)
    road.must(replayed.status_code == 401, "the same DPoP proof is refused a second time")


def _withdraw(road: _Road) -> None:
    page = road.browser.see("/consents")
    [consent] = page["consents"] if isinstance(page["consents"], list) else []
    form = {"csrf": str(page["csrf"]), "version": consent["version_id"]}
    road.browser.post(f"/consents/{consent['arrangement_id']}/withdraw", form)
    refused = road.party.fetch(road.tokens, "/fhir/Observation")
    road.must(
        refused.status_code == 403,
        "the very next access is refused, though the token has not expired",
    )


def _prove(road: _Road) -> None:
    signer = keys.ledger_signer(road.settings.keys)
    _until_indexed(road.database)
    entries = road.browser.see("/history")["entries"]
    for entry in entries:  # type: ignore[attr-defined]  # JSON
        road.tell.line(str(entry["at"])[:19], f"{entry['type']}  {entry['who']}")
    last = next(one for one in entries if one["type"] == "access.refused")  # type: ignore[attr-defined]  # JSON
    index = int(last["position"])
    evidence = road.database.run(ledger.prove, index, ["reason", "app_name"])
    if evidence is None:
        raise StepError("the ledger's last refusal has no proof")
    proven = judge(Evidence.parse(bytes(evidence)), signer.verifier)
    road.must(
        isinstance(proven, Proven) and proven.leaf.type == "access.refused",
        f"a proof shows the last refusal at index {index} of the signed log",
    )
    report = road.database.run(_verify, signer.verifier)
    road.must(report.whole, f"all {report.size} entries fit the signed checkpoint")


def _until_indexed(database: Database) -> int:
    """Wait for the sequencer to give every entry its index; how many there are."""
    deadline = monotonic() + LEDGER_WITHIN
    while (size := database.run(ledger.size)).waiting:
        if monotonic() > deadline:
            raise StepError("the ledger did not index its entries in time")
        sleep(0.02)
    return size.indexed


def _verify(connection: Connection, verifier: Verifier) -> Report:
    return verify(
        ledger.in_order(connection),
        ledger.all_tiles(connection),
        ledger.all_checkpoints(connection),
        verifier,
    )


STEPS: tuple[tuple[str, Callable[[_Road], None]], ...] = (
    ("A private app asks", _ask),
    ("The person logs in: the card signs, the PIN stays with the card", _log_in),
    ("The person decides: check-ups yes, medication no", _consent),
    ("The app fetches, and gets exactly that", _fetch),
    ("The person withdraws", _withdraw),
    ("The ledger proves it", _prove),
)
