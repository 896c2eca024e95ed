"""A card under an added anchor logs in as the guest, and nothing of it is kept."""

import asyncio
import hmac
import logging
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from os import urandom
from pathlib import Path
from secrets import token_bytes
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.spec import Kind
from card_reader.statement import session_hash
from consent.ledger import store as ledger
from consent.ledger.entry import Logged, read_body, read_leaf
from consent.ledger.verify import verify
from mynaportal_sim import keys, world
from mynaportal_sim.app import create_app
from mynaportal_sim.clock import Clock
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login import sessions, unchecked
from mynaportal_sim.login.assurance import CARD, UNCHECKED
from mynaportal_sim.login.challenge import PURPOSE_LOGIN, Channel, Wanted
from mynaportal_sim.login.checks import Bearer, Dismissed, Presented, Task, judge
from mynaportal_sim.login.ocsp_client import OcspClient
from mynaportal_sim.login.refusal import Code
from mynaportal_sim.login.trust import Trust
from mynaportal_sim.pki import added, authority
from mynaportal_sim.pki.authority import Authority
from mynaportal_sim.residents import store as residents
from mynaportal_sim.settings import Mode, Settings
from tests.mynaportal_sim.pki.unmarked import unmarked
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.elsewhere import AUTH, Visitor
from tests.mynaportal_sim.web.kit import (
    HANAKO,
    KENICHI,
    ORIGIN,
    PORT,
    Portal,
    decide,
)

UNTRUSTED, CONSENT = Code.CERT_UNTRUSTED, "consent:" + "0" * 64
PAGES = ("/", "/consents", "/history", "/exchanges", "/my-card", "/proxies", "/login")
BANNER = "revocation: not_checked"
DAY, YEAR = timedelta(days=1), timedelta(days=365)


@pytest.fixture(scope="module")
def elsewhere() -> Authority:
    return authority.create(AUTH, Clock().now() - 5 * YEAR, urandom)


@pytest.fixture
def portal(prepared: Path, tmp_path: Path, elsewhere: Authority) -> Iterator[Portal]:
    """A portal with an added anchor; check-ups take a login by a card."""
    data = tmp_path / "data"
    shutil.copytree(prepared, data)
    web = create_app(Settings(data=data, port=PORT, step_up=("checkup=card",)))
    trust(data, unmarked(elsewhere.certificate, elsewhere))
    world.welcome_guest(web.state.database, web.state.clock.now())
    with asyncio.Runner() as runner:
        yield Portal(web, runner)
    web.state.database.close()


def trust(data: Path, ca: bytes) -> None:
    added.add(data / added.FOLDER, x509.load_der_x509_certificate(ca))


@pytest.fixture
def visitor(portal: Portal, elsewhere: Authority) -> Visitor:
    return Visitor(portal, elsewhere)


def logged(portal: Portal) -> list[Logged]:
    """The ledger, oldest first."""
    found: list[Logged] = portal.web.state.database.run(ledger.newest, 50)
    return found[::-1]


def told(entry: Logged) -> dict[str, object]:
    return {name: shown.value for name, shown in read_body(entry.body or b"").items()}


def erase(portal: Portal) -> int:
    """What the portal does each second."""
    state = portal.web.state
    done: int = state.database.run(unchecked.erase_ended, state.clock.now(), token_bytes)
    return done


def kept(portal: Portal) -> bytes:
    """Every byte of the data directory but the cards that lie there in place of people's."""
    data: Path = portal.web.state.settings.data
    files = (path for path in data.rglob("*") if path.is_file() and "cards" not in path.parts)
    return b"\0".join(path.read_bytes() for path in files)


def test_it_is_the_guest_and_every_page_says_what_was_not_checked(
    portal: Portal, visitor: Visitor
) -> None:
    assert visitor.present() == "in"
    for path in PAGES:
        page = visitor.browser.get(path)
        assert (path, page.status_code, BANNER in page.text) == (path, 200, True)
    assert BANNER not in portal.browser().get("/").text
    visitor.log_out()
    assert BANNER not in visitor.browser.get("/").text


def test_the_guest_is_nobodys_resident_and_has_no_number(portal: Portal) -> None:
    database = portal.web.state.database
    guest = database.run(residents.guest)
    assert guest.my_number == ""
    assert database.run(residents.by_persona, guest.persona) is None
    assert guest not in database.run(residents.everyone)
    world.welcome_guest(database, portal.web.state.clock.now())
    assert database.run(residents.guest) == guest


def test_the_entry_names_the_card_by_an_hmac_whose_key_ends_with_the_session(
    portal: Portal, visitor: Visitor
) -> None:
    assert visitor.present() == "in"
    [entry] = filter(_is_login, logged(portal))
    said = told(entry)
    [row] = rows(portal)
    remembered = hmac.digest(row.card_salt, visitor.certificate, "sha256")
    assert (said["channel"], said["revocation"]) == ("agent", "not_checked")
    assert said["certificate"] == remembered.hex() == row.card_remembered.hex()
    visitor.log_out()
    assert row.card_salt not in [one.card_salt for one in rows(portal)]


