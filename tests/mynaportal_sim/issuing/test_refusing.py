"""What the counter refuses: it says what is wrong and what would help, and changes nothing."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.refusals import Refusal
from mynaportal_sim.issuing.wishes import Wish
from mynaportal_sim.residents.model import Name
from tests.mynaportal_sim.issuing.kit import ADULT, CHILD, NOW, PERMITTED, TOKYO, WISHES, Town

E = LifeEvent
AT_14 = datetime.fromisoformat("2031-12-01T12:00:00+09:00")


@pytest.mark.parametrize(
    ("persona", "now", "wish", "says"),
    [
        pytest.param(
            ADULT, "2031-01-11T03:00Z", WISHES[E.RENEW], "from 2031-01-12 on", id="too early"
        ),
        pytest.param(
            ADULT, "2031-04-13T03:00Z", WISHES[E.RENEW], "", id="after the end, as issued anew"
        ),
        pytest.param(
            ADULT, "2036-04-13T03:00Z", WISHES[E.RENEW], "this state: expired", id="card ended"
        ),
        pytest.param(
            ADULT, "2027-01-01T03:00Z", Wish(event=E.MOVE), "same as before", id="no move"
        ),
        pytest.param(
            ADULT,
            "2027-01-01T03:00Z",
            Wish(event=E.CHANGE_NAME, name=Name("𠮷田", "花子")),
            "no room for “𠮷”",
            id="a character that no certificate can carry",
        ),
        pytest.param(
            ADULT,
            "2027-01-01T03:00Z",
            Wish(event=E.MOVE, address="東京都\n千代田区"),
            "no room for",
            id="a line break",
        ),
        pytest.param(
            ADULT,
            "2027-01-01T03:00Z",
            Wish(event=E.CHANGE_NAME, name=Name("鈴木", "花子"), kana=Name("スズキ", "\x00")),
            "no room for",
            id="a reading that is none",
        ),
        pytest.param(
            ADULT,
            "2027-01-01T03:00Z",
            Wish(event=E.CHANGE_NAME, name=Name("鈴木", "花子"), kana=Name("すずき", "はなこ")),
            "full-width katakana",
            id="a reading in hiragana",
        ),
        pytest.param(
            ADULT,
            "2027-01-01T03:00Z",
            Wish(event=E.CHANGE_NAME, name=Name("鈴木", "花子"), romaji=Name("スズキ", "")),
            "Latin letters",
            id="kana where Latin letters belong",
        ),
        pytest.param(
            ADULT,
            "2027-01-01T03:00Z",
            Wish(event=E.CHANGE_NAME, name=Name("鈴木", "花子"), romaji=Name("", "")),
            "no room for",
            id="nothing for a name in Latin letters",
        ),
        pytest.param(
            ADULT,
            "2027-01-01T03:00Z",
            Wish(event=E.MOVE, municipality=TOKYO),
            "the new address too",
            id="only another municipality",
        ),
        pytest.param(
            ADULT,
            "2031-04-13T03:00Z",
            replace(WISHES[E.MOVE], certify=True),
            "renewed first",
            id="a signing certificate after the end of the other",
        ),
        pytest.param(ADULT, "2031-04-13T03:00Z", WISHES[E.MOVE], "", id="a move after the end"),
        pytest.param(
            PERMITTED,
            "2030-01-10T03:00Z",
            WISHES[E.RENEW],
            "for as long as the card",
            id="a renewal that changes nothing",
        ),
        pytest.param(
            ADULT,
            "2027-01-01T03:00Z",
            replace(WISHES[E.MOVE], password="letters", certify=True),
            "6 to 16 letters A to Z",
            id="a malformed password beside an address",
        ),
        pytest.param(
            PERMITTED,
            "2027-01-01T03:00Z",
            replace(WISHES[E.EXTEND_PERMIT], password="letters"),
            "6 to 16 letters A to Z",
            id="a malformed password beside a period of stay",
        ),
        pytest.param(
            ADULT, "2027-01-01T03:00Z", Wish(event=E.UNBLOCK), "Give a new PIN", id="no PIN"
        ),
        pytest.param(
            ADULT,
            "2027-01-01T03:00Z",
            Wish(event=E.UNBLOCK, password="letters"),
            "6 to 16 letters A to Z",
            id="a password without a digit",
        ),
        pytest.param(
            ADULT,
            "2027-01-01T03:00Z",
            Wish(event=E.UNBLOCK, register_pin="123"),
            "JPKI application alone",
            id="a PIN of an application that the card lacks",
        ),
        pytest.param(
            CHILD,
            "2027-01-01T03:00Z",
            Wish(event=E.UNBLOCK, password="ABC123"),
            "never had a signing certificate",
            id="a child's password",
        ),
        pytest.param(
            CHILD,
            "2027-01-01T03:00Z",
            WISHES[E.COME_OF_AGE],
            "from 2032-08-03",
            id="too young",
        ),
        pytest.param(
            ADULT,
            "2027-01-01T03:00Z",
            Wish(event=E.REISSUE, until=date(2030, 1, 1)),
            "no period of stay",
            id="a period of stay of a national",
        ),
        pytest.param(
            PERMITTED,
            "2027-01-01T03:00Z",
            Wish(event=E.EXTEND_PERMIT, until=date(2030, 3, 31)),
            "later than 2030-03-31",
            id="not extended",
        ),
        pytest.param(
            PERMITTED,
            "2027-01-01T03:00Z",
            WISHES[E.END_PERMIT],
            "in this state: active",
            id="not over",
        ),
        pytest.param(
            PERMITTED,
            "2030-04-01T03:00Z",
            WISHES[E.REISSUE],
            "ended on 2030-03-31",
            id="over",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_would_help(
    small: Town, persona: str, now: str, wish: Wish, says: str
) -> None:
    small.let(persona, E.ISSUE)
    small.now = datetime.fromisoformat(now)
    found = small.wish(persona, wish)
    assert isinstance(found, Refusal) is bool(says)
    if says:
        assert says in str(found)


@pytest.mark.parametrize("event", [E.CERTIFY, E.COME_OF_AGE])
def test_no_signing_certificate_comes_after_the_end_of_the_other(
    small: Town, event: LifeEvent
) -> None:
    persona, issued = (ADULT, NOW) if event is E.CERTIFY else (CHILD, AT_14)
    small.now = issued
    small.let(persona, *((E.ISSUE, E.MOVE) if event is E.CERTIFY else (E.ISSUE,)))
    card = small.standing(persona).card
    assert card is not None
    assert card.authentication is not None
    small.now = card.authentication.not_after
    assert "renewed first" in str(small.wish(persona, WISHES[event]))


def test_what_is_written_on_a_card_takes_the_card(small: Town) -> None:
    small.let(ADULT, E.ISSUE)
    small.office.card_of(ADULT).unlink()
    before = small.see(ADULT)
    for event in (E.MOVE, E.CHANGE_NAME, E.UNBLOCK, E.ADD_PHONE):
        assert "bring it" in str(small.wish(ADULT, WISHES[event])), event
    assert small.see(ADULT) == before
    small.let(ADULT, E.LOSE, E.NOT_FOUND, E.REISSUE)
    assert small.file(ADULT) is not None


@pytest.mark.parametrize("what", ["somebody else's card", "the person's phone"])
def test_what_is_no_card_of_theirs_is_left_as_it_is(small: Town, what: str) -> None:
    small.let(ADULT, E.ISSUE, E.ADD_PHONE)
    small.let(PERMITTED, E.ISSUE)
    of_another = what == "somebody else's card"
    path = small.office.card_of(PERMITTED) if of_another else small.office.phone_of(ADULT)
    before = (path.read_bytes(), small.see(ADULT), small.see(PERMITTED))
    for event in LifeEvent:
        assert "no card of this person" in str(small.wish(ADULT, WISHES[event], path)), event
    assert (path.read_bytes(), small.see(ADULT), small.see(PERMITTED)) == before
