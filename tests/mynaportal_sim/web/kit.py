"""The whole portal in this process, an app that asks, and browsers that read its pages."""

import asyncio
import json
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from sqlalchemy import Connection

from consent.ledger.entry import Entry, Value
from consent.ledger.sequencer import sequence
from consent.ledger.store import append
from mynaportal_sim import keys
from mynaportal_sim.apps import registration
from mynaportal_sim.apps import service as apps
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.residents import store as residents
from mynaportal_sim.sample_app.relying_party import public_jwk

PORT = 8400
ORIGIN = f"http://localhost:{PORT}"
COOKIE = f"mynasim-session-{PORT}"
HANAKO, KENICHI = "sato-hanako", "suzuki-kenichi"
PIN = "1234"
JSON = {"accept": "application/json"}
VERIFIER = "v" * 43
CALLBACK = "https://app.example/callback"
SCOPES = ("openid", "patient/Observation.rs", "patient/MedicationDispense.rs")
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
Form = dict[str, str | list[str]]


@dataclass
class Browser:
    """Keeps cookies, wants HTML in Japanese, and follows no redirect."""

    web: FastAPI
    runner: asyncio.Runner = field(repr=False)
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies, repr=False)
    language: str = "ja"
    origin: str = ORIGIN

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        return self._send("GET", path, headers, None)

    def post(self, path: str, form: Form, **headers: str) -> httpx.Response:
        """Send a form as a page of the portal would."""
        return self._send("POST", path, {"sec-fetch-site": "same-origin", **headers}, form)

    def csrf(self, path: str = "/login") -> str:
        """The token in the forms of a page."""
        found = _CSRF.search(self.get(path).text)
        assert found, path
        return found[1]

    def log_in(
        self, persona: str = HANAKO, pin: str = PIN, interaction: str = "", **more: str
    ) -> httpx.Response:
        """Answer the login form."""
        goal = {"interaction": interaction} if interaction else {}
        if "csrf" not in more:
            more["csrf"] = self.csrf()
        form: Form = {"persona": persona, "pin": pin, **goal, **more}
        return self.post("/login/soft", form)

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **given: object
    ) -> httpx.Response:
        """Send what a program would; `given` is what httpx takes."""
        return self._send(method, path, headers or {}, None, **given)

    def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        form: Form | None,
        **given: object,
    ) -> httpx.Response:
        return self.runner.run(self.sent(method, path, headers, form, **given))

    async def sent(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        form: Form | None,
        **given: object,
    ) -> httpx.Response:
        """The same for what runs beside something else."""
        usual = {"accept": "text/html", "accept-language": self.language}
        wanted = {
            **usual,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        transport = httpx.ASGITransport(self.web)
        async with httpx.AsyncClient(
            transport=transport, base_url=self.origin, cookies=self.cookies
        ) as client:
            answer = await client.request(
                method,
                path,
                headers=wanted,
                data=form,
                **given,  # type: ignore[arg-type]  # tests name what httpx takes
            )
            self.cookies = client.cookies
            return answer


@dataclass
class Portal:
    """A portal with two people, and an app that asks them, for what is in `asking` too."""

    web: FastAPI
    runner: asyncio.Runner = field(repr=False)
    asking: dict[str, object] = field(default_factory=dict)

    def browser(self, language: str = "ja") -> Browser:
        """A browser that nobody has used before."""
        return Browser(self.web, self.runner, language=language)

    def card(self, persona: str) -> Path:
        """The file of a person's emulated card."""
        path: Path = self.web.state.settings.cards / f"{persona}.json"
        return path

    def register(
        self,
        name: str = "すこやか手帳",
        purpose_text: str = "推移を見るため",
        purpose: str = "self-care",
    ) -> str:
        """The client_id of a new app."""
        key = ec.generate_private_key(ec.SECP256R1())
        wanted = Registration(
            name=name,
            organisation="すこやか手帳株式会社",
            redirect_uris=(CALLBACK,),
            jwks=json.dumps({"keys": [public_jwk(key)]}),
            scopes=SCOPES,
            profile="oidc",
            supervisor="個人情報保護責任者 田中一郎",
            purpose=purpose,
            purpose_text=purpose_text,
        )
        now = self.web.state.clock.now()
        client_id = registration.new_client_id(token_bytes)
        known = catalogue().purposes
        app = registration.check(wanted, client_id, SCOPES, known, now)
        self.web.state.database.run(apps.register, app, now, token_bytes)
        return client_id

    def ask(self, browser: Browser, client_id: str, **changed: str) -> httpx.Response:
        """Send a browser to the portal with the app's request for two categories."""
        details = {
            "type": "phr_access",
            "categories": ["checkup", "medication"],
            "period": {"from": "2021-04-01", "to": "2026-12-31"},
            **self.asking,
        }
        challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": CALLBACK,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "scope": " ".join(SCOPES),
            "state": "st",
            "authorization_details": json.dumps([details]),
            **changed,
        }
        return browser.get(f"/authorize?{urlencode(query)}")

    def asked(self, client_id: str | None = None, **of: str) -> tuple[Browser, str]:
        """A person logged in and before the question; their browser and the page's path."""
        browser = self.browser()
        path = self.ask(browser, client_id or self.register()).headers["location"]
        interaction = path.removeprefix("/interactions/")
        answer = browser.log_in(interaction=interaction, **of)
        assert answer.headers["location"] == path, answer.text
        return browser, path

    def given(self, *categories: str, client_id: str | None = None) -> Browser:
        """A person who has consented to these categories, by default to check-ups."""
        browser, path = self.asked(client_id)
        wanted = list(categories) or ["checkup"]
        form: Form = {"csrf": browser.csrf(path), "decision": "allow", "category": wanted}
        assert browser.post(path, form).status_code == 303
        return browser

    def enter(self, type_: str, times: int = 1, persona: str = HANAKO, **fields: Value) -> None:
        """Put entries of a person's into the outbox of the ledger."""
        database, now = self.web.state.database, self.web.state.clock.now()
        entry = Entry(type_, fields, self.holder(persona))

        def all_of_them(connection: Connection) -> None:
            for _ in range(times):
                append(connection, entry, now, token_bytes)

        database.run(all_of_them)

    def holder(self, persona: str = HANAKO) -> bytes:
        """The name under which a person's entries are filed."""
        resident = self.web.state.database.run(residents.by_persona, persona)
        assert resident is not None
        holder: bytes = self.web.state.pseudonyms.holder(resident.id)
        return holder

    def index(self) -> None:
        """Give each entry in the outbox its place in the log."""
        state = self.web.state
        signer = keys.ledger_signer(state.settings.keys)
        while state.database.run(sequence, signer, state.clock.now(), 1000):
            pass


def decide(browser: Browser, path: str, decision: str, *categories: str) -> httpx.Response:
    """Answer the question on a page."""
    form: Form = {
        "csrf": browser.csrf(path),
        "decision": decision,
        "category": list(categories),
    }
    return browser.post(path, form)


def sent_back(answer: httpx.Response) -> dict[str, list[str]]:
    """What an answer that sends a browser back to the app says."""
    assert answer.status_code == 303, answer.text
    location = answer.headers["location"]
    assert location.startswith(f"{CALLBACK}?")
    return parse_qs(urlsplit(location).query)


def events_of(browser: Browser) -> list[str]:
    """The types of a person's entries, newest first."""
    return [entry["type"] for entry in browser.get("/history", **JSON).json()["entries"]]


def listed(browser: Browser, name: str, serial: int) -> str:
    """What the published list of that name says of a certificate: "good", or the reason."""
    published = x509.load_der_x509_crl(browser.get(f"/pki/crl/{name}.crl").content)
    line = published.get_revoked_certificate_by_serial_number(serial)
    if line is None:
        return "good"
    return line.extensions.get_extension_for_class(x509.CRLReason).value.reason.name