def rows(portal: Portal) -> list[Any]:
    """The sessions of people."""
    query = sessions.sessions.select().where(sessions.sessions.c.resident_id.is_not(None))
    found: list[Any] = portal.web.state.database.run(lambda one: one.execute(query).all())
    return found


def test_nothing_of_the_card_is_stored_or_logged(
    portal: Portal, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert unmarked(visitor.elsewhere.certificate, visitor.elsewhere) in kept(portal)
    for step in (visitor.present, lambda: visitor.browser.get("/history"), visitor.log_out):
        step()
        portal.index()
        erase(portal)
        for form in visitor.forms:
            assert form not in kept(portal), form
            assert form not in caplog.text.encode(), form
    refused = replace(visitor.token(), signature=bytes(256))
    assert visitor.present(refused) == "signature_invalid"
    assert not visitor.forms & {form for form in visitor.forms if form in kept(portal)}
    assert "certificate" not in told(logged(portal)[-1])


Ends = Callable[[Visitor], object]


def _other_logs_in(visitor: Visitor) -> None:
    visitor.browser.log_in(HANAKO)


def _idles(visitor: Visitor) -> None:
    state = visitor.portal.web.state
    state.clock.forward(sessions.IDLE)
    state.database.run(sessions.forget_ended, state.clock.now())


def _anchor_goes(visitor: Visitor) -> None:
    state = visitor.portal.web.state
    state.database.run(sessions.end_unchecked, state.clock.now())


@pytest.mark.parametrize(
    "ends",
    [
        pytest.param(Visitor.log_out, id="logout"),
        pytest.param(_other_logs_in, id="somebody else logs in"),
        pytest.param(_idles, id="idle for too long"),
        pytest.param(_anchor_goes, id="the anchor is removed"),
        pytest.param(Visitor.present, id="the same card again"),
    ],
)
def test_what_the_entry_says_goes_with_the_session_and_the_log_stays_whole(
    portal: Portal, visitor: Visitor, ends: Ends
) -> None:
    visitor.present()
    entry_id = logged(portal)[-1].id
    portal.index()
    assert erase(portal) == 0
    ends(visitor)
    assert erase(portal) == 1
    assert erase(portal) == 0
    [entry] = [one for one in logged(portal) if one.id == entry_id]
    assert (entry.body, read_leaf(entry.leaf).type) == (None, "login.accepted")
    portal.index()
    assert whole(portal)


def test_what_has_no_index_yet_is_erased_once_it_has(portal: Portal, visitor: Visitor) -> None:
    visitor.present()
    visitor.log_out()
    assert erase(portal) == 0
    portal.index()
    assert erase(portal) == 1


def test_a_portal_that_runs_erases_it_by_itself(portal: Portal, visitor: Visitor) -> None:
    visitor.present()
    visitor.log_out()
    web = portal.web

    async def lived() -> list[Logged]:
        async with asyncio.timeout(20), web.router.lifespan_context(web):
            while await web.state.database.read(unchecked.any_ended):
                await asyncio.sleep(0.05)
            found: list[Logged] = await web.state.database.read(ledger.newest, 50)
            return found

    [entry] = filter(_is_login, portal.runner.run(lived()))
    assert entry.body is None


def _is_login(entry: Logged) -> bool:
    return read_leaf(entry.leaf).type == "login.accepted"


def whole(portal: Portal) -> bool:
    """Whether the ledger is in order, and says of each body that is gone that it was erased."""
    state = portal.web.state
    verifier = keys.ledger_signer(state.settings.keys).verifier

    def judged(connection: Any) -> bool:
        tree = (ledger.all_tiles(connection), ledger.all_checkpoints(connection))
        return verify(ledger.in_order(connection), *tree, verifier).whole

    found: bool = state.database.run(judged)
    return found


def test_the_same_card_goes_on_with_its_session_and_another_does_not(
    portal: Portal, visitor: Visitor, elsewhere: Authority
) -> None:
    visitor.present()
    [first] = rows(portal)
    visitor.present()
    [again] = rows(portal)
    assert again.began_as == first.began_as
    assert again.card_salt != first.card_salt
    other = Visitor(portal, elsewhere, KENICHI)
    other.browser = visitor.browser
    assert other.present() == "in"
    [last] = rows(portal)
    assert (last.resident_id, last.began_as != again.began_as) == (again.resident_id, True)


Change = Callable[[Visitor], object]


def _certify(**how: Any) -> Change:
    def change(visitor: Visitor) -> None:
        visitor.certificate = visitor.certified(**how)

    return change


def _simulated(visitor: Visitor) -> None:
    visitor.certificate = visitor.issued().public_bytes(Encoding.DER)


def _anothers(visitor: Visitor) -> None:
    other = authority.create(AUTH, visitor.portal.web.state.clock.now(), urandom)
    visitor.certificate = unmarked(visitor.issued(), other)


def _forget(visitor: Visitor) -> None:
    folder = visitor.portal.web.state.settings.data / added.FOLDER
    for path in folder.iterdir():
        assert added.remove(folder, path.stem)


def _no_guest(visitor: Visitor) -> None:
    table = residents.residents
    gone = table.delete().where(table.c.persona == residents.GUEST)
    visitor.portal.web.state.database.run(lambda one: one.execute(gone))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(lambda _: None, "in", id="as it is"),
        pytest.param(_certify(age=-DAY), "cert_not_yet_valid", id="not begun"),
        pytest.param(_certify(age=7 * YEAR), "cert_expired", id="ended"),
        pytest.param(_certify(kind=Kind.SIGNING), "cert_wrong_purpose", id="for signatures"),
        pytest.param(_simulated, "cert_wrong_purpose", id="the simulation's policy"),
        pytest.param(_anothers, "cert_untrusted", id="another authority of that name"),
        pytest.param(_forget, "cert_untrusted", id="the anchor was removed"),
        pytest.param(_no_guest, "account_not_linked", id="no guest"),
    ],
)
def test_it_passes_the_same_checks_as_any_card(
    portal: Portal, visitor: Visitor, change: Change, code: str
) -> None:
    change(visitor)
    assert visitor.present() == code
    assert (len(rows(portal)) == 1) is (code == "in")
    said = told(logged(portal)[-1])
    assert ("certificate" in said) is (code == "in")


