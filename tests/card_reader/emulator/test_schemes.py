"""COMPUTE DIGITAL SIGNATURE by each P1, judged by the key's public half."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader.emulator.card import Card
from tests.card_reader.emulator.kit import JPKI, say, verify

MESSAGE = b"what is signed"
HASH = sha256(MESSAGE).digest()
Check = Callable[[rsa.RSAPublicKey, bytes], object]


def by_pkcs1(key: rsa.RSAPublicKey, signature: bytes) -> None:
    key.verify(signature, MESSAGE, PKCS1v15(), SHA256())


def by_pss(key: rsa.RSAPublicKey, signature: bytes) -> None:
    key.verify(signature, MESSAGE, PSS(MGF1(SHA256()), 32), SHA256())


def holds(payload: bytes) -> Check:
    """The block under PKCS #1 v1.5 is `payload`, without a DigestInfo."""

    def check(key: rsa.RSAPublicKey, signature: bytes) -> None:
        assert key.recover_data_from_signature(signature, PKCS1v15(), None) == payload

    return check


@pytest.mark.parametrize(
    ("p1", "data", "check"),
    [
        pytest.param("00", MESSAGE, holds(MESSAGE), id="00 as given"),
        pytest.param("01", MESSAGE, holds(HASH), id="01 hashed, bare"),
        pytest.param("02", HASH, by_pkcs1, id="02 hash in a DigestInfo"),
        pytest.param("03", MESSAGE, by_pkcs1, id="03 hashed, in a DigestInfo"),
        pytest.param("04", HASH, by_pss, id="04 hash, PSS"),
        pytest.param("05", MESSAGE, by_pss, id="05 hashed, PSS"),
    ],
)
def test_each_scheme_signs_as_its_name_says(
    card: Card, keys: list[rsa.RSAPrivateKey], p1: str, data: bytes, check: Check
) -> None:
    command = f"802A{p1}97{len(data):02X}{data.hex()}00"
    signature, sw = say(card, JPKI, verify(0x18, "1234"), command)
    assert sw == "9000"
    check(keys[0].public_key(), signature)
    with pytest.raises((InvalidSignature, AssertionError)):
        check(keys[1].public_key(), signature)


@pytest.mark.parametrize(
    ("p1", "length", "sw"),
    [
        pytest.param("00", 245, "9000", id="00 longest"),
        pytest.param("00", 246, "6700", id="00 too long"),
        pytest.param("01", 255, "9000", id="01 longest"),
        pytest.param("02", 31, "6700", id="02 short hash"),
        pytest.param("02", 33, "6700", id="02 long hash"),
        pytest.param("03", 255, "9000", id="03 longest"),
        pytest.param("04", 31, "6700", id="04 short hash"),
        pytest.param("06", 32, "6A86", id="06 is none"),
        pytest.param("FF", 32, "6A86", id="FF is none"),
    ],
)
def test_each_scheme_takes_its_lengths(card: Card, p1: str, length: int, sw: str) -> None:
    command = f"802A{p1}97{length:02X}{'AA' * length}00"
    assert say(card, JPKI, verify(0x18, "1234"), command)[1] == sw


def test_an_extended_apdu_is_too_long_to_hash(card: Card) -> None:
    command = f"802A0397000100{'AA' * 256}0000"
    assert say(card, JPKI, verify(0x18, "1234"), command)[1] == "6700"


def test_pss_is_salted(card: Card) -> None:
    say(card, JPKI, verify(0x18, "1234"))
    command = f"802A0597{len(MESSAGE):02X}{MESSAGE.hex()}00"
    assert say(card, command)[0] != say(card, command)[0]
