import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from stat import S_IMODE
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import CardData, read_card, write_card
from card_reader.errors import PinBlockedError, WrongPinError
from card_reader.spec import CardKind, Kind
from card_reader.spec.text import TextEF
from consent.japan import day_of
from mynaportal_sim.database import Database
from mynaportal_sim.issuing import holdings
from mynaportal_sim.issuing.cards import FAMILIES, Counter, certificates_of
from mynaportal_sim.issuing.counter import issue_card, personalise_all
from mynaportal_sim.issuing.keys import Keys, Pool, fill, new_keys
from mynaportal_sim.issuing.register import register
from mynaportal_sim.pki import authority, card_issuer, crl, service, store
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.errors import SerialTakenError
from mynaportal_sim.pki.model import Family, PrivateKey
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
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys for everybody's cards, made once: each test takes them from a copy."""
    directory = tmp_path_factory.mktemp("ready")
    fill(Pool(directory), len(personas.load(None, NOW.date())))
    return directory


@pytest.fixture(scope="module")
def town() -> Counter:
    authorities = Authorities(
        authority.create(kind, NOW, os.urandom, family) for family in Family for kind in Kind
    )
    return Counter(authorities, PORTAL, os.urandom, card_issuer.create(NOW, os.urandom))


@pytest.fixture
def counter(town: Counter, ready: Path, tmp_path_factory: pytest.TempPathFactory) -> Counter:
    pool = copytree(ready, tmp_path_factory.mktemp("pool"), dirs_exist_ok=True)
    return replace(town, pool=Pool(pool))


@pytest.fixture
def residents(database: Database) -> list[Resident]:
    return database.run(personas.settle, personas.load(None, NOW.date()), os.urandom)


@pytest.fixture(scope="module")
def everyone() -> list[Resident]:
    """The personas without a database."""
    return [personas._resident(one, os.urandom) for one in personas.load(None, NOW.date())]


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
    child, [keys] = _one(residents, "tanaka-yui"), counter.keys(1)
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


def test_a_my_number_is_on_the_card_and_in_no_certificate(
    database: Database, counter: Counter, residents: list[Resident], tmp_path: Path
) -> None:
    personalise_all(database, counter, residents[:4], tmp_path, NOW)
    for resident in residents[:4]:
        data = read_card(tmp_path / f"{resident.persona}.json")
        number = resident.my_number.encode()
        assert number not in data.auth_certificate + (data.signing_certificate or b"")
        assert data.contents is not None
        holding = [ef for ef, file in data.contents.text.files.items() if number in file]
        assert holding == [TextEF.MY_NUMBER]
        assert not any(number in file for file in data.contents.visual.files.values())
        assert number not in data.contents.register.common_record


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
    [keys] = counter.keys(1)
    data = counter.make(replace(naoki, id=uuid4()), keys, NOW)
    write_card(path, data)
    personalise_all(database, counter, [naoki], tmp_path, NOW)
    assert read_card(path).auth_certificate == data.auth_certificate
    assert _verdict(database, counter, data.auth_certificate, AUTH) is Code.CERT_REVOKED


def test_a_certificate_of_somebody_else_is_not_taken_over(
    database: Database, counter: Counter, residents: list[Resident]
) -> None:
    [keys] = counter.keys(1)
    mine, other = residents[:2]
    data = counter.make(mine, keys, NOW)
    database.run(register, counter.authorities, [(mine, data)], NOW)
    database.run(register, counter.authorities, [(mine, data)], NOW)
    with pytest.raises(SerialTakenError):
        database.run(register, counter.authorities, [(other, data)], NOW)


