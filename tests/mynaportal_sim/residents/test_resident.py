from dataclasses import replace
from datetime import date
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_reader.spec.person import Sex
from mynaportal_sim.residents import numbers
from mynaportal_sim.residents.characters import Substituted, substitute
from mynaportal_sim.residents.model import CardOrder, Municipality, Name, Resident

CHILD = Resident(
    id=UUID(int=1),
    persona="mori-aoi",
    name=Name("森", "葵"),
    kana=Name("モリ", "アオイ"),
    romaji=Name("Mori", "Aoi"),
    born=date(2011, 11, 24),
    sex=Sex.FEMALE,
    address="長野県松本市白樺台１丁目１番１号",
    municipality=Municipality("20202", "長野県", "松本市", "Nagano-ken", "Matsumoto-shi"),
    my_number="000000000001",
    card=CardOrder(),
    note_ja="",
    note_en="",
)


@pytest.mark.parametrize(
    ("born", "day", "age", "may_sign"),
    [
        pytest.param("2011-11-24", "2026-11-23", 14, False, id="eve of the 15th birthday"),
        pytest.param("2011-11-23", "2026-11-23", 15, True, id="15th birthday"),
        pytest.param("2012-02-29", "2027-02-28", 14, False, id="leap day, not reached"),
        pytest.param("2012-02-29", "2027-03-01", 15, True, id="leap day, reached"),
    ],
)
def test_signing_certificates_are_for_those_of_15(
    born: str, day: str, age: int, may_sign: bool
) -> None:
    resident = replace(CHILD, born=date.fromisoformat(born))
    assert resident.age_on(date.fromisoformat(day)) == age
    assert resident.may_sign_on(date.fromisoformat(day)) is may_sign


@pytest.mark.parametrize(
    ("name", "full"),
    [
        pytest.param(Name("森", "葵"), "森\u3000葵", id="Japanese"),
        pytest.param(Name("NGUYEN", "VAN AN"), "NGUYEN VAN AN", id="Latin"),
        pytest.param(Name("SUHARTI", ""), "SUHARTI", id="one name"),
    ],
)
def test_full_name(name: Name, full: str) -> None:
    assert name.full == full


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("𠮷田\u3000翔", Substituted("吉田\u3000翔", "1000"), id="level 4 kanji"),
        pytest.param("髙橋", Substituted("高橋", "10"), id="vendor's kanji"),
        pytest.param("渡邉\u3000葵", Substituted("渡邉\u3000葵", "0000"), id="level 2"),
        pytest.param("1\uff0d2", Substituted("1\uff0d2", "000"), id="full-width hyphen"),
    ],
)
def test_characters_outside_jis_level_2_are_replaced_and_marked(
    text: str, expected: Substituted
) -> None:
    assert substitute(text, {"𠮷": "吉", "髙": "高"}) == expected


@pytest.mark.parametrize("number", ["123456789018", "000000000000", "023456789013"], ids=str)
def test_a_right_check_digit_is_recognised(number: str) -> None:
    assert numbers.could_be_real(number)
    wrong = (str(digit) for digit in range(10) if str(digit) != number[-1])
    assert not any(numbers.could_be_real(number[:-1] + digit) for digit in wrong)


@pytest.mark.parametrize("text", ["", "12345678901", "1234567890180", "\uff11" * 12])
def test_what_is_not_12_digits_is_nobody_s_number(text: str) -> None:
    assert not numbers.could_be_real(text)


@given(random=st.randoms(use_true_random=False))
def test_numbers_made_here_are_nobody_s(random: Random) -> None:
    number = numbers.make(random.randbytes)
    assert len(number) == 12
    assert number.isdecimal()
    assert not numbers.could_be_real(number)
