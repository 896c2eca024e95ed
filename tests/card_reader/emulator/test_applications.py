"""The applications beside JPKI: what opens which file, and what is said to whom."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader.emulator.card import Card
from card_reader.emulator.personalise import CardData, read_card, write_card
from card_reader.errors import CardDataError
from card_reader.statement import digest_info
from tests.card_reader.conftest import BIRTH, NUMBER_A, NUMBER_B
from tests.card_reader.emulator.kit import (
    COMMON,
    JPKI,
    JUKI,
    ROOT,
    TEXT,
    VISUAL,
    count,
    read,
    say,
    verify,
)

TEXT_PIN, TEXT_A, TEXT_B = verify(0x11, "2345"), verify(0x14, NUMBER_A), verify(0x15, NUMBER_B)
BORN, VISUAL_B, VISUAL_A = verify(0x11, BIRTH), verify(0x12, NUMBER_B), verify(0x13, NUMBER_A)
RESIDENT = verify(0x1C, "3456")
FREE_TEXT, FREE_VISUAL = {4, 5, 8}, {3, 4}
SIGN_BY_DEFAULT_KEY = f"802A000033{digest_info(b'nonce').hex()}00"


@pytest.mark.parametrize(
    ("application", "offered", "opened"),
    [
        pytest.param(TEXT, [], FREE_TEXT, id="text, nothing"),
        pytest.param(TEXT, [TEXT_PIN], {1, 2, 3, 4, 5, 6, 7, 8}, id="text, PIN"),
        pytest.param(TEXT, [TEXT_A], FREE_TEXT | {1, 3, 6, 7}, id="text, number A"),
        pytest.param(TEXT, [TEXT_B], FREE_TEXT | {2, 3, 6, 7}, id="text, number B"),
        pytest.param(TEXT, [TEXT_A, TEXT_B], {1, 2, 3, 4, 5, 6, 7, 8}, id="text, both"),
        pytest.param(VISUAL, [], FREE_VISUAL, id="visual, nothing"),
        pytest.param(VISUAL, [BORN], FREE_VISUAL | {1}, id="visual, birth"),
        pytest.param(VISUAL, [VISUAL_B], FREE_VISUAL | {2, 6}, id="visual, number B"),
        pytest.param(VISUAL, [VISUAL_A], FREE_VISUAL | {2, 5, 6}, id="visual, number A"),
    ],
)
def test_each_secret_opens_its_files_and_no_other(
    whole_card: Card, application: str, offered: list[str], opened: set[int]
) -> None:
    name = "text" if application == TEXT else "visual"
    for command in (application, *offered):
        assert say(whole_card, command)[1] == "9000"
    for ef in range(1, 9 if application == TEXT else 7):
        expected = (f"{name} {ef}".encode(), "9000") if ef in opened else (b"", "6982")
        assert say(whole_card, read(ef)) == expected, f"EF {ef:04X}"


def test_a_wrong_value_shuts_what_the_right_one_opened(whole_card: Card) -> None:
    assert say(whole_card, TEXT, TEXT_PIN, verify(0x11, "0000"), read(1))[1] == "6982"


def test_another_application_forgets_what_was_opened(whole_card: Card) -> None:
    assert say(whole_card, TEXT, TEXT_PIN, VISUAL, TEXT, read(1))[1] == "6982"


@pytest.mark.parametrize(
    ("commands", "sw"),
    [
        pytest.param([TEXT, count(0x11)], "63C3", id="text, PIN"),
        pytest.param([TEXT, count(0x14)], "63CA", id="text, number A"),
        pytest.param([TEXT, count(0x15)], "63CA", id="text, number B"),
        pytest.param([TEXT, count(0x12)], "63C0", id="text, 0012 is blocked"),
        pytest.param([TEXT, verify(0x12, "1234")], "6984", id="text, 0012 stays blocked"),
        pytest.param([TEXT, count(0x13)], "6981", id="text, count of a key"),
        pytest.param([VISUAL, count(0x11)], "63CA", id="visual, birth"),
        pytest.param([VISUAL, count(0x12)], "63CA", id="visual, number B"),
        pytest.param([VISUAL, count(0x13)], "63CA", id="visual, number A"),
        pytest.param([VISUAL, verify(0x13, NUMBER_B)], "63C9", id="visual, B is not A"),
        pytest.param([VISUAL, count(0x14)], "6A82", id="visual has its own order"),
        pytest.param([JUKI, count(0x1C)], "63C3", id="juki, PIN"),
        pytest.param([COMMON, count(0x1C)], "63C3", id="common, PIN"),
        pytest.param([COMMON, RESIDENT], "9000", id="common, right"),
        pytest.param([JUKI, read(2)], "6981", id="juki, READ BINARY of records"),
        pytest.param([JUKI, "00B2021400"], "6A83", id="juki, no second record"),
        pytest.param([COMMON, "00B2000C00"], "6A83", id="common, no current record"),
        pytest.param([COMMON, "00B2010C04"], "6C1E", id="common, Le too short"),
        pytest.param([COMMON, "00B2011C00"], "6A82", id="common, unknown short EF id"),
        pytest.param([COMMON, "00B201CC00"], "6981", id="common, record of a key"),
        pytest.param([COMMON, "0088009901AA"], "6700", id="authenticate without Le"),
        pytest.param([COMMON, "00880099"], "6700", id="authenticate nothing"),
        pytest.param([COMMON, "0088009901AA80"], "6C00", id="authenticate with a short Le"),
        pytest.param([COMMON, "0088009C01AA00"], "6981", id="authenticate by a PIN"),
        pytest.param([COMMON, "802A009901AA00"], "6D00", id="common signs nothing else"),
        pytest.param([JUKI, "0088009901AA00"], "6D00", id="juki has no key"),
        pytest.param([TEXT, "0088000001AA00"], "6985", id="text's key does not authenticate"),
        pytest.param([VISUAL, "0088000001AA00"], "6985", id="visual's neither"),
        pytest.param([VISUAL, "802A009301AA00"], "6981", id="visual's key is in no EF"),
        pytest.param([TEXT, "80AE000001AA"], "6982", id="text, session before the PIN"),
        pytest.param([TEXT, TEXT_A, "80AE000001AA"], "6982", id="text, session after A"),
        pytest.param([TEXT, TEXT_PIN, "80AE000001AA"], "6A80", id="text, no session here"),
        pytest.param([VISUAL, "80AE000001AA"], "66F1", id="visual, no session"),
        pytest.param([COMMON, "80AE000001AA"], "66F1", id="common, no session"),
        pytest.param([JUKI, "80AE000001AA"], "6982", id="juki, no session"),
        pytest.param([TEXT, "08B0840000"], "69FC", id="text, class of a session"),
        pytest.param([VISUAL, "08B0840000"], "6882", id="visual, class of a session"),
        pytest.param([VISUAL, "0024018006313233343536"], "6D00", id="visual changes nothing"),
        pytest.param([ROOT, "00B0810000"], "6A82", id="no file at the root"),
        pytest.param([ROOT, "00CA004200"], "9000", id="GET DATA"),
        pytest.param([ROOT, "00CA004205"], "6700", id="GET DATA, Le too short"),
        pytest.param([ROOT, "00CA7F2100"], "6700", id="GET DATA, object too long"),
        pytest.param([ROOT, "00CA00F100"], "6A88", id="GET DATA, no such object"),
        pytest.param([ROOT, "00CA004201AA00"], "6700", id="GET DATA with data"),
        pytest.param([TEXT, "00CA004200"], "6A88", id="GET DATA in an application"),
        pytest.param(["00A4040C06A00000015100"], "6A82", id="half of the manager's AID"),
    ],
)
def test_each_command_gets_the_status_word_of_the_card(
    whole_card: Card, commands: list[str], sw: str
) -> None:
    assert say(whole_card, *commands)[1] == sw


def test_records_are_read_by_current_file_and_by_short_id(whole_card: Card) -> None:
    record = b"\x01\x1c" + b"0" * 28
    assert say(whole_card, COMMON, "00B2010C00") == (record, "9000")
    assert say(whole_card, COMMON, "00A4020C020001", "00B2010400") == (record, "9000")
    key_reference = b"\x01\x10" + b"k" * 16
    for application in (COMMON, JUKI):
        assert say(whole_card, application, "00B2011400") == (key_reference, "9000")


def test_data_objects_are_where_a_reset_or_the_card_manager_leads(whole_card: Card) -> None:
    assert say(whole_card, "00CA004200") == (b"issuer", "9000")
    assert say(whole_card, TEXT, ROOT, "00CA004200") == (b"issuer", "9000")
    assert say(whole_card, "00CA7F21000000") == (b"c" * 300, "9000")
    assert say(whole_card, JPKI, "00CA5F5100") == (b"atr", "9000")


@pytest.mark.parametrize("application", [TEXT, VISUAL], ids=["text", "visual"])
def test_the_default_key_signs_without_a_pin(
    whole_card: Card, keys: list[rsa.RSAPrivateKey], application: str
) -> None:
    signature, sw = say(whole_card, application, SIGN_BY_DEFAULT_KEY)
    assert sw == "9000"
    keys[2].public_key().verify(signature, b"nonce", PKCS1v15(), SHA256())


def test_internal_authenticate_signs_the_challenge(
    whole_card: Card, keys: list[rsa.RSAPrivateKey]
) -> None:
    signature, sw = say(whole_card, COMMON, f"0088009905{b'nonce'.hex()}00")
    assert sw == "9000"
    keys[2].public_key().verify(signature, b"nonce", PKCS1v15(), SHA256())


def test_each_reference_has_a_counter_of_its_own(whole_card: Card, whole_path: Path) -> None:
    for application, ef in ((JUKI, 0x1C), (VISUAL, 0x13), (TEXT, 0x11)):
        say(whole_card, application, verify(ef, "0000"))
    contents = read_card(whole_path).contents
    assert contents
    assert (contents.register.juki_tries, contents.register.common_tries) == (2, 3)
    assert (contents.visual.number_a_tries, contents.text.number_a_tries) == (9, 10)
    assert (contents.text.pin_tries, contents.visual.birth_tries) == (2, 10)
    assert read_card(whole_path).pin_tries == 3


def test_a_card_with_jpki_alone_has_no_other_application(card: Card) -> None:
    for application in (TEXT, VISUAL, JUKI, COMMON, ROOT):
        assert say(card, application)[1] == "6A82"


def test_what_is_put_on_a_card_comes_back(whole_path: Path, whole: CardData) -> None:
    contents = read_card(whole_path).contents
    assert contents
    assert whole.contents
    assert contents.text.files == whole.contents.text.files
    assert contents.visual.files == whole.contents.visual.files
    assert contents.data_objects == whole.contents.data_objects
    assert contents.register.key.private_numbers() == (
        whole.contents.register.key.private_numbers()
    )


def test_a_card_without_the_number_has_no_reference_for_it(
    tmp_path: Path, whole: CardData
) -> None:
    assert whole.contents
    text = replace(whole.contents.text, number_a=None, files={2: b"attributes"})
    visual = replace(whole.contents.visual, number_a=None)
    path = tmp_path / "card.json"
    write_card(path, replace(whole, contents=replace(whole.contents, text=text, visual=visual)))
    card = Card.load(path)
    assert say(card, TEXT, count(0x14))[1] == "6A82"
    assert say(card, TEXT, TEXT_PIN, read(1))[1] == "6A82"
    assert say(card, VISUAL, count(0x13))[1] == "6A82"
    assert say(card, VISUAL, VISUAL_B, read(5))[1] == "6982"


def test_a_file_without_a_place_in_its_application_is_refused(
    tmp_path: Path, whole: CardData
) -> None:
    assert whole.contents
    text = replace(whole.contents.text, files={0x11: b"in place of the PIN"})
    with pytest.raises(CardDataError, match="no file 0011"):
        write_card(
            tmp_path / "card.json",
            replace(whole, contents=replace(whole.contents, text=text)),
        )
