"""What events make: dates, links, refusals that say what helps, cards that survive a crash."""

import os
from collections.abc import Iterator, Set
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import read_card
from card_reader.spec import COMMON_AID, JUKI_AID, TEXT_AID, Kind
from card_reader.status import SW
from consent import service
from consent.mandate import Bands, MandateState
from consent.model import Role
from mynaportal_sim.database import Database
from mynaportal_sim.issuing import holdings
from mynaportal_sim.issuing.cards import Counter
from mynaportal_sim.issuing.counter import issue_card
from mynaportal_sim.issuing.effects import take_place
from mynaportal_sim.issuing.errors import OvertakenError
from mynaportal_sim.issuing.life import Status
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.model import Standing
from mynaportal_sim.issuing.refusals import Refusal
from mynaportal_sim.issuing.wishes import Wish
from mynaportal_sim.pki import card_issuer, store
from mynaportal_sim.pki.ocsp.responder import Questions, Responder
from mynaportal_sim.residents import households
from mynaportal_sim.residents import store as residents
from tests.mynaportal_sim.issuing.kit import (
    ADULT,
    NOW,
    OVER,
    PERMITTED,
    WISHES,
    Town,
    prepared,
    town,
)

E = LifeEvent
SELECT_JPKI, SELECT_PIN = "00a4040c0ad392f000260100000001", "00a4020c020018"
PIN_FILES = {TEXT_AID: 0x0011, JUKI_AID: 0x001C, COMMON_AID: 0x001C}
WRONG_PIN = "002000800439393939"
SELECT_PASSWORD = "00a4020c02001b"


@pytest.fixture
def place(database_url: str, counter: Counter, tmp_path: Path) -> Iterator[Town]:
    """A town on each of the two databases."""
    with closing(Database(database_url)) as database:
        yield town(database, tmp_path, counter)


def _ends(standing: Refusal | Standing) -> tuple[date, date, date | None]:
    """The days on which the card and its certificates end."""
    assert isinstance(standing, Standing), str(standing)
    card = standing.card
    assert card is not None
    assert card.authentication is not None
    days = [card.expires, card.authentication.not_after]
    signing = None if card.signing is None else card.signing.not_after.date()
    return days[0].date(), days[1].date(), signing


def test_a_renewed_certificate_is_linked_from_the_old_one_and_keeps_its_last_months(
    place: Town,
) -> None:
    place.let(ADULT, E.ISSUE)
    old = place.standing(ADULT).card
    place.now = datetime(2031, 1, 12, 3, tzinfo=UTC)
    renewed = place.wish(ADULT, WISHES[E.RENEW])
    assert _ends(renewed) == (date(2036, 4, 12), date(2036, 4, 12), date(2036, 4, 12))
    assert isinstance(renewed, Standing)
    new = renewed.card
    assert old is not None
    assert new is not None
    assert new.id == old.id
    for before, after in (
        (old.authentication, new.authentication),
        (old.signing, new.signing),
    ):
        assert before is not None
        assert after is not None
        database = place.office.database
        assert database.run(holdings.successor, before.name) == after.name
        found = database.run(holdings.of_certificate, before.name)
        assert found is not None
        assert found.resident_id == place.resident(ADULT).id


def test_a_card_and_its_certificates_end_with_the_period_of_stay(small: Town) -> None:
    small.let(PERMITTED, E.ISSUE)
    stay, longer = date(2030, 3, 31), date(2033, 3, 31)
    assert _ends(small.standing(PERMITTED)) == (stay, stay, stay)
    small.now = NOW + timedelta(days=365)
    extended = small.wish(PERMITTED, WISHES[E.EXTEND_PERMIT])
    assert _ends(extended) == (longer, date(2032, 7, 14), date(2032, 7, 14))


def test_after_the_period_of_stay_a_card_is_issued_with_a_longer_one(small: Town) -> None:
    small.let(PERMITTED, E.ISSUE)
    small.now = OVER
    small.let(PERMITTED, E.END_PERMIT)
    again = small.wish(PERMITTED, Wish(event=E.ISSUE, until=date(2033, 3, 31)))
    assert _ends(again)[0] == date(2033, 3, 31)


