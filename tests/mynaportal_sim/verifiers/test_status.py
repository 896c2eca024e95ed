"""A verifier is told how a certificate stands, and of its holder the few words there are."""

from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from card_reader.spec import CardKind, Kind
from mynaportal_sim.issuing.counter import issue_card
from mynaportal_sim.issuing.life_events import LifeEvent
from tests.mynaportal_sim.verifiers.kit import Town, Verifier
from tests.mynaportal_sim.web.kit import HANAKO, KENICHI, Portal, events_of

AUTH, SIGNING = Kind


@pytest.mark.parametrize(
    ("events", "authentication", "signing"),
    [
        pytest.param((), ("good", None, []), ("good", None, []), id="nothing"),
        pytest.param(
            (LifeEvent.MOVE,),
            ("good", None, ["moved"]),
            ("revoked", "affiliationChanged", ["moved"]),
            id="moved",
        ),
        pytest.param(
            (LifeEvent.CHANGE_NAME, LifeEvent.MOVE),
            ("good", None, ["moved", "name_changed"]),
            ("revoked", "affiliationChanged", ["moved", "name_changed"]),
            id="name changed, and moved",
        ),
        pytest.param(
            (LifeEvent.LOSE,),
            ("suspended", "certificateHold", ["card_lost"]),
            ("suspended", "certificateHold", ["card_lost"]),
            id="card lost",
        ),
        pytest.param(
            (LifeEvent.LOSE, LifeEvent.FIND),
            ("good", None, []),
            ("good", None, []),
            id="lost and found",
        ),
        pytest.param(
            (LifeEvent.LOSE, LifeEvent.NOT_FOUND),
            ("revoked", "keyCompromise", ["card_lost"]),
            ("revoked", "keyCompromise", ["card_lost"]),
            id="given up",
        ),
        pytest.param(
            (LifeEvent.LOSE, LifeEvent.RETURN),
            ("revoked", "cessationOfOperation", []),
            ("revoked", "cessationOfOperation", []),
            id="lost, then given back",
        ),
        pytest.param(
            (LifeEvent.NOT_FOUND, LifeEvent.REISSUE),
            ("revoked", "keyCompromise", ["card_lost"]),
            ("revoked", "keyCompromise", ["card_lost"]),
            id="another card since",
        ),
        pytest.param(
            (LifeEvent.DIE,),
            ("revoked", "cessationOfOperation", ["died"]),
            ("revoked", "cessationOfOperation", ["died"]),
            id="died",
        ),
    ],
)
def test_what_happened_to_a_person_is_told_of_both_certificates(
    town: Town,
    verifier: Verifier,
    events: tuple[LifeEvent, ...],
    authentication: tuple[object, ...],
    signing: tuple[object, ...],
) -> None:
    before = {kind: town.certificate(kind) for kind in Kind}
    town.let(*events)
    for kind, expected in ((AUTH, authentication), (SIGNING, signing)):
        said = verifier.told("status", before[kind])
        assert (said["status"], said["why"], said["holder"]) == expected
        assert said["kind"] == kind


def test_a_new_certificate_knows_nothing_of_what_was_before_it(
    town: Town, verifier: Verifier
) -> None:
    town.let(LifeEvent.MOVE, certify=True)
    said = verifier.told("status", town.certificate(SIGNING))
    assert (said["status"], said["holder"]) == ("good", [])
    assert verifier.told("status", town.certificate(AUTH))["holder"] == ["moved"]


def test_a_phones_certificates_are_told_of_too(town: Town, verifier: Verifier) -> None:
    town.let(LifeEvent.ADD_PHONE)
    phone = {kind: town.certificate(kind, phone=True) for kind in Kind}
    assert [verifier.told("status", one)["status"] for one in phone.values()] == ["good"] * 2
    town.let(LifeEvent.LOSE_PHONE)
    for one in phone.values():
        said = verifier.told("status", one)
        assert (said["status"], said["holder"]) == ("revoked", ["card_lost"])
    assert verifier.told("status", town.certificate())["holder"] == []


@pytest.mark.parametrize("kind", [CardKind.NO_PIN, CardKind.PHONE, CardKind.NEXT])
def test_certificates_of_every_family_are_told_of(
    town: Town, verifier: Verifier, tmp_path: Path, kind: CardKind
) -> None:
    made = (town.office.counter, town.resident(KENICHI), tmp_path / "card.json", town.now)
    card = issue_card(town.database, *made, kind)
    assert verifier.told("status", card.auth_certificate)["status"] == "good"


def test_it_is_told_since_when(town: Town, verifier: Verifier) -> None:
    assert str(verifier.told("status", town.certificate())["since"]) < town.now.isoformat()
    town.let(LifeEvent.LOSE)
    since = datetime.fromisoformat(str(verifier.told("status", town.certificate())["since"]))
    assert since == town.now.replace(microsecond=0)


def test_a_certificate_ends_and_is_expired_since_then(town: Town, verifier: Verifier) -> None:
    later = town.portal.web.state.clock.forward(timedelta(days=6 * 366))
    said = verifier.told("status", town.certificate())
    assert said["status"] == "expired"
    assert str(said["since"]) < later.isoformat()


def test_nothing_of_the_person_is_in_an_answer(town: Town, verifier: Verifier) -> None:
    town.let(LifeEvent.MOVE)
    said = str(verifier.told("status", town.certificate(SIGNING)))
    hanako = town.resident()
    for secret in (hanako.name.family, hanako.address, hanako.my_number, str(hanako.id)):
        assert secret not in said


def test_a_form_asks_as_a_json_object_does(town: Town, verifier: Verifier) -> None:
    form = {**verifier.proof, "certificate": b64encode(town.certificate()).decode()}
    answer = verifier.portal.browser().post("/verifiers/status", {**form}, accept="*/*")
    assert answer.json()["status"] == "good"
    assert answer.headers["cache-control"] == "no-store"


def test_the_person_reads_who_asked_about_their_certificate(
    portal: Portal, town: Town, verifier: Verifier
) -> None:
    verifier.told("status", town.certificate())
    browser = portal.browser()
    browser.log_in(HANAKO)
    assert "certificate.status_told" in events_of(browser)
    page = browser.get("/history").text
    assert "銀行口座" in page
