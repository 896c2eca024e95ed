"""An app knows its user again by their certificate, until either lets go of it."""

import pytest

from card_reader.spec import Kind
from mynaportal_sim.issuing.life_events import LifeEvent
from tests.mynaportal_sim.verifiers.kit import Town, Verifier
from tests.mynaportal_sim.web.kit import KENICHI, Portal

AUTH, SIGNING = Kind


def test_an_id_is_found_by_the_certificate_it_was_tied_to(
    town: Town, verifier: Verifier
) -> None:
    tied = verifier.ask("user-ids", town.certificate(), user_id="会員-0042")
    assert tied.status_code == 201
    assert verifier.told("user-ids/find", town.certificate()) == tied.json()
    assert tied.json()["user_id"] == "会員-0042"


@pytest.mark.parametrize(
    ("kind", "events"),
    [
        pytest.param(AUTH, (LifeEvent.REISSUE,), id="re-issued"),
        pytest.param(AUTH, (LifeEvent.MOVE,), id="moved"),
        pytest.param(AUTH, (LifeEvent.REISSUE,) * 2, id="re-issued twice"),
        pytest.param(SIGNING, (LifeEvent.MOVE, LifeEvent.CERTIFY), id="certified anew"),
        pytest.param(AUTH, (LifeEvent.LOSE, LifeEvent.FIND), id="lost and found"),
        pytest.param(AUTH, (LifeEvent.NOT_FOUND, LifeEvent.REISSUE), id="given up, re-issued"),
        pytest.param(AUTH, (LifeEvent.RETURN, LifeEvent.ISSUE), id="given back, issued anew"),
    ],
)
def test_it_is_kept_over_what_replaces_the_certificate(
    town: Town, verifier: Verifier, kind: Kind, events: tuple[LifeEvent, ...]
) -> None:
    old = town.certificate(kind)
    verifier.told("user-ids", old, user_id="u-1")
    town.let(*events)
    for der in (old, town.certificate(kind)):
        assert verifier.told("user-ids/find", der)["user_id"] == "u-1"
        assert verifier.refused("user-ids", der, user_id="u-2") == (409, "already_tied")


@pytest.mark.parametrize(
    ("kind", "event", "status"),
    [
        pytest.param(AUTH, LifeEvent.LOSE, "suspended", id="card lost"),
        pytest.param(AUTH, LifeEvent.NOT_FOUND, "revoked", id="card given up"),
        pytest.param(AUTH, LifeEvent.RETURN, "revoked", id="card given back"),
        pytest.param(AUTH, LifeEvent.DIE, "revoked", id="holder died"),
        pytest.param(SIGNING, LifeEvent.MOVE, "revoked", id="not certified anew"),
    ],
)
def test_it_rests_while_no_certificate_of_the_chain_is_good(
    town: Town, verifier: Verifier, kind: Kind, event: LifeEvent, status: str
) -> None:
    old = town.certificate(kind)
    verifier.told("user-ids", old, user_id="u-1")
    town.let(event)
    for what in ("user-ids/find", "user-ids"):
        answer = verifier.ask(what, old, user_id="u-2")
        assert (answer.status_code, answer.json()["error"]) == (409, "certificate_not_good")
        assert answer.json()["status"] == status


def test_each_certificate_has_one_id_and_each_id_one_certificate(
    town: Town, verifier: Verifier
) -> None:
    verifier.told("user-ids", town.certificate(), user_id="u-1")
    for der in (town.certificate(SIGNING), town.certificate(persona=KENICHI)):
        assert verifier.refused("user-ids", der, user_id="u-1") == (409, "user_id_taken")
    for user_id in ("u-1", "u-2"):
        twice = verifier.refused("user-ids", town.certificate(), user_id=user_id)
        assert twice == (409, "already_tied")


def test_another_app_neither_finds_nor_hinders_nor_releases_it(
    portal: Portal, town: Town, verifier: Verifier
) -> None:
    other = Verifier.at(portal, "別の銀行")
    verifier.told("user-ids", town.certificate(), user_id="u-1")
    assert other.refused("user-ids/find", town.certificate()) == (404, "no_user_id")
    assert other.refused("user-ids/release", user_id="u-1") == (404, "no_user_id")
    other.told("user-ids", town.certificate(), user_id="u-1")
    assert other.ask("user-ids/release", user_id="u-1").is_success
    assert verifier.told("user-ids/find", town.certificate())["user_id"] == "u-1"


def test_an_app_releases_its_own_however_the_certificate_stands(
    town: Town, verifier: Verifier
) -> None:
    verifier.told("user-ids", town.certificate(), user_id="u-1")
    town.let(LifeEvent.DIE)
    assert verifier.ask("user-ids/release", user_id="u-1").is_success
    assert verifier.refused("user-ids/release", user_id="u-1") == (404, "no_user_id")


@pytest.mark.parametrize(
    "user_id",
    [
        pytest.param("", id="none"),
        pytest.param("u" * 201, id="too long"),
        pytest.param("u\n1", id="two lines"),
        pytest.param("u\u202e1", id="turned about"),
    ],
)
def test_what_is_no_id_is_not_tied(town: Town, verifier: Verifier, user_id: str) -> None:
    refused = verifier.refused("user-ids", town.certificate(), user_id=user_id)
    assert refused == (400, "invalid_request")
