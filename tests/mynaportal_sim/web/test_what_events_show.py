"""Where each life event shows: logins, responder, lists, the ledger, and a person's page."""

import shutil
from asyncio import Runner
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509 import ocsp

from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_challenge
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import read_card
from card_reader.statement import Challenge
from consent.ledger.entry import read_leaf
from consent.ledger.store import newest
from mynaportal_sim import keys, world
from mynaportal_sim.app import create_app
from mynaportal_sim.clock import Clock
from mynaportal_sim.issuing.counter import PHONES
from mynaportal_sim.issuing.keys import new_keys
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.login.token import LoginToken
from mynaportal_sim.pki.authority import Authority
from mynaportal_sim.pki.ocsp.server import OcspServer
from mynaportal_sim.pki.store import Point
from mynaportal_sim.settings import Settings
from tests.mynaportal_sim.web.acting import YUI
from tests.mynaportal_sim.web.kit import HANAKO, JSON, ORIGIN, PORT, Browser, Portal, listed

AN = "nguyen-van-an"

TABLE = """
event         | before       | as it was | card    | phone   | session | there | reason                 | new | ledger               | page
issue         | returned     | expired   | in      | -       | -       | RR    | cessation_of_operation | GG  | card.issued          | active GG, returned EE
renew         | about to end | revoked   | in      | revoked | stays   | RRRR  | superseded             | GG  | card.renewed         | stopped RR, active GG
change_name   | with a phone | in        | in      | revoked | stays   | GRRR  | affiliation_changed    |     | card.name_changed    | stopped RR, active GR
move          | with a phone | in        | in      | revoked | stays   | GRRR  | affiliation_changed    |     | card.address_changed | stopped RR, active GR
die           | with a phone | revoked   | revoked | revoked | ended   | RRRR  | cessation_of_operation |     | card.holder_died     | counter: returned RR
lose          | with a phone | revoked   | revoked | in      | ended   | HHGG  | certificate_hold       |     | card.lost            | active GG, suspended HH
find          | lost         | in        | in      | in      | stays   | GGGG  |                        |     | card.found           | active GG, active GG
not_found     | with a phone | revoked   | revoked | revoked | ended   | RRRR  | key_compromise         |     | card.given_up        | counter: stopped RR
return        | with a phone | revoked   | revoked | revoked | ended   | RRRR  | cessation_of_operation |     | card.returned        | counter: returned RR
reissue       | with a phone | revoked   | in      | revoked | ended   | RRRR  | superseded             | GG  | card.reissued        | active GG, stopped RR, replaced RR
add_phone     | alone        | in        | in      | in      | stays   | GG    |                        | GG  | card.phone_added     | active GG, active GG
lose_phone    | with a phone | in        | in      | revoked | ended   | GGRR  | key_compromise         |     | card.phone_lost      | stopped RR, active GG
unblock       | with a phone | in        | in      | in      | stays   | GGGG  |                        |     | card.pin_unblocked   | active GG, active GG
come_of_age   | of age       | in        | in      | -       | stays   | G     |                        | G   | card.came_of_age     | active GG, replaced E
certify       | moved        | in        | in      | revoked | stays   | GRRR  | affiliation_changed    | G   | card.certified       | stopped RR, active GG
extend_permit | with a stay  | revoked   | in      | revoked | stays   | RRRR  | superseded             | GG  | card.permit_extended | stopped RR, active GG
end_permit    | stay is over | expired   | expired | expired | -       | RRRR  | cessation_of_operation |     | card.permit_ended    | counter: returned EE
"""  # noqa: E501  a table is read by its columns
"""For each event: how the person stood before, and what shows after it.

`as it was`, `card` and `phone` say what a login is answered: with the card as it was before, as
it is now, with the phone; `session`, what becomes of one that there was. `there` has a letter
for each certificate that there was, of the card and then of the phone, `new` for each that
there was not: G is good, H held, R revoked, for `reason`, as the responder and both lists say.
`page` is what /my-card then shows, the newest first, with E for a certificate that has ended;
where nobody gets in, what the counter's page shows.
"""

HEAD, *LINES = [[cell.strip() for cell in line.split("|")] for line in TABLE.split("\n")[1:-1]]
ROWS = {LifeEvent(line[0]): dict(zip(HEAD[1:], line[1:], strict=True)) for line in LINES}

THE_DAY_OF = datetime.fromisoformat
A_MINUTE = timedelta(minutes=1)


class Before(NamedTuple):
    """Who comes to the counter, and what happened before: events, and instants to wait for."""

    persona: str
    steps: tuple[str | datetime, ...] = ()


