"""A card read as a whole: what opens what, what bears it, and what a real one may be asked."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from card_reader.apdu import Command, Ins
from card_reader.client.genuine import Outcome, Step
from card_reader.client.guard import Guarded
from card_reader.client.session import Session
from card_reader.client.whole import (
    Application,
    Bearer,
    Given,
    Part,
    Secret,
    Terms,
    WholeCard,
    read_whole,
)
from card_reader.emulator.card import Card
from card_reader.emulator.contents import Contents
from card_reader.emulator.personalise import CardData, write_card
from card_reader.errors import LastTryError, WrongPinError
from card_reader.spec import EF, CardKind, Kind, PinRule
from card_reader.spec.text import TextEF, TextTag
from card_reader.spec.visual import VisualEF
from card_reader.tlv import encode
from tests.card_reader.client.conftest import Made
from tests.card_reader.conftest import PASSWORD, PIN, Certify
from tests.card_reader.printed import (
    BIRTH_KEY,
    NUMBER,
    NUMBER_B,
    TEXT_PIN,
    Issuer,
    Printed,
    forged,
    text_files,
)

EVERYTHING = {
    Secret.TEXT_PIN: TEXT_PIN,
    Secret.NUMBER_B: NUMBER_B,
    Secret.BIRTH_KEY: BIRTH_KEY,
    Secret.SIGNING_PASSWORD: PASSWORD,
    Secret.AUTHENTICATION_PIN: PIN,
}
ONLY_BIRTH = {Secret.BIRTH_KEY: BIRTH_KEY}


def terms(given: Mapping[Secret, str], *, my_number: bool = False, last: bool = False) -> Terms:
    def ask(secret: Secret, _rule: PinRule, _left: int, _read: WholeCard) -> Given | None:
        return Given(given[secret], last) if secret in given else None

    return Terms(ask, None, bytes, my_number)


def read_of(card: WholeCard) -> set[str]:
    """The parts that were opened."""
    parts = {
        "attributes": card.attributes,
        "my number": card.my_number,
        "face": card.face,
        "birth": card.birth,
        "my number's image": card.my_number_image,
        "signing certificate": card.certificates.get(Kind.SIGNING),
    }
    return {name for name, part in parts.items() if part is not None}


@pytest.mark.parametrize(
    ("given", "my_number", "opened"),
    [
        pytest.param((), False, set(), id="nothing"),
        pytest.param([Secret.TEXT_PIN], False, {"attributes"}, id="text PIN"),
        pytest.param(
            [Secret.TEXT_PIN],
            True,
            {"attributes", "my number", "my number's image", "face"},
            id="text PIN, and the number, which is number A",
        ),
        pytest.param([Secret.NUMBER_B], True, {"attributes", "face"}, id="number B"),
        pytest.param([Secret.BIRTH_KEY], True, {"birth"}, id="date of birth"),
        pytest.param([Secret.SIGNING_PASSWORD], False, {"signing certificate"}, id="password"),
        pytest.param(
            list(Secret),
            False,
            {"attributes", "face", "birth", "signing certificate"},
            id="all",
        ),
    ],
)
def test_as_much_is_read_as_its_holder_opens(
    conversation: Session, given: list[Secret], my_number: bool, opened: set[str]
) -> None:
    secrets = {secret: EVERYTHING[secret] for secret in given}
    card = read_whole(conversation, terms(secrets, my_number=my_number))
    assert read_of(card) == opened
    assert set(card.applications) == set(Application)
    assert len(card.tries) == 10
    assert all(it.left == it.rule.tries for it in card.tries)
    told = (card.record, card.objects, card.token, card.juki_record)
    assert None not in (*told, card.text_information, card.visual_information)
    assert card.unreadable == []
    assert NUMBER not in repr(card)


def next_card(adult: CardData, certify: Certify) -> CardData:
    key = ec.generate_private_key(ec.SECP384R1())
    certificate = certify("next", key, True)
    return replace(
        adult,
        kind=CardKind.NEXT,
        auth_key=key,
        auth_certificate=certificate,
        signing_key=key,
        signing_certificate=certificate,
    )


def without_signing(data: CardData) -> CardData:
    return replace(data, signing_key=None, signing_certificate=None, password=None)


def without_pins(data: CardData, held: Contents) -> CardData:
    text = replace(held.text, pin="", pin_tries=0)
    register = replace(held.register, pin="", juki_tries=0, common_tries=0)
    return replace(
        without_signing(data),
        kind=CardKind.NO_PIN,
        pin="",
        pin_tries=0,
        contents=replace(held, text=text, register=register),
    )


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(
            lambda adult, held, _: replace(adult, contents=held), (Bearer.CARD, 2, 5), id="card"
        ),
        pytest.param(
            lambda adult, held, _: replace(without_signing(adult), contents=held),
            (Bearer.CHILD, 1, 5),
            id="child",
        ),
        pytest.param(
            lambda adult, held, _: without_pins(adult, held), (Bearer.NO_PIN, 1, 5), id="no PIN"
        ),
        pytest.param(
            lambda adult, _, __: replace(adult, kind=CardKind.PHONE),
            (Bearer.PHONE, 2, 1),
            id="phone",
        ),
        pytest.param(
            lambda adult, _, certify: next_card(adult, certify), (Bearer.NEXT, 2, 1), id="next"
        ),
    ],
)
def test_what_bears_the_certificates_is_told(
    tmp_path: Path,
    adult: CardData,
    printed: Contents,
    certify: Certify,
    make: Callable[[CardData, Contents, Certify], CardData],
    expected: tuple[Bearer, int, int],
) -> None:
    path = tmp_path / "card.json"
    write_card(path, make(adult, printed, certify))
    card = read_whole(Session(Card.load(path)), terms(EVERYTHING))
    assert (card.bearer, len(card.certificates), len(card.applications)) == expected
    assert all(card.certificates.values())


def test_a_phone_without_its_pin_shows_that_there_is_a_certificate(
    tmp_path: Path, adult: CardData
) -> None:
    path = tmp_path / "phone.json"
    write_card(path, replace(adult, kind=CardKind.PHONE))
    card = read_whole(Session(Card.load(path)), terms({}))
    assert card.certificates == {Kind.USER_AUTHENTICATION: None, Kind.SIGNING: None}


def test_a_wrong_pin_ends_it_and_the_last_try_is_kept(conversation: Session) -> None:
    wrong = {Secret.TEXT_PIN: "0000"}
    for _ in range(2):
        with pytest.raises(WrongPinError):
            read_whole(conversation, terms(wrong))
    with pytest.raises(LastTryError):
        read_whole(conversation, terms(wrong))
    with pytest.raises(WrongPinError):
        read_whole(conversation, terms(wrong, last=True))
    card = read_whole(conversation, terms(EVERYTHING))
    assert read_of(card) >= {"attributes", "face"}, "number B still opens both"


def test_one_damaged_file_leaves_the_rest_readable(made: Made, printed: Contents) -> None:
    damaged = forged(printed, {TextEF.ATTRIBUTES: b"\xff"}, {VisualEF.FACE: b"\xff"})
    card = read_whole(made(damaged), terms(EVERYTHING))
    assert read_of(card) == {"signing certificate", "birth"}
    assert [it[:7] for it in card.unreadable] == ["EF 0002", "EF 0002"]


@pytest.mark.parametrize(
    ("text", "visual", "fails"),
    [
        pytest.param({TextEF.ATTRIBUTES: bytes(40)}, {}, {Step.ATTRIBUTES}, id="attributes"),
        pytest.param(
            {TextEF.MY_NUMBER: encode(TextTag.MY_NUMBER, b"12345678901x")},
            {},
            {Step.MY_NUMBER},
            id="number",
        ),
        pytest.param({}, {VisualEF.FACE: b"\xff"}, {Step.RECORD, Step.POSSESSION}, id="face"),
        pytest.param(
            {TextEF.ATTRIBUTES: encode(TextTag.ATTRIBUTES, encode(TextTag.NAME, b"?") * 2)},
            {},
            {Step.ATTRIBUTES},
            id="two names",
        ),
        pytest.param({}, {VisualEF.BIRTH: b"\xff"}, {Step.RECORD, Step.POSSESSION}, id="birth"),
        pytest.param(
            {},
            {VisualEF.MY_NUMBER_IMAGE: encode(0xFF40, b"")},
            {Step.RECORD, Step.POSSESSION},
            id="number's image",
        ),
    ],
)
def test_a_file_that_was_opened_and_makes_no_sense_is_not_genuine(
    made: Made,
    printed: Contents,
    issuer: Issuer,
    text: dict[int, bytes],
    visual: dict[int, bytes],
    fails: set[Step],
) -> None:
    asked = replace(terms(EVERYTHING, my_number=True), root=issuer.root.public_key())
    card = read_whole(made(forged(printed, text, visual)), asked)
    assert card.verdicts.keys() >= {Part.TEXT, Part.FACE, Part.BIRTH}
    assert [it.genuine for it in card.verdicts.values()].count(False) == 1
    findings = [it for verdict in card.verdicts.values() for it in verdict.findings]
    failed = [it for it in findings if it.outcome is Outcome.FAILS]
    assert {it.step for it in failed} == fails
    assert {it.reason for it in failed} == set(card.unreadable)


class Answering:
    """A card whose EF of JPKI, the only one that has its id, reads as something else."""

    def __init__(self, session: Session, ef: EF, content: bytes) -> None:
        self._session, self._ef, self._content = session, ef, content
        self._is_chosen = False

    def transmit(self, command: bytes) -> bytes:
        sent = Command.parse(command)
        if sent.ins == Ins.SELECT:
            self._is_chosen = sent.data == self._ef.to_bytes(2, "big")
        elif sent.ins == Ins.READ_BINARY and self._is_chosen:
            at = int.from_bytes((sent.p1, sent.p2), "big")
            return self._content[at : at + (sent.le or 256)] + b"\x90\x00"
        return bytes(self._session.exchange(command))


@pytest.mark.parametrize(
    ("ef", "content", "lost"),
    [
        pytest.param(EF.TOKEN_INFO, b"JPKIAPICCTOKEN2".ljust(159), "token", id="token info"),
        pytest.param(
            EF.AUTHENTICATION_CERTIFICATE,
            b"\x30\x03\x02\x01\x05",
            "authentication certificate",
            id="no certificate",
        ),
    ],
)
def test_a_malformed_file_of_jpki_is_a_finding_and_the_rest_is_read(
    conversation: Session, ef: EF, content: bytes, lost: str
) -> None:
    damaged = Session(Answering(conversation, ef, content))
    card = read_whole(damaged, terms(EVERYTHING))
    found = {
        "token": card.token,
        "authentication certificate": card.certificates[Kind.USER_AUTHENTICATION],
        "signing certificate": card.certificates[Kind.SIGNING],
    }
    assert {name for name, part in found.items() if part is None} == {lost}
    assert [it[:7] for it in card.unreadable] == [f"EF {ef:04X}"]
    assert card.bearer is Bearer.CARD


def test_genuineness_is_judged_of_what_was_opened(
    made: Made, printed: Contents, issuer: Issuer
) -> None:
    root = issuer.root.public_key()
    for held, genuine in (
        (printed, True),
        (forged(printed, {TextEF.SIGNED_KEY: b""}, {VisualEF.CERTIFICATE: b""}), False),
    ):
        card = read_whole(made(held), replace(terms(EVERYTHING, my_number=True), root=root))
        assert {part: it.genuine for part, it in card.verdicts.items()} == dict.fromkeys(
            Part, genuine
        )
    assert read_whole(made(printed), replace(terms({}), root=root)).verdicts == {}


@pytest.mark.parametrize(
    ("other", "secrets", "agreements"),
    [
        pytest.param(
            Printed(),
            EVERYTHING,
            {Part.FACE: Outcome.HOLDS, Part.BIRTH: Outcome.HOLDS},
            id="one person",
        ),
        pytest.param(
            Printed(born=b"19800218"),
            EVERYTHING,
            {Part.FACE: Outcome.FAILS, Part.BIRTH: Outcome.FAILS},
            id="birth",
        ),
        pytest.param(
            Printed(sex=b"1"),
            EVERYTHING,
            {Part.FACE: Outcome.FAILS, Part.BIRTH: Outcome.HOLDS},
            id="sex, which the record of birth has not",
        ),
        pytest.param(
            Printed(sex=b"1"),
            ONLY_BIRTH,
            {Part.BIRTH: Outcome.NOT_CHECKED},
            id="text not read",
        ),
    ],
)
def test_text_and_face_must_tell_of_one_person(
    made: Made,
    printed: Contents,
    issuer: Issuer,
    other: Printed,
    secrets: Mapping[Secret, str],
    agreements: Mapping[Part, Outcome],
) -> None:
    """The text is as its issuer signed it, but for somebody else."""
    card = made(forged(printed, text_files(issuer, other), {}))
    root = issuer.root.public_key()
    verdicts = read_whole(card, replace(terms(secrets), root=root)).verdicts
    for part, outcome in agreements.items():
        found = {it.step: it.outcome for it in verdicts[part].findings}
        assert found[Step.AGREEMENT] is outcome
        assert verdicts[part].genuine is (outcome is not Outcome.FAILS)


def test_a_card_that_may_be_real_is_only_read_where_that_is_free(
    conversation: Session,
) -> None:
    heard: list[Command] = []

    class Listening:
        def transmit(self, command: bytes) -> bytes:
            heard.append(Command.parse(command))
            return conversation.exchange(command).__bytes__()

    free = Terms(None, None, bytes, my_number=True)
    card = read_whole(Session(Guarded(Listening())), free)
    assert {it.ins for it in heard} == {Ins.SELECT, Ins.READ_BINARY, Ins.READ_RECORD}
    assert read_of(card) == set()
    assert card.certificates[Kind.USER_AUTHENTICATION] is not None
    assert None not in (card.token, card.text_information, card.visual_information)
    assert card.juki_record is not None
    assert card.record is not None
    assert (card.tries, card.objects, card.unreadable) == ([], None, [])
    assert card.bearer is Bearer.CARD
    assert card.record.expires == "20350217"
    assert Printed().name not in repr(card)
