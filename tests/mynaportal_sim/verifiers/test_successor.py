"""A verifier that knows an old certificate is told of the one that is in its place now."""

import pytest
from cryptography import x509
from sqlalchemy import Connection

from card_reader.spec import Kind
from mynaportal_sim.issuing import holdings
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.model import Named
from mynaportal_sim.pki.model import key_hash
from tests.mynaportal_sim.verifiers.kit import Town, Verifier
from tests.mynaportal_sim.web.kit import KENICHI

AUTH, SIGNING = Kind


def named(town: Town, kind: Kind, der: bytes) -> Named:
    issuer = town.portal.web.state.authority[kind].certificate
    return Named(key_hash(issuer), x509.load_der_x509_certificate(der).serial_number)


@pytest.mark.parametrize(
    ("kind", "events", "certify", "steps"),
    [
        pytest.param(AUTH, (LifeEvent.REISSUE,), False, 1, id="re-issued"),
        pytest.param(AUTH, (LifeEvent.REISSUE,) * 3, False, 3, id="re-issued thrice"),
        pytest.param(SIGNING, (LifeEvent.CHANGE_NAME,), True, 1, id="change of name"),
        pytest.param(
            SIGNING, (LifeEvent.MOVE, LifeEvent.CERTIFY), False, 1, id="certified later"
        ),
        pytest.param(
            SIGNING, (LifeEvent.NOT_FOUND, LifeEvent.REISSUE), False, 1, id="lost, re-issued"
        ),
    ],
)
def test_the_newest_is_told_by_serial_and_issuer(
    town: Town,
    verifier: Verifier,
    kind: Kind,
    events: tuple[LifeEvent, ...],
    certify: bool,
    steps: int,
) -> None:
    old = town.certificate(kind)
    for event in events:
        town.let(event, certify=certify)
    said = verifier.told("successor", old)
    now = named(town, kind, town.certificate(kind))
    assert said["serial"] == f"{now.serial:08X}"
    assert said["issuer_key_hash"] == now.issuer.hex()
    assert (said["kind"], said["status"], said["steps"]) == (kind, "good", steps)


@pytest.mark.parametrize(
    ("kind", "events", "status"),
    [
        pytest.param(AUTH, (), "good", id="none needed"),
        pytest.param(AUTH, (LifeEvent.MOVE,), "good", id="kept"),
        pytest.param(SIGNING, (LifeEvent.MOVE,), "revoked", id="none asked for"),
        pytest.param(AUTH, (LifeEvent.LOSE,), "suspended", id="card lost"),
    ],
)
def test_that_nothing_took_its_place_is_told_beside_how_it_stands(
    town: Town, verifier: Verifier, kind: Kind, events: tuple[LifeEvent, ...], status: str
) -> None:
    old = town.certificate(kind)
    town.let(*events)
    answer = verifier.ask("successor", old)
    assert (answer.status_code, answer.json()["error"]) == (404, "no_successor")
    assert answer.json()["status"] == status


def test_one_that_took_the_place_of_several_is_nobodys_to_tell(
    town: Town, verifier: Verifier
) -> None:
    old = town.certificate()
    town.let(LifeEvent.REISSUE)
    between = town.certificate()
    town.let(LifeEvent.REISSUE)
    newest = named(town, AUTH, town.certificate())

    def muddle(connection: Connection) -> None:
        holdings.succeed(connection, named(town, AUTH, old), newest)

    town.run(muddle)
    for one in (old, between):
        assert verifier.refused("successor", one) == (409, "several_replaced")
        assert verifier.refused("user-ids", one, user_id="u-1") == (409, "several_replaced")
    assert verifier.refused("user-ids/find", town.certificate()) == (409, "several_replaced")


def test_another_persons_certificate_is_never_told(town: Town, verifier: Verifier) -> None:
    old = town.certificate()
    town.let(LifeEvent.REISSUE)
    town.let(LifeEvent.REISSUE, persona=KENICHI)
    others = named(town, AUTH, town.certificate(persona=KENICHI))
    assert verifier.told("successor", old)["serial"] != f"{others.serial:08X}"
