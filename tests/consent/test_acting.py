"""What is done under mandates and with them, stored: grants, assents, codes, blocks, ends."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from os import urandom
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection

from consent import service
from consent.errors import (
    IllegalTransitionError,
    InvalidTermsError,
    MandateNotInForceError,
    NoReasonError,
    NoSuchInvitationError,
)
from consent.ledger.copies import Copy
from consent.ledger.entry import read_body
from consent.ledger.store import of_holder
from consent.mandate import (
    ENTITLED,
    FATES,
    Act,
    Ending,
    Fate,
    Mandate,
    MandateEvent,
    MandateState,
    Party,
    Scope,
    lapses_with,
    to_review,
)
from consent.model import (
    ConsentVersion,
    Evidence,
    Granter,
    Prohibition,
    Prohibitor,
    Role,
    Status,
)
from consent.service import Known, MandateChange, Prohibit, Proposal
from mynaportal_sim.database import Database
from tests.consent.conftest import NOON
from tests.consent.kit import HOLDER, answered, entries, granted_to, withdrawal
from tests.consent.mandates import REPRESENTING, a_mandate

KNOWN = Known(lambda _: HOLDER, "soft")


def registered(database: Database, role: Role, principal: UUID) -> Mandate:
    mandate = a_mandate(role, principal)
    assert database.run(service.register, mandate, HOLDER, NOON, urandom)
    return mandate


def under(proposal: Proposal, mandate: Mandate) -> Proposal:
    granter = Granter(mandate.role, mandate.id, lapses_with(mandate))
    return replace(proposal, id=uuid4(), granter=granter)


def moved(database: Database, mandate: Mandate, event: MandateEvent, party: Party) -> Mandate:
    wish = MandateChange(
        event, mandate.principal, mandate.id, party, HOLDER, "browser", "so it was decided"
    )
    return database.run(service.change_mandate, wish, NOON, urandom)


def as_it_is(database: Database, version: ConsentVersion, at: datetime = NOON) -> Status:
    found = database.run(service.newest, version.resident_id, version.arrangement_id)
    assert found is not None
    return found.status(at)


def test_what_a_guardian_gave_lapses_by_the_clock(
    database: Database, proposal: Proposal
) -> None:
    guardian = registered(database, Role.GUARDIAN, proposal.resident_id)
    soon = NOON + timedelta(days=3)
    version = granted_to(database, under(proposal, replace(guardian, lapses_at=soon)), NOON)
    ids = (version.resident_id, version.arrangement_id, version.id)
    before, at = soon - timedelta(seconds=1), soon
    assert (as_it_is(database, version, before), as_it_is(database, version, at)) == (
        Status.GRANTED,
        Status.LAPSED,
    )
    assert database.run(service.recheck, *ids, before)
    assert not database.run(service.recheck, *ids, at)
    assert version.gives_until == soon


def test_the_last_look_is_at_the_instant_at_which_it_counts(
    database: Database, proposal: Proposal
) -> None:
    """Whatever a page found before; a birthday comes between the page and this."""
    birthday = NOON + timedelta(days=1)
    guardian = replace(a_mandate(Role.GUARDIAN, proposal.resident_id), lapses_at=birthday)
    assert database.run(service.register, guardian, HOLDER, NOON, urandom)
    asked = under(proposal, guardian)
    version = granted_to(database, asked, NOON)
    wish = replace(withdrawal(version), acting=asked.granter)
    what = Prohibition(uuid4(), Prohibitor.PERSON)
    barring = Prohibit(proposal.resident_id, what, HOLDER, "soft", acting=asked.granter)
    again, rules = under(proposal, guardian), asked.terms.rules
    units: list[Callable[[Connection], object]] = [
        lambda connection: service.answer(connection, again, rules, birthday, urandom),
        lambda connection: service.agree(connection, again, rules, birthday, urandom),
        lambda connection: service.defer(connection, again, birthday, urandom),
        lambda connection: service.change(connection, wish, birthday, urandom),
        lambda connection: service.prohibit(connection, barring, birthday, urandom),
    ]
    for unit in units:
        with pytest.raises(MandateNotInForceError):
            database.run(unit)
    moment = birthday - timedelta(seconds=1)
    assert database.run(service.prohibit, barring, moment, urandom).prohibition == what


@pytest.mark.parametrize("role", REPRESENTING)
@pytest.mark.parametrize(
    ("event", "ending"),
    [(MandateEvent.END, Ending.ENDED), (MandateEvent.REVOKE, Ending.REVOKED)],
)
def test_consents_stay_for_review_or_lapse_as_the_table_says(
    database: Database, proposal: Proposal, role: Role, event: MandateEvent, ending: Ending
) -> None:
    mandate = registered(database, role, proposal.resident_id)
    version = granted_to(database, under(proposal, mandate), NOON)
    party = Party.PRINCIPAL if Party.PRINCIPAL in ENTITLED[role][event] else Party.AUTHORITY
    moved(database, mandate, event, party)
    stays = FATES[role, ending] is Fate.STAYS
    assert as_it_is(database, version) is (Status.GRANTED if stays else Status.LAPSED)
    over = database.run(service.acting_for, proposal.resident_id)
    [history] = database.run(service.of_resident, proposal.resident_id)
    assert to_review(history.versions, over, NOON) == ({version.id} if stays else frozenset())
    with pytest.raises(MandateNotInForceError):
        granted_to(database, under(proposal, mandate), NOON)


@pytest.mark.parametrize("role", REPRESENTING)
def test_a_block_undoes_what_its_agent_gave_and_lets_them_give_nothing(
    database: Database, proposal: Proposal, role: Role
) -> None:
    mandate = registered(database, role, proposal.resident_id)
    assert mandate.agent is not None
    version = granted_to(database, under(proposal, mandate), NOON)
    args = (proposal.resident_id, mandate.agent, HOLDER, NOON, urandom)
    assert database.run(service.block, *args)
    assert not database.run(service.block, *args)
    assert as_it_is(database, version) is Status.LAPSED
    assert database.run(service.represented_by, mandate.agent) == []
    with pytest.raises(MandateNotInForceError):
        granted_to(database, under(proposal, mandate), NOON)
    wish = replace(withdrawal(version), acting=under(proposal, mandate).granter)
    with pytest.raises(MandateNotInForceError):
        database.run(service.change, wish, NOON, urandom)
    [blocked] = [
        logged
        for logged in database.run(of_holder, HOLDER, NOON, 100)
        if b'"mandate.blocked"' in logged.leaf
    ]
    assert blocked.body is not None
    assert set(read_body(blocked.body)) == {"at", "holder"}
    assert database.run(service.unblock, *args)
    assert as_it_is(database, version) is Status.LAPSED


@pytest.mark.parametrize(
    "claimed",
    [
        pytest.param(lambda one: Granter(one.role, uuid4()), id="no such mandate"),
        pytest.param(lambda one: Granter(Role.GUARDIAN, one.id), id="another role"),
    ],
)
def test_nothing_is_given_under_what_is_merely_claimed(
    database: Database, proposal: Proposal, claimed: object
) -> None:
    assert callable(claimed)
    mandate = registered(database, Role.PROXY, proposal.resident_id)
    with pytest.raises(MandateNotInForceError):
        granted_to(database, replace(proposal, granter=claimed(mandate)), NOON)


def test_the_person_is_told_who_acted_and_the_app_only_as_what(
    database: Database, proposal: Proposal
) -> None:
    mandate = registered(database, Role.PROXY, proposal.resident_id)
    acting = under(proposal, mandate)
    version = granted_to(database, acting, NOON)
    database.run(
        service.change, replace(withdrawal(version), acting=acting.granter), NOON, urandom
    )
    for logged in database.run(of_holder, HOLDER, NOON, 2):
        assert logged.body is not None
        opened = read_body(logged.body)
        person, app = (
            {name: shown.value for name, shown in copy.of(opened).items()}
            for copy in (Copy.PERSON, Copy.APP)
        )
        assert (person["acting_role"], person["acting_mandate"]) == ("proxy", str(mandate.id))
        assert app["acting_role"] == "proxy"
        assert str(mandate.id) not in str(app)


def test_a_guardians_word_waits_for_the_minors(database: Database, proposal: Proposal) -> None:
    guardian = registered(database, Role.GUARDIAN, proposal.resident_id)
    asked = under(proposal, guardian)
    checkup = tuple(rule for rule in asked.terms.rules if rule.category == "checkup")
    agreed = database.run(service.agree, asked, checkup, NOON, urandom)
    assert agreed.status(NOON) is Status.DEFERRED
    assert database.run(service.awaiting_assent, proposal.resident_id) == {agreed.id}
    mine = Evidence("soft", "jpki")
    given = replace(asked, terms=agreed.terms)
    with pytest.raises(InvalidTermsError):  # what the guardian kept back stays kept back
        database.run(service.assent, given, asked.terms.rules, mine, NOON, urandom)
    version = database.run(service.assent, given, checkup, mine, NOON, urandom)
    assert version.status(NOON) is Status.GRANTED
    assert version.granter.role is Role.GUARDIAN
    assert version.terms.categories == {"checkup"}
    assert database.run(service.awaiting_assent, proposal.resident_id) == frozenset()
    with pytest.raises(IllegalTransitionError):
        database.run(service.assent, given, checkup, mine, NOON, urandom)
    told = database.run(entries)
    assert told[-3:] == ["consent.agreed", "consent.granted", "consent.assented"]


def test_what_awaits_an_assent_is_cancelled_with_the_guardians_mandate(
    database: Database, proposal: Proposal
) -> None:
    guardian = registered(database, Role.GUARDIAN, proposal.resident_id)
    asked = under(proposal, guardian)
    database.run(service.agree, asked, asked.terms.rules, NOON, urandom)
    moved(database, guardian, MandateEvent.REVOKE, Party.AUTHORITY)
    mine = Evidence("soft", "jpki")
    with pytest.raises(MandateNotInForceError):
        database.run(service.assent, asked, asked.terms.rules, mine, NOON, urandom)


def test_a_code_makes_one_proxy_once(database: Database) -> None:
    proposed = replace(a_mandate(), agent=None, state=MandateState.PROPOSED, state_since=NOON)
    agent = uuid4()
    database.run(service.invite, proposed, "ABCD-EFGH-IJKL-MNOP", KNOWN, NOON, urandom)
    late = NOON + timedelta(days=7)
    for code, who, at in (
        ("ABCD-EFGH-IJKL-MNOQ", agent, NOON),
        ("ABCD-EFGH-IJKL-MNOP", proposed.principal, NOON),
        ("ABCD-EFGH-IJKL-MNOP", agent, late),
    ):
        with pytest.raises(NoSuchInvitationError):
            database.run(service.accept, code, who, KNOWN, at, urandom)
    accepted = database.run(service.accept, "abcd efgh ijkl mnop", agent, KNOWN, NOON, urandom)
    assert database.run(service.represented_by, agent) == [accepted]
    with pytest.raises(NoSuchInvitationError):
        database.run(service.accept, "ABCD-EFGH-IJKL-MNOP", uuid4(), KNOWN, NOON, urandom)


def test_a_code_outlives_its_week_no_more_than_what_it_is_for(database: Database) -> None:
    a_day_on = NOON + timedelta(days=1)
    proposed = replace(
        a_mandate(),
        agent=None,
        state=MandateState.PROPOSED,
        state_since=NOON,
        valid_until=a_day_on,
    )
    database.run(service.invite, proposed, "ABCD-EFGH-IJKL-MNOP", KNOWN, NOON, urandom)
    agent = uuid4()
    assert database.run(service.invited, "ABCD-EFGH-IJKL-MNOP", agent, NOON) == proposed
    with pytest.raises(NoSuchInvitationError):
        database.run(service.invited, "ABCD-EFGH-IJKL-MNOP", agent, a_day_on)
    with pytest.raises(NoSuchInvitationError):
        database.run(service.accept, "ABCD-EFGH-IJKL-MNOP", agent, KNOWN, a_day_on, urandom)


def test_a_code_tells_one_who_is_kept_away_nothing(database: Database) -> None:
    proposed = replace(a_mandate(), agent=None, state=MandateState.PROPOSED, state_since=NOON)
    agent = uuid4()
    database.run(service.invite, proposed, "ABCD-EFGH-IJKL-MNOP", KNOWN, NOON, urandom)
    database.run(service.block, proposed.principal, agent, HOLDER, NOON, urandom)
    with pytest.raises(NoSuchInvitationError):
        database.run(service.invited, "ABCD-EFGH-IJKL-MNOP", agent, NOON)


def test_an_authority_says_why(database: Database) -> None:
    mandate = registered(database, Role.PROXY, uuid4())
    wish = MandateChange(
        MandateEvent.REVOKE, mandate.principal, mandate.id, Party.AUTHORITY, HOLDER, "x", " "
    )
    with pytest.raises(NoReasonError):
        database.run(service.change_mandate, wish, NOON, urandom)


def test_a_refusal_takes_no_mandate_to_consent(database: Database, proposal: Proposal) -> None:
    mandate = replace(
        a_mandate(Role.PROXY, proposal.resident_id), scope=Scope(frozenset({Act.WITHDRAW}))
    )
    database.run(service.register, mandate, HOLDER, NOON, urandom)
    assert answered(database, under(proposal, mandate), (), NOON).status(NOON) is Status.DENIED
    with pytest.raises(MandateNotInForceError):
        granted_to(database, under(proposal, mandate), NOON)
