"""The gate's door for authorities: apart from consent, held back, and bound by objections."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from os import urandom
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent import service
from consent.catalogue import LegalBasis
from consent.errors import KeyReusedError, NoSuchCaseError
from consent.ledger import store as ledger
from consent.ledger.entry import Logged, read_leaf
from consent.model import ConsentVersion, Prohibition, Prohibitor
from consent.policy import AccessRequest, Decision, decide
from consent.service import Prohibit, research, reviewing
from consent.service.reviewing import Finding
from consent.service.without import Call, Continuation, Opening, Subject
from consent.store import cases
from consent.without import RULES, Act, Objection, Policy, Refused, Status, Wish
from mynaportal_sim.domains.catalogue import DOMAINS, HEALTH
from mynaportal_sim.records.access import Door
from mynaportal_sim.records.lawful import Handed
from tests.mynaportal_sim.records.kit import APP, NOW, World, logged, rule

POLICY = Policy(HEALTH)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WISH = Wish(
    LegalBasis.BREAK_GLASS,
    "東京消防庁",
    "救急隊員0417",
    "意識のない状態で搬送中。服用中の薬と禁忌を知りたい",
    frozenset({"medication"}),
    told_after=3 * DAY,
)
RESEARCH = replace(WISH, basis=LegalBasis.MEDICAL_RESEARCH, told_after=timedelta(0))


@dataclass(frozen=True, slots=True)
class Agency:
    """Somebody who looks at the first resident's data."""

    world: World

    @property
    def subject(self) -> Subject:
        resident_id = self.world.resident.id
        return Subject(resident_id, self.world.pseudonyms.holder(resident_id))

    def call(self, call: Call) -> Handed | Refused:
        return asyncio.run(Door(self.world.database, POLICY, urandom).without_consent(call))

    def open(self, wish: Wish = WISH, at: datetime = NOW) -> Handed | Refused:
        return self.call(Opening(self.subject, uuid4(), wish, at))

    def opened(self, wish: Wish = WISH, at: datetime = NOW) -> Handed:
        answer = self.open(wish, at)
        assert isinstance(answer, Handed)
        return answer

    def shown(self, at: datetime) -> list[str]:
        """The types of the entries that the person is shown, the newest first."""
        found: list[Logged] = self.world.database.run(
            ledger.of_holder, self.subject.holder, at, 100
        )
        return [read_leaf(one.leaf).type for one in found]

    def prohibit(self, by: Prohibitor) -> None:
        what, subject = Prohibition(uuid4(), by), self.subject
        wish = Prohibit(subject.resident_id, what, subject.holder, "command", reason="決定")
        self.world.database.run(service.prohibit, wish, NOW, urandom)


@pytest.fixture
def agency(world: World) -> Agency:
    return Agency(world)


@pytest.mark.parametrize(
    "basis", [one for one in RULES if not (RULES[one].notified or RULES[one].registered)]
)
def test_each_basis_hands_over_what_it_reaches_and_says_so(
    agency: Agency, basis: LegalBasis
) -> None:
    handed = agency.opened(replace(WISH, basis=basis))
    drawn = [
        record
        for domain in DOMAINS
        if domain.category.code == "medication"
        for record in domain.records(agency.world.resident, NOW.date())
    ]
    assert {one.id for one in handed.records} == {one.id for one in drawn}
    type_, fields = logged(agency.world)
    assert type_ == "access.without_consent"
    assert fields["legal_basis"] == basis.value
    assert fields["authority"] == WISH.authority
    assert fields["officer"] == WISH.officer
    assert fields["reason"] == WISH.reason
    assert fields["count"] == len(drawn)
    assert fields["case"] == str(handed.case.id)


def test_nobody_can_be_called_up_before_there_is_a_register(agency: Agency) -> None:
    wish = replace(WISH, basis=LegalBasis.CALL_UP, told_after=timedelta(0))
    assert agency.open(wish) == Refused(Objection.NOT_REGISTERED)


def test_the_person_is_shown_nothing_before_the_day_and_all_from_then_on(
    agency: Agency,
) -> None:
    case = agency.opened().case
    agency.open(replace(WISH, reason="緊急"))
    run, holder = agency.world.database.run, agency.subject.holder
    finding = Finding(case.id, Act.OBJECT, "監察官02", "搬送の記録がない")
    run(reviewing.settle, finding, NOW + DAY, urandom)
    for at in (NOW, NOW + 3 * DAY - timedelta(seconds=1)):
        assert agency.shown(at) == []
        assert run(cases.told, holder, at) == []
        assert run(cases.counted, at) == []
    assert agency.shown(NOW + 3 * DAY) == [
        "review.objected",
        "access.without_consent_refused",
        "access.without_consent",
    ]
    [told] = run(cases.told, holder, NOW + 3 * DAY)
    assert told.status(NOW + 99 * DAY) is Status.OBJECTED
    assert len(run(cases.counted, NOW + 3 * DAY)) == 1