def test_a_card_that_was_made_before_there_was_more_is_completed(
    database: Database, counter: Counter, residents: list[Resident], tmp_path: Path
) -> None:
    locked, path = _one(residents, "kobayashi-sakura"), tmp_path / "kobayashi-sakura.json"
    issue_card(database, replace(counter, card_issuer=None), locked, path, NOW)
    jpki = Jpki(Session(Card.load(path)))
    with pytest.raises(WrongPinError):
        jpki.verify(SIGN, "WRONG1")
    before = read_card(path)
    assert (before.contents, before.password_tries) == (None, 4)
    personalise_all(database, counter, [locked], tmp_path, NOW + timedelta(days=400))
    after = read_card(path)
    assert after.contents is not None
    assert _bare(after) == _bare(before)
    name = dict(certificates_of(before))[AUTH].name
    registered = database.run(holdings.of_certificate, name)
    assert registered is not None
    record = after.contents.register.common_record[2:]
    assert record[:15].decode() == registered.id
    expires = record[-8:]
    assert expires == f"{locked.born.replace(year=2036):%Y%m%d}".encode()
    content = path.read_bytes()
    personalise_all(database, counter, [locked], tmp_path, NOW + timedelta(days=500))
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("kind", "persona", "signs"),
    [
        pytest.param(CardKind.CARD, "sato-hanako", True, id="card"),
        pytest.param(CardKind.CARD, "tanaka-yui", False, id="a child's"),
        pytest.param(CardKind.PHONE, "sato-hanako", True, id="phone"),
        pytest.param(CardKind.NO_PIN, "sato-hanako", False, id="no PIN"),
        pytest.param(CardKind.NEXT, "sato-hanako", True, id="next"),
    ],
)
def test_each_kind_of_card_has_what_it_has(
    kind: CardKind,
    persona: str,
    signs: bool,
    counter: Counter,
    everyone: list[Resident],
    tmp_path: Path,
) -> None:
    [keys] = counter.keys(1, kind)
    write_card(tmp_path / "card.json", counter.make(_one(everyone, persona), keys, NOW, kind))
    data = read_card(tmp_path / "card.json")
    assert (data.kind, data.signing_certificate is not None) == (kind, signs)
    assert (data.contents is not None) is (kind is not CardKind.PHONE)
    family = FAMILIES[kind]
    for which, der in ((AUTH, data.auth_certificate), (SIGN, data.signing_certificate)):
        if der is not None:
            certificate = x509.load_der_x509_certificate(der)
            issuer = counter.authorities.of(family, which).certificate
            certificate.verify_directly_issued_by(issuer)
    if kind is CardKind.NO_PIN:
        assert data.contents is not None
        assert (data.pin, data.contents.text.pin, data.contents.register.pin) == ("", "", "")


def test_a_certificate_ends_with_its_card_at_the_latest(
    counter: Counter, everyone: list[Resident]
) -> None:
    [keys] = counter.keys(1)
    for resident in everyone:
        data = counter.make(resident, keys, NOW)
        ends = [
            x509.load_der_x509_certificate(der).not_valid_after_utc
            for der in (data.auth_certificate, data.signing_certificate)
            if der is not None
        ]
        assert data.contents is not None
        card = data.contents.register.common_record[-8:].decode()
        assert all(f"{day_of(end):%Y%m%d}" <= card for end in ends)
        assert ends == sorted(ends, reverse=True)


def test_every_card_has_keys_of_its_own() -> None:
    assert len({_modulus(key) for keys in new_keys(3) for key in _all(keys)}) == 9


def test_cards_take_ready_keys_while_there_are_any(tmp_path: Path) -> None:
    pool = Pool(tmp_path / "pool")
    fill(pool, 1)
    files = list((tmp_path / "pool").iterdir())
    assert len(pool) == len(files) == 3
    assert {S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    ready = {_modulus(_rsa(path.read_bytes())) for path in files}
    first, second = new_keys(2, pool=pool)
    assert ready < {_modulus(key) for keys in (first, second) for key in _all(keys)}
    assert list((tmp_path / "pool").iterdir()) == []
    assert pool.take(1) == []


def test_no_two_takers_get_one_key(tmp_path: Path) -> None:
    fill(Pool(tmp_path), 2)
    (tmp_path / "damaged.der").write_bytes(b"no key")
    with ThreadPoolExecutor(4) as threads:
        taken = [
            key
            for got in threads.map(lambda _: Pool(tmp_path).take(3), range(4))
            for key in got
        ]
    assert len({_modulus(key) for key in taken}) == len(taken) == 6
    assert list(tmp_path.iterdir()) == []


def _all(keys: Keys) -> list[PrivateKey]:
    return [*keys.certified.values(), keys.own]


def _rsa(der: bytes) -> PrivateKey:
    key = load_der_private_key(der, None)
    assert isinstance(key, RSAPrivateKey)
    return key


def _modulus(key: PrivateKey) -> int:
    assert isinstance(key, RSAPrivateKey)
    return key.public_key().public_numbers().n


def _bare(data: CardData) -> tuple[object, ...]:
    """What a card was before there was more on it."""
    return (
        data.auth_certificate,
        data.signing_certificate,
        _modulus(data.auth_key),
        data.pin,
        data.password,
        data.pin_tries,
        data.password_tries,
    )
