from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader.apdu import Command, Ins, Response
from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_challenge
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import CardData
from card_reader.errors import (
    LastTryError,
    MalformedDataError,
    MalformedPinError,
    NoSuchFileError,
    NotVerifiedError,
    PinBlockedError,
    PinNotSentError,
    WrongPinError,
)
from card_reader.spec import Kind
from card_reader.statement import Challenge, digest_info

AUTHENTICATION = Kind.USER_AUTHENTICATION
SIGNING = Kind.SIGNING


@pytest.fixture
def jpki(session: Session) -> Jpki:
    return Jpki(session)


class OneFileCard:
    """A card on which every file has the same content."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def transmit(self, command: bytes) -> bytes:
        read = Command.parse(command)
        if read.ins != Ins.READ_BINARY:
            return bytes(Response.ok())
        offset = read.p1 << 8 | read.p2
        return bytes(Response.ok(self._content[offset : offset + (read.le or 0)]))


def test_certificates_are_read_whole(jpki: Jpki, adult: CardData) -> None:
    assert jpki.certificate(AUTHENTICATION) == adult.auth_certificate
    assert jpki.ca_certificate(AUTHENTICATION) == adult.auth_ca
    assert jpki.ca_certificate(SIGNING) == adult.signing_ca


def test_the_signing_certificate_is_read_after_its_password(
    jpki: Jpki, adult: CardData
) -> None:
    with pytest.raises(NotVerifiedError):
        jpki.certificate(SIGNING)
    jpki.verify(SIGNING, "ABC123")
    assert jpki.certificate(SIGNING) == adult.signing_certificate


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty file"),
        pytest.param(b"\xff" * 40, id="filler"),
        pytest.param(b"\x30\x82\x01\x00" + b"\0" * 40, id="shorter than its header says"),
        pytest.param(b"\x30\x83\xff\xff\xff" + b"\0" * 40, id="longer than a file can be"),
        pytest.param(b"\x04\x02ab", id="other tag"),
    ],
)
def test_a_file_without_a_whole_certificate_is_refused(content: bytes) -> None:
    jpki = Jpki(Session(OneFileCard(content)))
    with pytest.raises(MalformedDataError):
        jpki.certificate(AUTHENTICATION)
    assert not jpki.is_simulation()


def test_a_childs_card_holds_one_certificate(child_path: Path) -> None:
    jpki = Jpki(Session(Card.load(child_path)))
    assert jpki.holds(AUTHENTICATION)
    assert not jpki.holds(SIGNING)
    assert jpki.tries(SIGNING) == 0
    with pytest.raises(NoSuchFileError):
        jpki.certificate(SIGNING)


def test_a_card_says_what_it_is(jpki: Jpki) -> None:
    assert jpki.label() == "JPKIAPICCTOKEN2"
    assert jpki.holds(SIGNING)
    assert jpki.is_simulation()


def test_a_certificate_without_the_mark_is_no_simulation(
    certify: Callable[[str, rsa.RSAPrivateKey, bool], bytes], keys: list[rsa.RSAPrivateKey]
) -> None:
    assert Jpki(Session(OneFileCard(certify("x", keys[0], True)))).is_simulation()
    assert not Jpki(Session(OneFileCard(certify("x", keys[0], False)))).is_simulation()


@pytest.mark.parametrize(
    ("kind", "pin"),
    [
        pytest.param(AUTHENTICATION, "", id="nothing"),
        pytest.param(AUTHENTICATION, "123", id="three digits"),
        pytest.param(AUTHENTICATION, "12345", id="five digits"),
        pytest.param(AUTHENTICATION, "12a4", id="a letter"),
        pytest.param(AUTHENTICATION, "1234\n", id="line end"),
        pytest.param(AUTHENTICATION, "\u0661\u0662\u0663\u0664", id="digits of another script"),
        pytest.param(SIGNING, "ABCDEF", id="no digit"),
        pytest.param(SIGNING, "123456", id="no letter"),
        pytest.param(SIGNING, "ABC 123", id="a space"),
        pytest.param(SIGNING, "A1" * 8 + "A", id="seventeen characters"),
        pytest.param(SIGNING, "ab\u00df123", id="a letter that upper case makes two of"),
    ],
)
def test_a_pin_that_cannot_be_right_is_not_sent(jpki: Jpki, kind: Kind, pin: str) -> None:
    before = jpki.tries(kind)
    with pytest.raises(MalformedPinError) as refusal:
        jpki.verify(kind, pin)
    assert not pin or pin not in str(refusal.value)
    assert jpki.tries(kind) == before


def test_a_password_may_be_typed_in_lower_case(jpki: Jpki) -> None:
    jpki.verify(SIGNING, "abc123")
    assert jpki.certificate(SIGNING)


def test_the_last_try_is_kept_unless_allowed(jpki: Jpki) -> None:
    for left in (2, 1):
        with pytest.raises(WrongPinError) as wrong:
            jpki.verify(AUTHENTICATION, "0000")
        assert wrong.value.tries_left == left
    with pytest.raises(LastTryError):
        jpki.verify(AUTHENTICATION, "1234")
    assert jpki.tries(AUTHENTICATION) == 1
    jpki.verify(AUTHENTICATION, "1234", allow_last_try=True)
    assert jpki.tries(AUTHENTICATION) == 3


def test_a_blocked_pin_is_not_sent(jpki: Jpki, card: Card) -> None:
    for _ in range(3):
        with pytest.raises((WrongPinError, PinNotSentError)):
            jpki.verify(AUTHENTICATION, "0000", allow_last_try=True)
    heard: list[bytes] = []
    watched = Jpki(Session(card, trace=lambda command, _: heard.append(command)))
    with pytest.raises(PinBlockedError):
        watched.verify(AUTHENTICATION, "1234")
    assert all(len(command) == 4 for command in heard if command[1] == Ins.VERIFY)


@pytest.mark.parametrize(
    ("kind", "pin"), [(AUTHENTICATION, "1234"), (SIGNING, "ABC123")], ids=["user", "signing"]
)
def test_signatures_fit_the_certificate(
    jpki: Jpki, keys: list[rsa.RSAPrivateKey], kind: Kind, pin: str
) -> None:
    with pytest.raises(NotVerifiedError):
        jpki.sign(kind, digest_info(b"message"))
    jpki.verify(kind, pin)
    signature = jpki.sign(kind, digest_info(b"message"))
    key = keys[0] if kind is AUTHENTICATION else keys[1]
    key.public_key().verify(signature, b"message", PKCS1v15(), SHA256())


def test_a_challenge_is_answered_with_certificate_and_signature(
    jpki: Jpki, adult: CardData, keys: list[rsa.RSAPrivateKey]
) -> None:
    challenge = Challenge(
        origin="https://portal.test",
        nonce="n",
        login_id="l",
        session_hash="s",
        channel="soft",
        issued_at="2026-11-23T06:00:00Z",
        purpose="login",
    )
    certificate, signature, algorithm = sign_challenge(jpki, challenge, "1234")
    assert (certificate, algorithm) == (adult.auth_certificate, "RS256")
    keys[0].public_key().verify(
        signature, challenge.by(certificate).tbs(), PKCS1v15(), SHA256()
    )
    assert jpki.tries(AUTHENTICATION) == 3


def test_selecting_the_application_again_forgets_the_pin(session: Session) -> None:
    Jpki(session).verify(AUTHENTICATION, "1234")
    with pytest.raises(NotVerifiedError):
        Jpki(session).sign(AUTHENTICATION, digest_info(b"message"))
