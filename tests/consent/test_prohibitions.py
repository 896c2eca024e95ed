"""What a person or an authority prohibits stands above every consent; on both engines."""

from dataclasses import replace
from datetime import datetime
from os import urandom
from uuid import UUID, uuid4

import pytest

from consent import service
from consent.errors import KeyReusedError, NoReasonError, NoSuchProhibitionError, NotYoursError
from consent.model import Prohibition, Prohibitor
from consent.service import Lift, Prohibit
from mynaportal_sim.database import Database
from tests.consent.kit import HOLDER, entries

RESIDENT = UUID(int=1)


def prohibit(by: Prohibitor = Prohibitor.PERSON, reason: str = "") -> Prohibit:
    prohibition = Prohibition(uuid4(), by, "app-1", "checkup")
    return Prohibit(RESIDENT, prohibition, HOLDER, "browser", "あるく", reason)


def lifting(wish: Prohibit) -> Lift:
    return Lift(RESIDENT, wish.prohibition.id, wish.prohibition.by, HOLDER, "browser")


def test_it_stands_until_it_is_lifted_and_each_is_one_entry(
    database: Database, noon: datetime
) -> None:
    wish = prohibit()
    for _ in range(2):
        placed = database.run(service.prohibit, wish, noon, urandom)
        assert placed.prohibition == wish.prohibition
        assert database.run(service.prohibited, RESIDENT) == [placed]
        assert database.run(service.prohibitions, UUID(int=2)) == []
    for _ in range(2):
        database.run(service.lift, lifting(wish), noon, urandom)
        assert database.run(service.prohibitions, RESIDENT) == []
    assert database.run(entries) == ["consent.prohibited", "consent.prohibition_lifted"]


def test_the_key_of_one_prohibition_is_no_other_s(database: Database, noon: datetime) -> None:
    wish = prohibit()
    database.run(service.prohibit, wish, noon, urandom)
    other = replace(wish, prohibition=replace(wish.prohibition, category=None))
    with pytest.raises(KeyReusedError):
        database.run(service.prohibit, other, noon, urandom)


def test_what_was_lifted_is_not_placed_again_by_the_same_wish(
    database: Database, noon: datetime
) -> None:
    """As by a page that the browser went back to, which would say that it is prohibited."""
    wish = prohibit()
    database.run(service.prohibit, wish, noon, urandom)
    database.run(service.lift, lifting(wish), noon, urandom)
    with pytest.raises(KeyReusedError):
        database.run(service.prohibit, wish, noon, urandom)


@pytest.mark.parametrize("by", [Prohibitor.AUTHORITY, Prohibitor.COURT])
def test_what_others_prohibit_has_a_reason_and_the_person_cannot_lift_it(
    database: Database, noon: datetime, by: Prohibitor
) -> None:
    with pytest.raises(NoReasonError):
        database.run(service.prohibit, prohibit(by, " "), noon, urandom)
    wish = prohibit(by, "a court order")
    database.run(service.prohibit, wish, noon, urandom)
    by_the_person = replace(lifting(wish), by=Prohibitor.PERSON)
    with pytest.raises(NotYoursError):
        database.run(service.lift, by_the_person, noon, urandom)
    with pytest.raises(NoSuchProhibitionError):
        database.run(
            service.lift, replace(lifting(wish), resident_id=UUID(int=2)), noon, urandom
        )
    assert database.run(service.prohibitions, RESIDENT) == [wish.prohibition]
