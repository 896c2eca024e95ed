import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from stat import S_IMODE
from uuid import uuid4

import pytest

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import read_card, write_card
from card_reader.errors import PinBlockedError
from card_reader.spec import Kind
from mynaportal_sim.database import Database
from mynaportal_sim.issuing.cards import Counter, new_keys
from mynaportal_sim.issuing.counter import issue_card, personalise_all
from mynaportal_sim.issuing.register import register
from mynaportal_sim.pki import authority, crl, service, store
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.errors import SerialTakenError
from mynaportal_sim.pki.refusal import Code, Refusal
from mynaportal_sim.pki.validation import ValidCertificate, validate
from mynaportal_sim.residents import personas
from mynaportal_sim.residents.model import Resident

NOW = datetime(2026, 11, 23, 3, 4, 5, tzinfo=UTC)
PORTAL = "http://localhost:8400"
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
AUTH, SIGN = Kind


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="module")
def counter() -> Counter:
    authorities = Authorities(authority.create(kind, NOW, os.urandom) for kind in Kind)
    return Counter(authorities, PORTAL, os.urandom)


@pytest.fixture
def residents(database: Database) -> list[Resident]:
    return database.run(personas.settle, personas.load(None, NOW.date()), os.urandom)


def _one(residents: list[Resident], persona: str) -> Resident:
    [found] = [resident for resident in residents if resident.persona == persona]
    return found


def _verdict(
    database: Database, counter: Counter, der: bytes | None, kind: Kind
) -> ValidCertificate | Code | None:
    """How a portal with this database judges a certificate; None for no certificate."""
    if der is None:
        return None
    anchors = [Anchor.of(each.certificate) for each in counter.authorities.values()]
    valid = validate(der, anchors, NOW, kind)
    if isinstance(valid, Refusal):
        return valid.code
    lists = database.run(service.keep_fresh, counter.authorities[kind], NOW)
    refusal = crl.revocation(valid, lists, NOW)
    return valid if refusal is None else refusal.code


def test_each_persona_has_a_card_in_the_state_it_says(
    database: Database, counter: Counter, residents: list[Resident], tmp_path: Path
) -> None:
    personalise_all(database, counter, residents, tmp_path, NOW)
    wrong = {}
    for resident in residents:
        data = read_card(tmp_path / f"{resident.persona}.json")
        verdicts = (
            _verdict(database, counter, data.auth_certificate, AUTH),
            _verdict(database, counter, data.signing_certificate, SIGN),
        )
        if not all(isinstance(verdict, ValidCertificate) for verdict in verdicts):
            wrong[resident.persona] = verdicts
    children = [wrong.pop(child)[1] for child in ("tanaka-yui", "mori-hikari")]
    assert children == [None, None]  # under 15, there is no signing certificate
    good = wrong.pop("ito-misaki")[0]
    assert isinstance(good, ValidCertificate)
    assert wrong == {
        "yamamoto-daisuke": (Code.CERT_EXPIRED, Code.CERT_EXPIRED),
        "nakamura-naoki": (Code.CERT_REVOKED, Code.CERT_REVOKED),
    }


def test_a_child_has_no_signing_certificate_until_15(
    counter: Counter, residents: list[Resident]
) -> None:
    child, [keys] = _one(residents, "tanaka-yui"), new_keys(1)
    now = counter.make(child, keys, NOW)
    assert (now.signing_key, now.signing_certificate, now.password) == (None, None, None)
    birthday = datetime(child.born.year + 15, child.born.month, child.born.day, tzinfo=UTC)
    assert counter.make(child, keys, birthday).signing_certificate is not None
    assert counter.make(child, keys, birthday - timedelta(days=1)).signing_certificate is None


def test_someone_who_moved_keeps_only_the_authentication_certificate(
    database: Database, counter: Counter, residents: list[Resident], tmp_path: Path
) -> None:
    moved = _one(residents, "ito-misaki")
    data = issue_card(database, counter, moved, tmp_path / "card.json", NOW)
    assert isinstance(
        _verdict(database, counter, data.auth_certificate, AUTH), ValidCertificate
    )
    assert _verdict(database, counter, data.signing_certificate, SIGN) is Code.CERT_REVOKED