A_MONTH_BEFORE_THE_END = "a month before the end"
STAY_IS_OVER = THE_DAY_OF("2030-04-02T12:00+09:00")
BEFORE = {
    "alone": Before(HANAKO),
    "with a phone": Before(HANAKO, ("add_phone",)),
    "lost": Before(HANAKO, ("add_phone", "lose")),
    "moved": Before(HANAKO, ("add_phone", "move")),
    "about to end": Before(HANAKO, ("add_phone", A_MONTH_BEFORE_THE_END)),
    "of age": Before(
        YUI,
        (THE_DAY_OF("2031-12-01T12:00+09:00"), "reissue", THE_DAY_OF("2032-08-03T00:00+09:00")),
    ),
    "with a stay": Before(AN, ("add_phone",)),
    "stay is over": Before(AN, ("add_phone", STAY_IS_OVER)),
    "returned": Before(AN, (STAY_IS_OVER, "end_permit")),
}
FIELDS: dict[str, dict[str, object]] = {
    "issue": {"until": "2033-03-31"},
    "change_name": {"name": {"family": "高橋", "given": "花子"}},
    "move": {"address": "東京都清瀬市松風台４丁目５番６号"},
    "unblock": {"pin": "4321"},
    "extend_permit": {"until": "2033-03-31"},
}


class Certificate(NamedTuple):
    """One that lies on a card or a phone, and who lists those of which municipality."""

    certificate: x509.Certificate
    issuer: Authority
    municipality: str


@dataclass
class Town:
    """A portal, and whom this is about."""

    portal: Portal
    persona: str

    @property
    def state(self) -> Any:  # Any: as the web framework has it
        return self.portal.web.state

    @property
    def card(self) -> Path:
        return self.portal.card(self.persona)

    @property
    def phone(self) -> Path:
        return self.card.parent / PHONES / self.card.name

    def let(self, step: str | datetime) -> None:
        """Let an event happen, a minute after the last, or the time come."""
        if step == A_MONTH_BEFORE_THE_END:
            [authentication, *_] = self.certificates()
            step = authentication.certificate.not_valid_after_utc - timedelta(days=30)
        clock = self.state.clock
        if isinstance(step, datetime):
            clock.forward(step - clock.now())
            return
        clock.forward(A_MINUTE)
        self.counter("POST", f"/{step.replace('_', '-')}", json=FIELDS.get(step, {}))

    def counter(self, method: str, path: str = "", **given: object) -> dict[str, Any]:
        """What the counter answers a program."""
        bearer = f"Bearer {keys.dev_token(self.state.settings.keys)}"
        headers, at = {"authorization": bearer, **JSON}, f"/dev/counter/{self.persona}{path}"
        answer = self.portal.browser().send(method, at, headers, **given)
        assert answer.status_code == 200, (path, answer.text)
        return dict(answer.json())

    def certificates(self) -> list[Certificate]:
        """What lies on the card and then on the phone."""
        found: list[Certificate] = []
        for path in filter(Path.exists, (self.card, self.phone)):
            data = read_card(path)
            for der in filter(None, (data.auth_certificate, data.signing_certificate)):
                one = x509.load_der_x509_certificate(der)
                [issuer] = [each for each in self.state.authority.every if _issued(each, one)]
                found.append(Certificate(one, issuer, Point.of(one).municipality))
        return found

    def log_in(self, path: Path) -> tuple[str, Browser]:
        """What a login by a card's or phone's file is answered: "in", or why not."""
        browser = self.portal.browser()
        if not path.exists():
            return "-", browser
        headers = {"origin": ORIGIN, "x-csrf-token": browser.csrf(), **JSON}
        asked = {"json": {"channel": "agent"}}
        told = browser.send("POST", "/auth/card/challenges", headers, **asked).json()
        challenge = Challenge(**{name: told[name] for name in Challenge.__slots__})
        jpki = Jpki(Session(Card.load(path)))
        signed = sign_challenge(jpki, challenge, read_card(path).pin)
        token = LoginToken.of(told["login_id"], told["origin"], signed, "1").to_json()
        answer = browser.send("POST", "/auth/card/logins", headers, content=token)
        code = "in" if answer.status_code == 200 else answer.json()["code"]
        return str(code).removeprefix("cert_"), browser

    def told_of(self, one: Certificate) -> str:
        """What all who can be asked say of a certificate: "good", or what it is revoked for."""
        request = ocsp.OCSPRequestBuilder().add_certificate(
            one.certificate, one.issuer.certificate, SHA256()
        )
        der = request.build().public_bytes(Encoding.DER)
        server = OcspServer(
            self.state.database, self.state.clock, self.state.settings.authorities
        )
        answer = ocsp.load_der_ocsp_response(self.portal.runner.run(server.answer(der)))
        reason = answer.revocation_reason
        said = {answer.certificate_status.name.lower() if reason is None else reason.name}
        for name in (one.issuer.name, f"{one.issuer.name}/{one.municipality}"):
            said.add(listed(self.portal.browser(), name, one.certificate.serial_number))
        assert len(said) == 1, said
        return said.pop()

    def entries(self) -> list[str]:
        """The types of all entries in the ledger, the oldest first."""
        logged = self.state.database.run(newest, 1000)
        return [read_leaf(each.leaf).type for each in reversed(logged)]


