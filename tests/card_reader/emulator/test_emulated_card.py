from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate

from card_reader.emulator.card import Card
from card_reader.emulator.personalise import CardData
from card_reader.spec import JPKI_AID
from card_reader.statement import digest_info
from tests.card_reader.emulator.kit import say

SELECT = f"00A4040C0A{JPKI_AID.hex()}"
VERIFY_PIN = "0020009804" + b"1234".hex()
VERIFY_PASSWORD = "0020009B06" + b"ABC123".hex()
DIGEST_INFO = digest_info(b"message")
SIGN_WITH_AUTHENTICATION = f"802A009733{DIGEST_INFO.hex()}00"


@pytest.mark.parametrize(
    ("ef", "content"),
    [
        pytest.param("02", "signing_ca", id="0002 signing CA"),
        pytest.param("0A", "auth_certificate", id="000A authentication certificate"),
        pytest.param("0B", "auth_ca", id="000B authentication CA"),
    ],
)
def test_certificates_without_a_condition_are_read(
    card: Card, adult: CardData, ef: str, content: str
) -> None:
    expected: bytes = getattr(adult, content)
    assert say(card, SELECT, f"00A4020C0200{ef}", "00B0000000") == (expected[:256], "9000")
    assert say(card, "00B0010000") == (expected[256:512], "9000")
    assert say(card, f"00B0{len(expected) - 3:04X}00") == (expected[-3:], "9000")
    assert say(card, "00B00000000000") == (expected, "9000")


def test_token_info_is_a_ck_token_info(card: Card) -> None:
    content, sw = say(card, SELECT, "00A4020C020006", "00B0000000")
    assert (len(content), sw) == (160, "9000")
    assert content[:32] == b"JPKIAPICCTOKEN2".ljust(32)
    assert b"SIMULATION" in content
    assert content[96:128].hex() == (
        "0000040d000000010000000000000001000000000000001000000006ffffffff"
    )


def test_the_signing_certificate_needs_the_password(card: Card, adult: CardData) -> None:
    assert say(card, SELECT, "00B0810000") == (b"", "6982")
    assert say(card, VERIFY_PIN, "00B0810000") == (b"", "6982")
    assert adult.signing_certificate
    assert say(card, VERIFY_PASSWORD, "00B0810000") == (adult.signing_certificate[:256], "9000")