def test_a_new_pin_opens_a_card_that_was_locked(small: Town) -> None:
    small.let(ADULT, E.ISSUE)
    path = small.office.card_of(ADULT)
    session = Session(Card.load(path))
    for apdu in (SELECT_JPKI, SELECT_PIN, *[WRONG_PIN] * 3):
        session.exchange(bytes.fromhex(apdu))
    assert Jpki(session).tries(Kind.USER_AUTHENTICATION) == 0
    small.let(ADULT, E.UNBLOCK)
    opened = Jpki(Session(Card.load(path)))
    assert [opened.tries(kind) for kind in Kind] == [3, 5]
    opened.verify(Kind.USER_AUTHENTICATION, "4321")
    opened.verify(Kind.SIGNING, "NEW123")


def test_small_letters_of_a_password_are_taken_for_capitals_as_terminals_do(
    small: Town,
) -> None:
    small.let(ADULT, E.ISSUE)
    small.wish(ADULT, Wish(event=E.UNBLOCK, password="new123"))
    opened = Jpki(Session(Card.load(small.office.card_of(ADULT))))
    opened.verify(Kind.SIGNING, "NEW123")


@pytest.mark.parametrize(
    ("wish", "opened"),
    [
        pytest.param(Wish(event=E.UNBLOCK, text_pin="4321"), {TEXT_AID}, id="text"),
        pytest.param(
            Wish(event=E.UNBLOCK, register_pin="4321"), {JUKI_AID, COMMON_AID}, id="register"
        ),
        pytest.param(
            Wish(event=E.UNBLOCK, text_pin="4321", register_pin="4321"),
            PIN_FILES.keys(),
            id="all",
        ),
    ],
)
def test_the_pins_beside_jpki_are_set_anew_too(
    small: Town, wish: Wish, opened: Set[bytes]
) -> None:
    office = small.office
    counter = replace(office.counter, card_issuer=card_issuer.create(NOW, os.urandom))
    small.office = replace(office, counter=counter)
    small.let(ADULT, E.ISSUE)
    path = office.card_of(ADULT)
    for aid in PIN_FILES:
        assert _verified(path, aid, "9999") == [0x63C2, 0x63C1, 0x63C0]
    assert isinstance(small.wish(ADULT, wish), Standing)
    for aid in PIN_FILES:
        expected = SW.OK if aid in opened else SW.REFERENCE_DATA_UNUSABLE
        assert set(_verified(path, aid, "4321")) == {expected}


def _verified(path: Path, aid: bytes, pin: str) -> list[int]:
    """What an application answers to a PIN, three times."""
    session = Session(Card.load(path))
    session.exchange(bytes.fromhex("00a4040c0a") + aid)
    session.exchange(bytes.fromhex("00a4020c02") + PIN_FILES[aid].to_bytes(2, "big"))
    verify = bytes.fromhex("0020008004") + pin.encode()
    return [session.exchange(verify).sw for _ in range(3)]


def test_whoever_was_overtaken_changes_nothing(small: Town) -> None:
    small.let(ADULT, E.ISSUE)
    late = prepared(small, WISHES[E.LOSE])
    small.let(ADULT, E.UNBLOCK)
    before = small.see(ADULT)
    with pytest.raises(OvertakenError):
        small.office.database.run(take_place, late)
    assert small.see(ADULT) == before


def test_a_second_card_ends_with_what_changes_for_the_person(
    small: Town, tmp_path: Path
) -> None:
    small.let(ADULT, E.ISSUE)
    other, office = tmp_path / "other.json", small.office
    issue_card(office.database, office.counter, small.resident(ADULT), other, small.now)
    small.let(ADULT, E.MOVE)
    standing = small.wish(ADULT, WISHES[E.LOSE], other)
    assert isinstance(standing, Standing)
    assert standing.status(small.now) is Status.SUSPENDED
    assert small.standing(ADULT).status(small.now) is Status.ACTIVE
    reasons = sorted(small.see(ADULT).states.values())
    assert reasons == ["affiliationChanged", "affiliationChanged", "certificateHold", "good"]
    assert read_card(other).label == ADULT


