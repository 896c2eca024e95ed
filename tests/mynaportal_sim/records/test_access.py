"""The gate: nothing leaves without a consent that stands, and nothing leaves unlogged."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from os import urandom
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, event

from consent import policy
from consent.ledger import store as ledger
from consent.ledger.entry import read_leaf
from consent.policy import (
    Decision,
    MinimumCell,
    Notify,
    Obligation,
    Permit,
    Reason,
    Redact,
    decide,
)
from mynaportal_sim.database import Database
from mynaportal_sim.domains.base import Record, resource
from mynaportal_sim.domains.catalogue import DOMAINS
from mynaportal_sim.records import access, generate, store
from mynaportal_sim.records.demand import Answer, Demand, Refused, Released, TokenFault
from mynaportal_sim.records.errors import UnknownAnchorError
from mynaportal_sim.records.model import Query, Read, Token, TokenTest
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
    withdraw,
)


def test_only_consented_periods_are_released_and_counted(world: World) -> None:
    token = world.token(world.grant(rule("checkup", "2023-01-01", "2024-12-31")))
    page = released(world, token, OBSERVATIONS).page
    expected = {
        record.id
        for record in observations(world)
        if record.on is not None and 2023 <= record.on.year <= 2024
    }
    assert {record.id for record in page.records} == expected
    assert page.total == len(expected) > 0


def test_pages_hold_every_record_once_newest_first(world: World) -> None:
    token = world.token(world.grant(rule("checkup")))
    seen: list[UUID] = []
    query: Query | None = replace(OBSERVATIONS, count=40)
    while query is not None:
        page = released(world, token, query).page
        assert page.total == len(observations(world))
        seen += [record.id for record in page.records]
        query = replace(query, after=seen[-1]) if page.more else None
    days = {record.id: record.on or date.min for record in observations(world)}
    assert sorted(seen) == sorted(days)
    assert [days[record] for record in seen] == sorted(days.values(), reverse=True)


def test_a_page_after_a_record_that_is_out_of_sight_is_refused(world: World) -> None:
    token = world.token(world.grant(rule("checkup", "2023-01-01", "2023-12-31")))
    for hidden in (
        next(r.id for r in observations(world) if r.on and r.on.year == 2025),
        uuid4(),
    ):
        with pytest.raises(UnknownAnchorError):
            ask(world, token, replace(OBSERVATIONS, after=hidden))


def test_tokens_find_by_code_and_system(world: World) -> None:
    token = world.token(world.grant(rule("checkup")))
    jlac10, height = "urn:oid:1.2.392.200119.4.504", "9N001000000000001"
    for sought, found in (
        (Token(None, height), 5),
        (Token(jlac10, height), 5),
        (Token(jlac10, None), len(observations(world))),
        (Token("urn:oid:1.2.3", height), 0),
        (Token("", height), 0),
        (Token(None, "' OR 1=1 --"), 0),
    ):
        query = replace(OBSERVATIONS, tokens=(TokenTest("code", (sought,)),))
        assert released(world, token, query).page.total == found, sought


def test_a_read_outside_the_consent_is_like_one_of_nothing(world: World) -> None:
    token = world.token(world.grant(rule("checkup", "2023-01-01", "2023-12-31")))
    days = {record.on.year: record.id for record in observations(world) if record.on}
    neighbours = next(
        record.id
        for record in DOMAINS[1].records(world.neighbour, NOW.date())
        if record.resource_type == "Observation"
    )
    assert released(world, token, Read("Observation", days[2023])).page.total == 1
    empty = released(world, token, Read("Observation", None)).page
    for out_of_sight in (days[2024], neighbours, uuid4()):
        assert released(world, token, Read("Observation", out_of_sight)).page == empty
    assert released(world, token, Read("DiagnosticReport", days[2023])).page == empty


def test_what_belongs_to_no_day_needs_its_category_only(world: World) -> None:
    token = world.token(world.grant(rule("basic", "2026-11-01", "2026-11-01")))
    page = released(world, token, Query("Patient")).page
    assert [record.id for record in page.records] == [world.resident.id]
    assert released(world, token, Read("Patient", world.resident.id)).page.total == 1


def test_a_category_that_was_not_given_is_refused_and_logged(world: World) -> None:
    version = world.grant(rule("checkup"))
    answer = ask(world, world.token(version), Query("MedicationDispense"))
    assert answer == Refused(Reason.OTHER_CATEGORY)
    kind, fields = logged(world)
    assert kind == "access.refused"
    assert fields["reason"] == "other_category"
    assert fields["categories"] == ["medication"]
    assert fields["consent_version"] == str(version.id)


@dataclass(frozen=True)
class Unheard:
    """An obligation that came after the gate was written."""


@pytest.mark.parametrize(
    ("obligation", "refusal"),
    [
        pytest.param(Redact(UUID(int=1)), None, id="to cut out"),
        pytest.param(MinimumCell(10), Reason.ONLY_STATISTICS, id="to give statistics only"),
        pytest.param(Notify("他社"), Reason.DUTY_UNKEPT, id="to notify"),
        pytest.param(Unheard(), Reason.DUTY_UNKEPT, id="to something unheard of"),
    ],
)
def test_what_a_permit_obliges_to_is_kept_or_nothing_leaves(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    obligation: Obligation,
    refusal: Reason | None,
) -> None:
    version = world.grant(rule("checkup"))

    def obliging(*asked: Any) -> Decision:
        decision = decide(*asked)
        assert isinstance(decision, Permit)
        return replace(decision, obligations=decision.obligations | {obligation})

    monkeypatch.setattr(policy, "decide", obliging)
    answer = ask(world, world.token(version), OBSERVATIONS)
    kind, fields = logged(world)
    assert fields["consent_version"] == str(version.id)
    if refusal is None:
        assert isinstance(answer, Released)
        return
    assert answer == Refused(refusal)
    assert (kind, fields["reason"]) == ("access.refused", refusal.value)


def test_an_access_is_one_entry_that_says_who_why_and_what(world: World) -> None:
    version = world.grant(rule("checkup"), rule("medication"))
    page = released(world, world.token(version), OBSERVATIONS).page
    kind, fields = logged(world)
    assert kind == "access.permitted"
    del fields["at"], fields["holder"]
    assert fields == {
        "app_id": APP,
        "app_name": "健康ノート",
        "arrangement": str(version.arrangement_id),
        "consent_version": str(version.id),
        "purpose": "self-care",
        "purpose_text": "健診結果をグラフで表示するため",
        "legal_basis": "APPI-27-1",
        "supervisor": "個人情報保護委員会",
        "categories": ["checkup"],
        "count": len(page.records),
        "planted": 0,
        "request": "GET Observation",
    }
    assert len(world.database.run(ledger.newest, 10)) == 2
    assert str(world.resident.id) not in str(fields)


def test_a_withdrawal_by_another_process_refuses_the_very_next_access(world: World) -> None:
    version = world.grant(rule("checkup"))
    token = world.token(version)
    released(world, token, OBSERVATIONS)
    other_process = Database(world.database.url)
    withdraw(world, other_process, version)
    other_process.close()
    assert ask(world, token, OBSERVATIONS) == Refused(Reason.WITHDRAWN)
    assert logged(world)[1]["reason"] == "withdrawn"


def test_a_withdrawal_between_decision_and_release_still_refuses(world: World) -> None:
    version = world.grant(rule("checkup"))
    demand = Demand(world.token(version), OBSERVATIONS, "GET Observation", NOW)
    seen = world.database.run(access.look, demand, world.pseudonyms, world.resident_of)
    assert seen is not None
    assert seen.objection is None
    withdraw(world, world.database, version)
    answer = world.database.run(access.settle, demand, seen, urandom)
    assert answer == Refused(Reason.WITHDRAWN)
    assert logged(world)[0] == "access.refused"


def test_a_newer_consent_ends_the_tokens_of_the_older(world: World) -> None:
    token = world.token(world.grant(rule("checkup")))
    world.grant(rule("medication"))
    assert ask(world, token, OBSERVATIONS) == Refused(Reason.REPLACED)


def test_a_consent_that_has_run_out_refuses(world: World) -> None:
    token = world.token(world.grant(rule("checkup")))
    late = Demand(token, OBSERVATIONS, "GET Observation", NOW + timedelta(days=90))
    assert asyncio.run(world.gate.access(late)) == Refused(Reason.EXPIRED)


def test_a_token_that_leads_to_nobody_any_more_is_refused(world: World) -> None:
    token = replace(world.token(world.grant(rule("checkup"))), subject="revoked")
    assert ask(world, token, OBSERVATIONS) == Refused(TokenFault.REVOKED)
    kind, fields = logged(world)
    assert (kind, fields["reason"]) == ("access.refused", "token_revoked")
    assert "holder" not in fields


def test_a_search_for_another_patient_is_refused(world: World) -> None:
    token = world.token(world.grant(rule("checkup")))
    own = world.pseudonyms.logical_id(APP, world.resident.id)
    other = world.pseudonyms.logical_id(APP, world.neighbour.id)
    released(world, token, replace(OBSERVATIONS, patients=frozenset({own})))
    for patients in ({other}, {own, other}, {""}):
        query = replace(OBSERVATIONS, patients=frozenset(patients))
        assert ask(world, token, query) == Refused(Reason.OTHER_PARTY)


def test_of_twenty_parallel_uses_of_one_proof_exactly_one_succeeds(world: World) -> None:
    token = world.token(world.grant(rule("checkup")))
    proof = ("jti-1", NOW + timedelta(minutes=5))
    demand = Demand(token, replace(OBSERVATIONS, count=1), "GET Observation", NOW, proof)

    async def at_once() -> list[Answer]:
        return await asyncio.gather(*(world.gate.access(demand) for _ in range(20)))

    answers = asyncio.run(at_once())
    assert sum(isinstance(answer, Released) for answer in answers) == 1
    assert answers.count(Refused(TokenFault.REPLAYED_PROOF)) == 19
    kinds = Counter(
        read_leaf(entry.leaf).type for entry in world.database.run(ledger.newest, 20)
    )
    assert kinds == {"access.permitted": 1, "access.refused": 19}


def test_a_reference_to_what_the_consent_hides_is_reported(world: World) -> None:
    first, second, report = uuid4(), uuid4(), uuid4()
    drawn = [
        Record(first, date(2025, 5, 1), resource("Observation", first)),
        Record(second, date(2024, 5, 1), resource("Observation", second)),
        Record(report, date(2025, 5, 1), resource("DiagnosticReport", report), (first, second)),
    ]
    world.database.run(store.add, world.resident.id, "checkup", drawn)
    token = world.token(world.grant(rule("checkup", "2025-01-01", "2025-12-31")))
    for wish in (Read("DiagnosticReport", report), Query("DiagnosticReport")):
        assert released(world, token, wish).page.hidden == {second}


def test_filling_again_adds_only_what_the_clock_has_brought(world: World) -> None:
    token = world.token(world.grant(rule("checkup", last="2028-12-31")))
    before = released(world, token, OBSERVATIONS).page
    world.database.run(generate.fill, world.resident, NOW.date())
    assert released(world, token, OBSERVATIONS).page == before
    world.database.run(generate.fill, world.resident, date(2028, 3, 31))
    later = released(world, token, OBSERVATIONS).page
    assert set(before.records) < set(later.records)


def test_every_statement_on_records_names_the_resident(world: World) -> None:
    token = world.token(world.grant(rule("checkup")))
    statements: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine = world.database.engine
    event.listen(engine, "before_cursor_execute", note)
    query = replace(
        OBSERVATIONS, count=3, tokens=(TokenTest("category", (Token(None, "exam"),)),)
    )
    wishes: list[Query | Read] = [
        query,
        Query("DiagnosticReport"),
        Read("Observation", uuid4()),
    ]
    last = released(world, token, query).page.records[-1].id
    for wish in [*wishes, replace(query, after=last)]:
        demand = Demand(token, wish, "GET", NOW)
        world.database.run(access.look, demand, world.pseudonyms, world.resident_of)
    world.database.run(generate.fill, world.resident, NOW.date())
    event.remove(engine, "before_cursor_execute", note)
    about_records = [text for text in statements if "record" in text]
    assert len(about_records) > 8
    assert all("resident_id" in text for text in about_records)
