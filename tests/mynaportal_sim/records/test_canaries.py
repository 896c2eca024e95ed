"""A planted check-up is a record like any other to its app, and to nobody else is there."""

import json
from dataclasses import replace
from os import urandom
from uuid import UUID

import pytest

from consent.ledger import store as ledger
from consent.ledger.copies import Copy
from mynaportal_sim.disclosure.event import read
from mynaportal_sim.records import canaries
from mynaportal_sim.records.canaries import Planted, Plot
from mynaportal_sim.records.model import Query, Read
from tests.mynaportal_sim.records.kit import (
    APP,
    NOW,
    OBSERVATIONS,
    World,
    ask,
    logged,
    observations,
    released,
    rule,
)

REPORTS = Query("DiagnosticReport", count=1000)


def plant(world: World, app_id: str = APP) -> Planted:
    plot = Plot(world.resident, app_id, "健康ノート", world.pseudonyms)
    return world.database.run(canaries.plant, plot, NOW, urandom)


def test_it_is_counted_paged_and_read_like_the_others(world: World) -> None:
    token = world.token(world.grant(rule("checkup")))
    before = released(world, token, OBSERVATIONS).page
    canary = plant(world)
    page = released(world, token, OBSERVATIONS).page
    made_up = {record.id for record in page.records if record.planted}
    assert page.total == len(page.records) == before.total + len(made_up)
    assert len(made_up) == len(canary.marks.names) - 1  # and a report
    assert {record.id for record in page.records} - made_up == {r.id for r in before.records}
    seen: list[UUID] = []
    query: Query | None = replace(OBSERVATIONS, count=30)
    while query is not None:
        part = released(world, token, query).page
        assert part.total == page.total
        seen += [record.id for record in part.records]
        query = replace(query, after=seen[-1]) if part.more else None
    assert seen == [record.id for record in page.records]
    one = released(world, token, Read("Observation", next(iter(made_up)))).page
    assert one.records[0].planted
    [report] = [one for one in released(world, token, REPORTS).page.records if one.planted]
    assert set(report.refers_to) == made_up


def test_nothing_in_it_tells_it_from_the_others(world: World) -> None:
    token = world.token(world.grant(rule("checkup")))
    plant(world)
    found = released(world, token, OBSERVATIONS).page.records
    shapes: dict[bool, set[str]] = {True: set(), False: set()}
    for record in found:
        resource = json.loads(record.resource)
        code = resource["code"]["coding"][0]["code"]
        members = sorted(set(resource) - {"interpretation"})
        shapes[record.planted].add(f"{code} {members} {resource['meta']}")
    assert shapes[True]
    assert shapes[True] <= shapes[False]


def test_another_app_never_gets_it(world: World) -> None:
    token = world.token(world.grant(rule("checkup")))
    plant(world, app_id="app-2")
    page = released(world, token, OBSERVATIONS).page
    assert page.total == len(observations(world))
    assert not [record for record in page.records if record.planted]
    [canary] = world.database.run(canaries.planted, world.resident, world.pseudonyms)
    for name in canary.marks.names:
        hidden = world.pseudonyms.record_id("app-2", name)
        assert not released(world, token, Read("Observation", hidden)).page.records


@pytest.mark.parametrize(
    "period", [("2014-01-01", "2015-01-01"), ("2026-04-01", "2026-12-31")], ids=["old", "new"]
)
def test_what_the_consent_hides_stays_hidden(world: World, period: tuple[str, str]) -> None:
    token = world.token(world.grant(rule("checkup", *period)))
    before = released(world, token, OBSERVATIONS).page.total
    plant(world)
    assert released(world, token, OBSERVATIONS).page.total == before


def test_the_person_reads_how_many_were_theirs_and_the_app_does_not(world: World) -> None:
    token = world.token(world.grant(rule("checkup")))
    ask(world, token, OBSERVATIONS)
    _, without = logged(world)
    plant(world)
    page = released(world, token, OBSERVATIONS).page
    _, fields = logged(world)
    assert set(fields) == set(without)
    assert (without["planted"], fields["planted"]) == (0, page.total - len(observations(world)))
    [entry] = world.database.run(ledger.newest, 1)
    assert read(entry, Copy.APP.shut).count == page.total
    assert read(entry, Copy.PERSON.shut).count == len(observations(world))


def test_each_is_of_a_day_on_which_nothing_else_was(world: World) -> None:
    planted = [plant(world, app_id) for app_id in (APP, APP, "app-2")]
    real = {record.on for record in observations(world)}
    days = [one.day for one in planted]
    assert len(set(days)) == 3
    assert real.isdisjoint(days)


@pytest.mark.parametrize("kept", ["named", "stripped", "table"])
def test_a_copy_is_found_once_and_only_that_of_its_app(world: World, kept: str) -> None:
    token = world.token(world.grant(rule("checkup")))
    canary, other = plant(world), plant(world, "app-2")
    page = released(world, token, OBSERVATIONS).page
    copies = [json.loads(record.resource) for record in page.records]
    text = json.dumps([{**one, "id": ""} for one in copies])
    if kept == "named":
        text = " ".join(world.pseudonyms.logical_id(APP, record.id) for record in page.records)
    if kept == "table":
        text = "\n".join(
            f"{one['effectiveDateTime']},{one['valueQuantity']['value']}"
            for one in copies
            if "valueQuantity" in one
        )
    plot = Plot(world.resident, APP, "健康ノート", world.pseudonyms)
    for is_new in (True, False):
        found = world.database.run(canaries.report, plot, canary, text, NOW, urandom)
        assert found is not None
        assert found.is_new is is_new
    assert logged(world)[0] == "canary.found"
    rival = replace(plot, app_id="app-2")
    assert world.database.run(canaries.report, rival, other, text, NOW, urandom) is None