STATUS_WORDS = [
    pytest.param([SELECT], "9000", id="select the application"),
    pytest.param([SELECT + "00"], "9000", id="select with Le"),
    pytest.param(["00A4040C0AD392F000260100000002"], "6A82", id="unknown AID"),
    pytest.param(["00A4040C05D392F00026"], "6A82", id="part of an AID"),
    pytest.param(["00A4040C"], "6A82", id="empty AID"),
    pytest.param(["00A404000AD392F000260100000002"], "6A82", id="unknown AID with FCI"),
    pytest.param([f"00A404000A{JPKI_AID.hex()}"], "6A86", id="FCI wanted"),
    pytest.param(["00A40000"], "6A86", id="select MF after reset"),
    pytest.param([SELECT, "00A40000"], "9000", id="select MF in the application"),
    pytest.param(["00A40000023F00"], "6A82", id="select 3F00 after reset"),
    pytest.param([SELECT, "00A40000023F00"], "6A82", id="select 3F00 in the application"),
    pytest.param(["00A4020C02000A"], "6A82", id="EF before any application"),
    pytest.param([SELECT, "00A4020C020018"], "9000", id="select EF"),
    pytest.param([SELECT, "00A4020C020016"], "9000", id="select 0016"),
    pytest.param([SELECT, "00A4020C020003"], "6A82", id="unknown EF"),
    pytest.param([SELECT, "00A4020C0118"], "6700", id="EF of one byte"),
    pytest.param([SELECT, "00A40200020018"], "6A86", id="EF with FCI"),
    pytest.param([SELECT, "00A4080C020018"], "6A86", id="select by path"),
    pytest.param(["00B0000000"], "6986", id="read before any application"),
    pytest.param([SELECT, "00B0000000"], "6986", id="read with no EF"),
    pytest.param([SELECT, "00A4020C020017", "00B0000000"], "6981", id="read a key"),
    pytest.param([SELECT, "00A4020C020018", "00B0000000"], "6981", id="read a PIN"),
    pytest.param([SELECT, "00B0960000"], "6981", id="read 0016"),
    pytest.param([SELECT, "00B0880300"], "6B00", id="read at the end"),
    pytest.param([SELECT, "00B08A0000", "00B07FFF00"], "6B00", id="read far beyond the end"),
    pytest.param([SELECT, "00B0830000"], "6A82", id="read an unknown short EF id"),
    pytest.param([SELECT, "00B0890000"], "6982", id="read 0009"),
    pytest.param([SELECT, VERIFY_PIN, VERIFY_PASSWORD, "00B0890000"], "6982", id="and ever"),
    pytest.param([SELECT, "00B0800000"], "6A86", id="read short EF id 0"),
    pytest.param([SELECT, "00B0AA0000"], "6A86", id="read with reserved bits"),
    pytest.param([SELECT, "00B08A00"], "6700", id="read without Le"),
    pytest.param([SELECT, "00B08A0001AA00"], "6700", id="read with data"),
    pytest.param([SELECT, "00200080"], "6986", id="count with no EF"),
    pytest.param([SELECT, "00200098"], "63C3", id="count by short EF id"),
    pytest.param([SELECT, "0020009B"], "63C5", id="count the password's tries"),
    pytest.param([SELECT, "00A4020C020018", "00200080"], "63C3", id="count of current EF"),
    pytest.param([SELECT, VERIFY_PIN, "00200098"], "63C3", id="count when verified"),
    pytest.param([SELECT, "00200099"], "6A82", id="PIN that is not there"),
    pytest.param([SELECT, "0020008A"], "6981", id="VERIFY a certificate"),
    pytest.param([SELECT, "00200180"], "6A86", id="VERIFY with P1"),
    pytest.param([SELECT, "00200018"], "6A86", id="VERIFY without bit 8"),
    pytest.param([SELECT, "0020009800"], "6700", id="VERIFY with Le only"),
    pytest.param([SELECT, VERIFY_PIN + "00"], "6700", id="VERIFY with data and Le"),
    pytest.param([SELECT, "0020009811" + "31" * 17], "6700", id="VERIFY with 17 bytes"),
    pytest.param([SELECT, VERIFY_PIN], "9000", id="VERIFY"),
    pytest.param([SELECT, "00A4020C020018", "002000800431323334"], "9000", id="VERIFY current"),
    pytest.param([SELECT, SIGN_WITH_AUTHENTICATION], "6982", id="sign without PIN"),
    pytest.param(
        [SELECT, VERIFY_PASSWORD, SIGN_WITH_AUTHENTICATION], "6982", id="sign with other PIN"
    ),
    pytest.param([SELECT, "802A008001AA00"], "6985", id="sign with no key selected"),
    pytest.param([SELECT, VERIFY_PIN, "802A008001AA00"], "6981", id="sign with a PIN selected"),
    pytest.param([SELECT, "802A069701AA00"], "6A86", id="sign with P1"),
    pytest.param([SELECT, "802A000001AA00"], "6A86", id="sign with a default key"),
    pytest.param([SELECT, "802A001701AA00"], "6A86", id="sign without bit 8"),
    pytest.param([SELECT, "802A009F01AA00"], "6A82", id="sign with unknown key"),
    pytest.param([SELECT, VERIFY_PIN, "802A009700"], "6700", id="sign nothing"),
    pytest.param([SELECT, VERIFY_PIN, "802A009701AA"], "6700", id="sign without Le"),
    pytest.param([SELECT, VERIFY_PIN, "802A009701AA80"], "6C00", id="sign with short Le"),
    pytest.param(
        [SELECT, VERIFY_PIN, f"802A0097F6{'AA' * 246}00"], "6700", id="sign 246 bytes"
    ),
    pytest.param(
        [SELECT, VERIFY_PIN, f"802A0097F5{'AA' * 245}00"], "9000", id="sign 245 bytes"
    ),
    pytest.param(["802A009701AA00"], "6D00", id="sign before any application"),
    pytest.param(["008400000A"], "9000", id="challenge before any application"),
    pytest.param([SELECT, "0084000000"], "9000", id="challenge of 256"),
    pytest.param(["00840000000101"], "6985", id="challenge of 257"),
    pytest.param(["00840000"], "6700", id="challenge without Le"),
    pytest.param(["0084010008"], "6A86", id="challenge with P1"),
    pytest.param(["01A40000"], "6881", id="logical channel"),
    pytest.param(["40A40000"], "6881", id="further logical channel"),
    pytest.param(["08A40000"], "6882", id="secure messaging"),
    pytest.param(["10A40000"], "6884", id="chaining"),
    pytest.param(["20A40000"], "6E00", id="reserved class"),
    pytest.param(["A0A40000"], "6E00", id="class of a SIM"),
    pytest.param(["FFCA000000"], "6E00", id="class of a reader"),
    pytest.param([SELECT, "80B08A0000"], "6E00", id="proprietary read"),
    pytest.param([SELECT, "002A009701AA00"], "6E00", id="interindustry sign"),
    pytest.param(["00CADF3005"], "6A88", id="GET DATA"),
    pytest.param(["00CADF30"], "6700", id="GET DATA without Le"),
    pytest.param([SELECT, "00CADF3005"], "6A88", id="GET DATA in the application"),
    pytest.param([SELECT, "00B28A0400"], "6986", id="READ RECORD with no EF"),
    pytest.param([SELECT, "00B2015400"], "6981", id="READ RECORD of a certificate"),
    pytest.param([SELECT, "00B2015500"], "6A81", id="READ RECORD of several"),
    pytest.param([SELECT, "00B2015600"], "6A86", id="READ RECORD in an unknown mode"),
    pytest.param([SELECT, "00B201FC00"], "6A86", id="READ RECORD of short EF id 31"),
    pytest.param([SELECT, "00B20154"], "6700", id="READ RECORD without Le"),
    pytest.param([SELECT, VERIFY_PIN, "0088009701AA00"], "6982", id="authenticate by its key"),
    pytest.param([SELECT, "0088009801AA00"], "6981", id="authenticate by a PIN"),
    pytest.param([SELECT, "0088019701AA00"], "6A86", id="authenticate with P1"),
    pytest.param([SELECT, "80AE000001AA"], "6982", id="SET SESSION KEY"),
    pytest.param([SELECT, "08B08A0000"], "69FC", id="secure messaging without a session"),
    pytest.param(["00A4"], "6700", id="shorter than a header"),
    pytest.param(["00A4040C0AD392"], "6700", id="data shorter than Lc"),
]


