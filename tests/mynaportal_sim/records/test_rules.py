"""What the rules of a consent give and keep back, in pages, totals, reads and references."""

from dataclasses import replace
from datetime import timedelta
from os import urandom
from uuid import uuid4

import pytest

from consent import service
from consent.model import MYSELF, ONCE, Effect, Prohibition, Prohibitor, Usage
from consent.policy import Reason
from consent.service import Lift, Prohibit, Reduction
from mynaportal_sim.records.access import look, settle
from mynaportal_sim.records.demand import Demand, Refused, Released
from mynaportal_sim.records.model import Query, Read
from tests.mynaportal_sim.records.kit import (
    APP,
    NOW,
    OBSERVATIONS,
    World,
    ask,
    codes_of,
    logged,
    observations,
    released,
    rule,
)


def test_what_is_kept_back_is_in_no_page_total_read_or_reference(world: World) -> None:
    [record, *rest] = observations(world)
    coded = min(codes_of(record))
    kept_back = replace(rule("checkup"), effect=Effect.DENY)
    for conditions in ({"items": (record.id,)}, {"codes": (coded,)}):
        version = world.grant(rule("checkup"), replace(kept_back, **conditions))
        token = world.token(version)
        page = released(world, token, OBSERVATIONS).page
        shown = {one.id for one in page.records}
        assert record.id not in shown
        assert len(shown) == page.total < len(observations(world))
        assert released(world, token, Read("Observation", record.id)).page.total == 0
        reports = released(world, token, Query("DiagnosticReport")).page
        named = {target for one in reports.records for target in one.refers_to}
        assert record.id in named  # so that the reference to it has to be cut
        assert record.id in reports.hidden
    assert {one.id for one in rest} >= shown


def test_only_what_has_a_code_or_a_label_is_released_where_only_that_is_given(
    world: World,
) -> None:
    record = observations(world)[0]
    coded = min(codes_of(record))
    same = {one.id for one in observations(world) if coded in codes_of(one)}
    version = world.grant(replace(rule("checkup"), codes=(coded,)))
    page = released(world, world.token(version), OBSERVATIONS).page
    assert {one.id for one in page.records} == same
    marked = "http://terminology.hl7.org/CodeSystem/v3-ActReason|HTEST"
    for label, count in ((marked, len(observations(world))), ("x|PSY", 0)):
        version = world.grant(replace(rule("checkup"), labels=(label,)))
        assert released(world, world.token(version), OBSERVATIONS).page.total == count


def test_once_is_all_that_one_token_fetches_and_no_more(world: World) -> None:
    version = world.grant(rule("checkup"), usage=ONCE)
    first, second = world.token(version), world.token(version)
    for _ in range(3):
        released(world, first, OBSERVATIONS)
    assert ask(world, second, OBSERVATIONS) == Refused(Reason.EXHAUSTED)
    released(world, first, Query("DiagnosticReport"))
    assert logged(world)[0] == "access.permitted"


@pytest.mark.parametrize(
    ("app_id", "category", "barred"),
    [
        pytest.param(None, None, True, id="everything"),
        pytest.param(APP, None, True, id="this app"),
        pytest.param(None, "checkup", True, id="this category"),
        pytest.param(APP, "checkup", True, id="this app and category"),
        pytest.param("app-2", None, False, id="another app"),
        pytest.param(None, "medication", False, id="another category"),
    ],
)
def test_what_is_prohibited_is_not_released_whatever_was_consented_to(
    world: World, app_id: str | None, category: str | None, *, barred: bool
) -> None:
    token = world.token(world.grant(rule("checkup")))
    wish = prohibition(world, Prohibition(uuid4(), Prohibitor.PERSON, app_id, category))
    world.database.run(service.prohibit, wish, NOW, urandom)
    answer = ask(world, token, OBSERVATIONS)
    assert (answer == Refused(Reason.PROHIBITED)) is barred
    lift = Lift(world.resident.id, wish.prohibition.id, Prohibitor.PERSON, wish.holder, "x")
    world.database.run(service.lift, lift, NOW, urandom)
    released(world, token, OBSERVATIONS)


def test_a_prohibition_between_the_decision_and_the_release_holds_the_release_back(
    world: World,
) -> None:
    token = world.token(world.grant(rule("checkup")))
    demand = Demand(token, OBSERVATIONS, "GET Observation", NOW)
    seen = world.database.run(look, demand, world.pseudonyms, world.resident_of)
    wish = prohibition(world, Prohibition(uuid4(), Prohibitor.PERSON, APP))
    world.database.run(service.prohibit, wish, NOW, urandom)
    answer = world.database.run(settle, demand, seen, urandom)
    assert answer == Refused(Reason.PROHIBITED)
    assert logged(world)[0] == "access.refused"


def prohibition(world: World, what: Prohibition) -> Prohibit:
    holder = world.pseudonyms.holder(world.resident.id)
    return Prohibit(world.resident.id, what, holder, "browser")


def test_to_take_a_part_back_begins_no_interval_anew(world: World) -> None:
    given = (rule("checkup"), rule("medication"))
    version = world.grant(*given, usage=Usage(min_interval=timedelta(days=1)))
    assert isinstance(ask(world, world.token(version), OBSERVATIONS), Released)
    wish = Reduction(
        uuid4(),
        version.resident_id,
        version.arrangement_id,
        version.id,
        frozenset({"medication"}),
        version.terms.notice,
        version.evidence,
        world.pseudonyms.holder(version.resident_id),
        MYSELF,
    )
    left = world.database.run(service.reduce, wish, NOW, urandom)
    assert ask(world, world.token(left), OBSERVATIONS) == Refused(Reason.TOO_SOON)