def _issued(authority: Authority, certificate: x509.Certificate) -> bool:
    key_id = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    named = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    return named.value.key_identifier == key_id.value.digest


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with three people, and more keys than they will need, all alike."""
    data = tmp_path_factory.mktemp("beginning")
    ready = data / "ready-keys"
    ready.mkdir()
    [made] = new_keys(1)
    der = made.own.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for number in range(40):
        (ready / f"{number}.der").write_bytes(der)
    world.prepare(Settings(data=data, port=PORT), Clock(), lambda _: None, [HANAKO, YUI, AN])
    return data


@pytest.fixture(scope="module")
def scenes(beginning: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Data directories in which people stand as a name of BEFORE says, each made once."""
    made: dict[str, Path] = {}

    def of(name: str) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp("scene") / "data"
            with opened(beginning, made[name], BEFORE[name].persona) as town:
                for step in BEFORE[name].steps:
                    town.let(step)
        return made[name]

    return of


@contextmanager
def opened(data: Path, copy: Path, persona: str) -> Iterator[Town]:
    """A portal on a copy of a data directory."""
    shutil.copytree(data, copy)
    web = create_app(Settings(data=copy, port=PORT))
    with Runner() as runner:
        yield Town(Portal(web, runner), persona)
    web.state.database.close()


@pytest.mark.parametrize("event", LifeEvent)
def test_each_event_shows_wherever_somebody_looks_as_its_row_says(
    event: LifeEvent, scenes: Callable[[str], Path], tmp_path: Path
) -> None:
    row = ROWS[event]
    scene = row["before"]
    with opened(scenes(scene), tmp_path / "data", BEFORE[scene].persona) as town:
        assert {"before": scene, **what_shows(town, event)} == row


def what_shows(town: Town, event: LifeEvent) -> dict[str, str]:
    """The event happens; what its row says of it."""
    before, as_it_was = town.certificates(), town.card.with_name("as-it-was.json")
    if town.card.exists():
        shutil.copy(town.card, as_it_was)
    ways = [town.log_in(path) for path in (town.card, town.phone)]
    session = next((browser for said, browser in ways if said == "in"), None)
    entered = len(town.entries())
    town.let(event)
    ledger = town.entries()[entered:]
    known = {one.certificate.serial_number for one in before}
    new = [one for one in town.certificates() if one.certificate.serial_number not in known]
    told = [town.told_of(one) for one in before]
    logins = [town.log_in(path) for path in (as_it_was, town.card, town.phone)]
    inside = [browser for said, browser in logins if said == "in"]
    return {
        **dict(zip(("as it was", "card", "phone"), (said for said, _ in logins), strict=True)),
        "session": "-" if session is None else _session(session),
        "there": "".join(map(_letter, told)),
        "reason": ", ".join(sorted(set(told) - {"good"})),
        "new": "".join(_letter(town.told_of(one)) for one in new),
        "ledger": ", ".join(ledger),
        "page": _page(inside[0], event, ledger[-1]) if inside else _at_the_counter(town),
    }


def _session(browser: Browser) -> str:
    return "stays" if browser.get("/my-card").status_code == 200 else "ended"


def _page(browser: Browser, event: LifeEvent, entered: str) -> str:
    told = browser.get("/my-card", **JSON).json()
    assert told["events"][0]["event"] == event.replace("_", "-")
    alerts = browser.get("/alerts", **JSON).json()["alerts"]
    assert (alerts[0]["kind"], alerts[0]["entry"]["type"]) == ("card", entered)
    return ", ".join(_carrier(one["status"], one["certificates"]) for one in told["cards"])


def _at_the_counter(town: Town) -> str:
    card = town.counter("GET")["card"]
    return f"counter: {_carrier(card['status'], card['certificates'].values())}"


def _carrier(status: str, certificates: Iterable[dict[str, str] | None]) -> str:
    states = (one["state"] for one in certificates if one)
    return f"{status} {''.join(state[0].upper() for state in states if state)}"


def _letter(said: str) -> str:
    return {"good": "G", "certificate_hold": "H"}.get(said, "R")