@pytest.mark.parametrize(
    ("channel", "purpose", "mode", "code"),
    [
        pytest.param(
            Channel.AGENT, PURPOSE_LOGIN, Mode.DEV, None, id="a login at a reader here"
        ),
        pytest.param(Channel.QR, PURPOSE_LOGIN, Mode.DEV, UNTRUSTED, id="by a second device"),
        pytest.param(Channel.SOFT, PURPOSE_LOGIN, Mode.DEV, UNTRUSTED, id="as a soft card"),
        pytest.param(Channel.AGENT, CONSENT, Mode.DEV, UNTRUSTED, id="a signed consent"),
        pytest.param(Channel.AGENT, PURPOSE_LOGIN, Mode.STRICT, UNTRUSTED, id="in strict mode"),
    ],
)
def test_an_added_anchor_is_one_for_a_login_at_a_reader_of_a_dev_portal_alone(
    visitor: Visitor, channel: Channel, purpose: str, mode: Mode, code: Code | None
) -> None:
    state = visitor.portal.web.state
    database, now = state.database, state.clock.now()
    issuer = {Mode.DEV: ORIGIN, Mode.STRICT: "https://portal.example"}[mode]
    settings = Settings(data=state.settings.data, mode=mode, issuer=issuer)
    trust = Trust.of(settings, state.authority, state.pseudonyms)
    session = database.run(sessions.begin, now, urandom)
    wanted = Wanted(trust.origin, session_hash(session.id), channel, purpose=purpose)
    token = visitor.signed(database.run(challenges.issue, wanted, now, urandom).as_json())
    presented = Presented(token, Bearer.of(session.id), channel, Task(purpose))
    found = database.run(judge, presented, trust, now)
    assert (found.refusal.code if isinstance(found, Dismissed) else None) == code


def test_nobody_is_asked_about_it(portal: Portal, visitor: Visitor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as responder:
        port = responder.getsockname()[1]
        portal.web.state.ocsp = OcspClient(f"http://127.0.0.1:{port}/ocsp")
        assert visitor.present() == "in"
        responder.setblocking(False)
        with pytest.raises(BlockingIOError):
            responder.accept()


def test_an_app_is_told_so_and_data_that_take_a_card_are_refused(
    portal: Portal, visitor: Visitor
) -> None:
    client = Client.registered(portal)
    assert visitor.present() == "in"
    path = portal.ask(visitor.browser, client.client_id).headers["location"]
    assert BANNER in visitor.browser.get(path).text
    got = client.tokens(decide(visitor.browser, path, "allow", "checkup", "medication"))
    identity = jwt.decode(got["id_token"], options={"verify_signature": False})
    assert (identity["acr"], identity["amr"]) == (UNCHECKED, ["sc", "pin"])
    token = {"authorization": f"Bearer {got['access_token']}"}
    kind = {"accept": "application/fhir+json"}
    refused = portal.browser().get("/fhir/Observation?_count=1", **token, **kind)
    assert refused.status_code == 401
    assert f'acr_values="{CARD}"' in refused.headers["www-authenticate"]
    given = portal.browser().get("/fhir/MedicationDispense?_count=1", **token, **kind)
    assert given.status_code == 200