def test_the_card_signs_for_the_registered_resident(
    database: Database, counter: Counter, residents: list[Resident], tmp_path: Path
) -> None:
    hanako = _one(residents, "sato-hanako")
    issue_card(database, counter, hanako, tmp_path / "card.json", NOW)
    jpki = Jpki(Session(Card.load(tmp_path / "card.json")))
    valid = _verdict(database, counter, jpki.certificate(AUTH), AUTH)
    assert isinstance(valid, ValidCertificate)
    jpki.verify(AUTH, "1234")
    signature = jpki.sign(AUTH, DIGEST_INFO + sha256(b"statement").digest())
    assert valid.has_signed(signature, b"statement")
    issued = database.run(store.find, valid.issuer.key_hash, valid.serial)
    assert issued is not None
    assert issued.resident_id == hanako.id


def test_a_locked_pin_is_locked_and_the_password_is_not(
    database: Database, counter: Counter, residents: list[Resident], tmp_path: Path
) -> None:
    locked = _one(residents, "kobayashi-sakura")
    issue_card(database, counter, locked, tmp_path / "card.json", NOW)
    jpki = Jpki(Session(Card.load(tmp_path / "card.json")))
    assert (jpki.tries(AUTH), jpki.tries(SIGN)) == (0, 5)
    with pytest.raises(PinBlockedError):
        jpki.verify(AUTH, "1234")


def test_a_stand_in_is_certified_and_marked(
    database: Database, counter: Counter, residents: list[Resident], tmp_path: Path
) -> None:
    yoshida = _one(residents, "yoshida-sho")
    data = issue_card(database, counter, yoshida, tmp_path / "card.json", NOW)
    assert data.signing_certificate is not None
    assert "吉田\u3000翔".encode() in data.signing_certificate
    assert b"\x0c\x041000" in data.signing_certificate
    assert "𠮷".encode() not in data.signing_certificate


def test_no_card_holds_a_my_number(
    database: Database, counter: Counter, residents: list[Resident], tmp_path: Path
) -> None:
    personalise_all(database, counter, residents, tmp_path, NOW)
    for resident in residents:
        data = read_card(tmp_path / f"{resident.persona}.json")
        number = resident.my_number.encode()
        assert number not in (tmp_path / f"{resident.persona}.json").read_bytes()
        assert number not in data.auth_certificate + (data.signing_certificate or b"")


def test_cards_are_made_once_and_only_for_their_owner(
    database: Database, counter: Counter, residents: list[Resident], tmp_path: Path
) -> None:
    first, later = residents[:3], residents[:4]
    directory = tmp_path / "cards"
    personalise_all(database, counter, first, directory, NOW)
    before = {path.name: path.read_bytes() for path in directory.glob("*.json")}
    personalise_all(database, counter, later, directory, NOW + timedelta(days=30))
    after = {path.name: path.read_bytes() for path in directory.glob("*.json")}
    assert len(after) == 4
    assert before.items() < after.items()
    assert S_IMODE(directory.stat().st_mode) == 0o700
    assert {S_IMODE(path.stat().st_mode) for path in directory.glob("*.json")} == {0o600}


def test_existing_cards_are_entered_in_a_new_database(
    database: Database, counter: Counter, residents: list[Resident], tmp_path: Path
) -> None:
    naoki, path = _one(residents, "nakamura-naoki"), tmp_path / "nakamura-naoki.json"
    [keys] = new_keys(1)
    data = counter.make(replace(naoki, id=uuid4()), keys, NOW)
    write_card(path, data)
    personalise_all(database, counter, [naoki], tmp_path, NOW)
    assert read_card(path).auth_certificate == data.auth_certificate
    assert _verdict(database, counter, data.auth_certificate, AUTH) is Code.CERT_REVOKED


def test_a_certificate_of_somebody_else_is_not_taken_over(
    database: Database, counter: Counter, residents: list[Resident]
) -> None:
    [keys] = new_keys(1)
    mine, other = residents[:2]
    data = counter.make(mine, keys, NOW)
    database.run(register, counter.authorities, [(mine, data)], NOW)
    database.run(register, counter.authorities, [(mine, data)], NOW)
    with pytest.raises(SerialTakenError):
        database.run(register, counter.authorities, [(other, data)], NOW)


def test_every_card_has_keys_of_its_own() -> None:
    keys = [
        key.public_key().public_numbers().n for pair in new_keys(3) for key in pair.values()
    ]
    assert len(set(keys)) == 6