def test_the_queue_names_the_most_urgent_first_and_forgets_what_is_settled(
    agency: Agency,
) -> None:
    later = agency.opened(replace(WISH, basis=LegalBasis.LAW)).case
    sooner = agency.opened().case
    run = agency.world.database.run
    assert [one.id for one in run(cases.queue, every=False)] == [sooner.id, later.id]
    run(reviewing.settle, Finding(sooner.id, Act.UPHOLD, "監察官02", "適切"), NOW, urandom)
    assert [one.id for one in run(cases.queue, every=False)] == [later.id]
    assert [one.id for one in run(cases.queue, every=True)] == [later.id, sooner.id]


def test_an_officer_looks_again_for_as_long_as_the_case_lasts(agency: Agency) -> None:
    case = agency.opened().case
    stranger = Subject(agency.world.neighbour.id, urandom(32))
    call = Continuation(agency.subject, case.id, WISH.officer, NOW + HOUR / 2)
    assert isinstance(agency.call(call), Handed)
    for refused, objection in (
        (replace(call, at=NOW + HOUR), Objection.CASE_ENDED),
        (replace(call, officer="救急隊員0001"), Objection.OTHER_CASE),
        (replace(call, subject=stranger), Objection.OTHER_CASE),
    ):
        assert agency.call(refused) == Refused(objection)
    with pytest.raises(KeyReusedError):
        agency.call(Opening(agency.subject, case.id, WISH, NOW))
    agency.prohibit(Prohibitor.COURT)
    assert agency.call(call) == Refused(Objection.COURT_ORDER)
    with pytest.raises(NoSuchCaseError):
        agency.call(replace(call, number=uuid4()))


def test_medical_research_waits_for_a_notice_and_stops_at_an_objection(agency: Agency) -> None:
    run, holder = agency.world.database.run, agency.subject.holder
    ready = NOW + POLICY.notice_beforehand
    assert agency.open(RESEARCH) == Refused(Objection.NOT_NOTIFIED)
    assert run(research.notify, holder, "認定作成事業者", NOW, urandom)
    assert not run(research.notify, holder, "認定作成事業者", ready, urandom)
    assert agency.open(RESEARCH, ready - DAY) == Refused(Objection.JUST_NOTIFIED)
    assert isinstance(agency.open(RESEARCH, ready), Handed)
    assert [run(research.opt_out, holder, ready, urandom) for _ in range(2)] == [True, False]
    assert agency.open(RESEARCH, ready) == Refused(Objection.OPTED_OUT)
    assert isinstance(agency.open(at=ready), Handed)
    assert [run(research.opt_in, holder, ready, urandom) for _ in range(2)] == [True, False]
    assert isinstance(agency.open(RESEARCH, ready), Handed)
    told = [one for one in agency.shown(ready) if one.startswith("research.")]
    assert told == ["research.opted_in", "research.opted_out", "research.notified"]


def _decision(world: World, version: ConsentVersion, category: str) -> Decision:
    request = AccessRequest(world.resident.id, APP, frozenset({category}))
    histories = world.database.run(service.of_resident, world.resident.id)
    versions = [one for history in histories for one in history.versions]
    assert version in versions
    placed = world.database.run(service.prohibitions, world.resident.id)
    return decide(request, versions, NOW, placed)


@given(
    st.sampled_from(list(LegalBasis)),
    st.sets(st.sampled_from(["basic", "checkup", "medication"])),
    st.booleans(),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_done_without_consent_consent_decides_as_before(
    world: World, basis: LegalBasis, categories: set[str], settled: bool
) -> None:
    agency, version = Agency(world), world.grant(rule("checkup"))
    before = [_decision(world, version, one) for one in ("checkup", "medication")]
    answer = agency.open(replace(WISH, basis=basis, categories=frozenset(categories)))
    if settled and isinstance(answer, Handed):
        finding = Finding(answer.case.id, Act.OBJECT, "監察官02", "不要")
        world.database.run(reviewing.settle, finding, NOW, urandom)
    world.database.run(research.opt_out, agency.subject.holder, NOW, urandom)
    assert [_decision(world, version, one) for one in ("checkup", "medication")] == before