@pytest.mark.parametrize(("commands", "sw"), STATUS_WORDS)
def test_each_command_gets_the_status_word_of_the_card(
    card: Card, commands: list[str], sw: str
) -> None:
    assert say(card, *commands)[1] == sw


def test_a_short_ef_id_selects_the_file(card: Card, adult: CardData) -> None:
    assert say(card, SELECT, "00B08A0004", "00B0000404")[0] == adult.auth_certificate[4:8]


def test_a_failed_select_changes_nothing(card: Card) -> None:
    say(card, SELECT, VERIFY_PIN, "00A4040C0AD392F000260100000002")
    assert say(card, SIGN_WITH_AUTHENTICATION)[1] == "9000"


def test_both_forms_of_signing_are_pkcs1_over_the_digest_info(
    card: Card, adult: CardData
) -> None:
    say(card, SELECT, VERIFY_PIN)
    by_short_id, _ = say(card, SIGN_WITH_AUTHENTICATION)
    by_current, _ = say(card, "00A4020C020017", f"802A008033{DIGEST_INFO.hex()}00")
    certificate = load_der_x509_certificate(adult.auth_certificate)
    public_key = certificate.public_key()
    public_key.verify(by_short_id, b"message", PKCS1v15(), SHA256())  # type: ignore[union-attr,call-arg,arg-type]  # RSA by construction
    assert by_current == by_short_id


def test_challenges_are_the_randomness_given(card_path: Path) -> None:
    card = Card.load(card_path, randomness=lambda length: bytes(range(length)))
    assert say(card, "0084000008") == (bytes(range(8)), "9000")


def test_a_childs_card_has_no_signing_certificate(child_path: Path) -> None:
    child_card = Card.load(child_path)
    assert say(child_card, SELECT, "00B0880000") == (b"\x00\x8f\x00", "9000")
    assert say(child_card, "00A4020C020001")[1] == "6A82"
    assert say(child_card, "00A4020C02001A")[1] == "6A82"
    assert say(child_card, "0020009B")[1] == "63C0"
    assert say(child_card, VERIFY_PASSWORD)[1] == "6984"
    assert say(child_card, VERIFY_PIN, SIGN_WITH_AUTHENTICATION)[1] == "9000"


def test_an_adults_card_says_that_both_certificates_are_there(card: Card) -> None:
    assert say(card, SELECT, "00B0880000") == (b"\x8f\x8f\x00", "9000")
