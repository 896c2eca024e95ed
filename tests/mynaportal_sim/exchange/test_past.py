"""The past that built-in personas begin with is believable, and the same in every portal."""

from datetime import UTC, datetime
from secrets import token_bytes

import pytest

from consent.japan import JST
from mynaportal_sim.exchange import past
from mynaportal_sim.exchange.affairs import built_in, city, english
from mynaportal_sim.exchange.model import Exchange, Ground
from mynaportal_sim.residents import personas
from mynaportal_sim.residents.model import Municipality, Resident

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def residents() -> list[Resident]:
    known = personas.load(None, NOW.date())
    return [personas._resident(persona, token_bytes) for persona in known]


@pytest.fixture(scope="module")
def everything(residents: list[Resident]) -> list[Exchange]:
    return [one for resident in residents for one in past.exchanges(resident, NOW)]


def test_everybody_has_one_and_it_follows_from_the_persona(residents: list[Resident]) -> None:
    for resident in residents:
        first = past.exchanges(resident, NOW)
        assert first
        assert first == past.exchanges(resident, NOW)


def test_time_adds_and_drops_but_never_changes(residents: list[Resident]) -> None:
    then = NOW.replace(year=2028)
    for resident in residents:
        before = past.exchanges(resident, NOW)
        after = past.exchanges(resident, then)
        assert [one for one in before if one.kept_until() > then] == [
            one for one in after if one.provided_at <= NOW
        ]


def test_agencies_work_on_working_days_and_in_office_hours(everything: list[Exchange]) -> None:
    for exchange in everything:
        local = exchange.requested_at.astimezone(JST)
        assert local.weekday() < 5
        assert 9 <= local.hour < 17


def test_no_two_of_a_persons_begin_in_the_same_second(residents: list[Resident]) -> None:
    for resident in residents:
        begun = [one.requested_at for one in past.exchanges(resident, NOW)]
        assert len(set(begun)) == len(begun)


def test_some_records_are_marked(everything: list[Exchange]) -> None:
    grounds = {one.ground for one in everything}
    assert {Ground.LIFE_OR_SAFETY, Ground.OFFICIAL_DUTY} <= grounds


def test_every_word_has_an_english_one(residents: list[Resident]) -> None:
    for resident in residents:
        for exchange in past.exchanges(resident, NOW):
            said = (exchange.inquirer, exchange.provider, exchange.affair, *exchange.items)
            for text in said:
                assert english(text, resident.municipality).isascii(), text


def test_a_ward_acts_as_its_city() -> None:
    ward = Municipality(
        "40137", "福岡県", "福岡市早良区", "Fukuoka-ken", "Fukuoka-shi Sawara-ku"
    )
    assert (city(ward).ja, city(ward).en) == ("福岡市", "Fukuoka-shi")
    special = Municipality("13104", "東京都", "新宿区", "Tokyo-to", "Shinjuku-ku")
    assert city(special).ja == "新宿区"


def test_the_file_names_only_what_it_has() -> None:
    known = built_in()
    bodies = {*known.bodies, "home", "before"}
    for affair in known.affairs:
        assert {affair.inquirer, affair.provider} <= bodies
        assert set(affair.items) <= known.items.keys()
    assert {one.affair for one in known.marked} <= {one.code for one in known.affairs}