def test_no_entry_names_the_person_or_a_number(small: Town) -> None:
    small.let(ADULT, E.ISSUE, E.MOVE, E.LOSE)
    resident, card = small.resident(ADULT), small.standing(ADULT).card
    assert card is not None
    assert card.authentication is not None
    said = small.bodies(ADULT)
    serial = card.authentication.name.serial
    secrets = (card.id, str(serial), f"{serial:08X}", resident.name.family, "千代田")
    assert len(said) == 3
    assert not [secret for secret in secrets for body in said if secret in body]


@pytest.mark.parametrize(
    ("dead", "role", "left"),
    [
        pytest.param("mori-shiori", Role.GUARDIAN, {"ogawa-tetsuya"}, id="a guardian"),
        pytest.param("mori-hikari", Role.GUARDIAN, set(), id="who had guardians"),
        pytest.param("sato-hanako", Role.PROXY, set(), id="who had a proxy"),
        pytest.param("suzuki-kenichi", Role.PROXY, set(), id="a proxy"),
    ],
)
def test_nobody_acts_for_the_dead_nor_the_dead_for_anybody(
    small: Town, dead: str, role: Role, left: set[str]
) -> None:
    office = small.office
    settled = office.database.run(residents.everyone)
    known = (settled, office.pseudonyms, Bands(), small.now, os.urandom)
    office.database.run(households.settle, *known)
    principal = small.resident("mori-hikari" if role is Role.GUARDIAN else ADULT)
    if role is Role.PROXY:
        small.give_a_proxy(principal, small.resident("suzuki-kenichi"))
    small.let(dead, E.DIE)
    names = {one.id: one.persona for one in settled}
    acting = office.database.run(service.acting_for, principal.id)
    assert {
        names[one.agent]
        for one in acting
        if one.agent is not None and one.state is MandateState.ACTIVE
    } == left


@pytest.mark.parametrize(
    ("events", "says"),
    [
        pytest.param((), ("good", "good"), id="nothing"),
        pytest.param((E.MOVE,), ("good", "affiliation_changed"), id="a move"),
        pytest.param((E.LOSE,), ("certificate_hold", "certificate_hold"), id="a loss"),
        pytest.param((E.LOSE, E.FIND), ("good", "good"), id="a find"),
        pytest.param((E.NOT_FOUND,), ("key_compromise", "key_compromise"), id="given up"),
        pytest.param(
            (E.DIE,), ("cessation_of_operation", "cessation_of_operation"), id="a death"
        ),
        pytest.param(
            (E.RETURN,), ("cessation_of_operation", "cessation_of_operation"), id="given back"
        ),
        pytest.param((E.REISSUE,), ("superseded", "superseded"), id="a new card"),
    ],
)
def test_the_responder_says_what_happened(
    small: Town, events: tuple[LifeEvent, ...], says: tuple[str, str]
) -> None:
    small.let(ADULT, E.ISSUE)
    card = small.file(ADULT)
    assert card is not None
    small.let(ADULT, *events)
    pairs = (
        (card.auth_certificate, card.auth_ca),
        (card.signing_certificate or b"", card.signing_ca),
    )
    assert tuple(_answer(small, *pair) for pair in pairs) == says


def _answer(place: Town, der: bytes, ca: bytes) -> str:
    """What the responder says of a certificate: "good", or the reason it is revoked for."""
    leaf, issuer = map(x509.load_der_x509_certificate, (der, ca))
    request = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, SHA256()).build()
    responder = Responder(os.urandom)
    responder.serve(place.office.counter.authorities)
    asked = responder.read(request.public_bytes(Encoding.DER))
    assert isinstance(asked, Questions)
    names = [name for name in asked.names if name is not None]
    found = place.office.database.run(store.standings, names)
    answer = ocsp.load_der_ocsp_response(responder.answer(asked, found, place.now))
    reason = answer.revocation_reason
    return answer.certificate_status.name.lower() if reason is None else reason.name
