"""Answers and withdrawals, stored: each is one event and one ledger entry, on both engines."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from os import urandom
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import Connection, event

from consent import service, store
from consent.errors import (
    IllegalTransitionError,
    InvalidTermsError,
    KeyReusedError,
    NoSuchArrangementError,
    StaleVersionError,
)
from consent.ledger import store as ledger
from consent.ledger.entry import read_body
from consent.model import (
    ConsentRule,
    ConsentVersion,
    Event,
    State,
)
from consent.policy import AccessRequest, Permit, decide
from consent.service import Change, Proposal
from mynaportal_sim.database import Database
from tests.consent.kit import HOLDER, answered, at_once, entries, events, granted_to, withdrawal

T = TypeVar("T")

SECOND = timedelta(seconds=1)


def test_a_grant_is_stored_as_it_was_given(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon + timedelta(microseconds=7))
    assert database.run(store.version, proposal.resident_id, proposal.id) == version
    assert (version.state, version.number, version.supersedes) == (State.GRANTED, 1, None)
    assert version.terms == proposal.terms
    assert version.answered_at == noon
    assert database.run(service.in_force, proposal.resident_id, proposal.app_id, noon) == (
        version,
    )


def test_granting_a_part_keeps_what_was_asked_beside_it(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    part = proposal.terms.rules[:1]
    answered(database, proposal, part, noon)
    stored = database.run(store.version, proposal.resident_id, proposal.id)
    assert stored is not None
    assert (stored.terms.rules, stored.asked) == (part, proposal.terms.rules)


def test_granting_nothing_is_a_denial(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    assert answered(database, proposal, (), noon).state is State.DENIED
    assert database.run(service.in_force, proposal.resident_id, proposal.app_id, noon) == ()


def test_nothing_is_stored_of_a_grant_beyond_what_was_asked(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    rule = replace(proposal.terms.rules[0], category="dental")
    with pytest.raises(InvalidTermsError):
        answered(database, proposal, (rule,), noon)
    assert database.run(service.of_resident, proposal.resident_id) == ()


def test_a_new_grant_supersedes_the_last_under_the_same_arrangement(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    first = granted_to(database, proposal, noon)
    second = granted_to(database, replace(proposal, id=uuid4()), noon + SECOND)
    assert (second.number, second.supersedes) == (2, first.id)
    [history] = database.run(service.of_resident, proposal.resident_id)
    superseded = replace(first, state=State.SUPERSEDED, state_since=noon + SECOND)
    assert history.versions == (second, superseded)
    assert database.run(service.in_force, proposal.resident_id, proposal.app_id, noon) == (
        second,
    )


def test_refusing_an_amendment_keeps_what_was_granted(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    first = granted_to(database, proposal, noon)
    refused = answered(database, replace(proposal, id=uuid4()), (), noon)
    assert (refused.number, refused.supersedes) == (2, first.id)
    assert database.run(service.in_force, proposal.resident_id, proposal.app_id, noon) == (
        first,
    )


def test_other_services_and_residents_have_arrangements_of_their_own(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    mine = granted_to(database, proposal, noon)
    also_mine = granted_to(database, replace(proposal, id=uuid4(), service="mail"), noon)
    granted_to(database, replace(proposal, id=uuid4(), resident_id=uuid4()), noon)
    histories = database.run(service.of_resident, proposal.resident_id)
    assert {history.versions for history in histories} == {(mine,), (also_mine,)}


def test_the_first_answer_to_a_proposal_holds(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    first = granted_to(database, proposal, noon)
    assert answered(database, proposal, (), noon + SECOND) == first
    assert database.run(events) == [Event.GRANT]
    assert database.run(entries) == ["consent.granted"]


def test_an_id_answers_one_arrangement_only(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    granted_to(database, proposal, noon)
    with pytest.raises(KeyReusedError):
        granted_to(database, replace(proposal, app_id="other"), noon)


def test_a_withdrawn_consent_gives_nothing_more(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    request = AccessRequest(
        version.resident_id, version.app_id, frozenset({"checkup"}), version.arrangement_id
    )
    by_app = partial(database.run, store.versions_of_app, version.resident_id, version.app_id)
    assert isinstance(decide(request, by_app(), noon), Permit)
    withdrawn = database.run(service.change, withdrawal(version), noon + SECOND, urandom)
    assert withdrawn == replace(version, state=State.WITHDRAWN, state_since=noon + SECOND)
    assert by_app() == (withdrawn,)
    assert not isinstance(decide(request, by_app(), noon), Permit)


def test_a_repeated_withdrawal_is_one_event(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    wish = withdrawal(granted_to(database, proposal, noon))
    first = database.run(service.change, wish, noon + SECOND, urandom)
    assert database.run(service.change, wish, noon + 2 * SECOND, urandom) == first
    assert database.run(events) == [Event.GRANT, Event.WITHDRAW]


def test_what_is_withdrawn_cannot_be_withdrawn_again(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    database.run(service.change, withdrawal(version), noon, urandom)
    with pytest.raises(IllegalTransitionError):
        database.run(service.change, withdrawal(version), noon, urandom)


def test_a_withdrawal_names_the_version_that_stands(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    seen = granted_to(database, proposal, noon)
    granted_to(database, replace(proposal, id=uuid4()), noon)
    with pytest.raises(StaleVersionError):
        database.run(service.change, withdrawal(seen), noon, urandom)


def test_a_withdrawal_s_key_is_its_own(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    wish = replace(withdrawal(version), key=proposal.id)
    with pytest.raises(KeyReusedError):
        database.run(service.change, wish, noon, urandom)


@pytest.mark.parametrize("stranger", ["another resident", "nothing granted"])
def test_there_is_nothing_to_withdraw_where_nothing_was_granted(
    database: Database, proposal: Proposal, noon: datetime, stranger: str
) -> None:
    granted = proposal.terms.rules if stranger == "another resident" else ()
    wish = withdrawal(answered(database, proposal, granted, noon))
    if stranger == "another resident":
        wish = replace(wish, resident_id=uuid4())
    with pytest.raises(NoSuchArrangementError):
        database.run(service.change, wish, noon, urandom)


def test_a_state_moves_only_from_the_state_it_was_read_in(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    moved = version.after(Event.WITHDRAW, noon)
    assert database.run(store.save_state, moved, State.GRANTED)
    assert not database.run(store.save_state, moved, State.GRANTED)


def test_a_recheck_follows_state_and_clock(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    ids = (version.resident_id, version.arrangement_id, version.id)
    end = version.terms.valid_until
    assert database.run(service.recheck, *ids, noon)
    assert database.run(service.recheck, *ids, end - SECOND)
    assert not database.run(service.recheck, *ids, end)
    assert not database.run(service.recheck, *ids, version.terms.valid_from - SECOND)
    resident_id, arrangement_id, version_id = ids
    for strange in (
        (uuid4(), arrangement_id, version_id),
        (resident_id, uuid4(), version_id),
        (resident_id, arrangement_id, uuid4()),
    ):
        assert not database.run(service.recheck, *strange, noon)
    database.run(service.change, withdrawal(version), noon, urandom)
    assert not database.run(service.recheck, *ids, noon)


def test_each_change_is_an_entry_in_the_ledger_that_its_holder_finds(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    answered(database, proposal, (), noon)
    version = answered(database, replace(proposal, id=uuid4()), proposal.terms.rules[:1], noon)
    database.run(service.change, withdrawal(version), noon, urandom)
    assert database.run(entries) == [
        "consent.denied",
        "consent.granted",
        "consent.withdrawn",
    ]
    newest = database.run(ledger.of_holder, HOLDER, noon, 1)[0]
    assert newest.body is not None
    fields = {name: opening.value for name, opening in read_body(newest.body).items()}
    assert fields["arrangement"] == str(version.arrangement_id)
    assert fields["categories"] == ["checkup"]
    assert fields["channel"] == "browser"
    assert str(version.resident_id) not in str(fields)


# Twenty at once:


def _withdrawing(wish: Change, now: datetime) -> Callable[[Connection], ConsentVersion]:
    return lambda connection: service.change(connection, wish, now, urandom)


def _answering(
    proposal: Proposal, granted: tuple[ConsentRule, ...], now: datetime
) -> Callable[[Connection], ConsentVersion]:
    return lambda connection: service.answer(connection, proposal, granted, now, urandom)


def test_parallel_repeats_of_one_withdrawal_are_one_event(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    wish = withdrawal(granted_to(database, proposal, noon))
    answers = at_once(database, [_withdrawing(wish, noon)] * 20)
    assert {getattr(answer, "state", None) for answer in answers} == {State.WITHDRAWN}
    assert database.run(events) == [Event.GRANT, Event.WITHDRAW]
    assert database.run(entries) == ["consent.granted", "consent.withdrawn"]


def test_of_parallel_withdrawals_one_succeeds(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    answers = at_once(database, [_withdrawing(withdrawal(version), noon) for _ in range(20)])
    assert sum(isinstance(answer, ConsentVersion) for answer in answers) == 1
    assert sum(isinstance(answer, IllegalTransitionError) for answer in answers) == 19
    assert database.run(events) == [Event.GRANT, Event.WITHDRAW]
    assert database.run(entries) == ["consent.granted", "consent.withdrawn"]


def test_parallel_answers_to_one_proposal_are_one_version(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    rules = proposal.terms.rules
    answers = at_once(
        database,
        [_answering(proposal, rules[: count % 3], noon) for count in range(20)],
    )
    assert len(set(answers)) == 1
    [history] = database.run(service.of_resident, proposal.resident_id)
    assert history.versions == (answers[0],)
    assert len(database.run(entries)) == 1


def test_parallel_grants_leave_one_in_force(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    rules = proposal.terms.rules
    at_once(
        database,
        [_answering(replace(proposal, id=uuid4()), rules, noon) for _ in range(20)],
    )
    [history] = database.run(service.of_resident, proposal.resident_id)
    assert [version.number for version in history.versions] == list(range(20, 0, -1))
    states = [version.state for version in history.versions]
    assert states == [State.GRANTED] + [State.SUPERSEDED] * 19


def test_a_withdrawal_waits_for_an_access_under_way_and_the_next_access_sees_it(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    ids = (version.resident_id, version.arrangement_id, version.id)
    with ThreadPoolExecutor(1) as threads, database.engine.begin() as access:
        assert service.recheck(access, *ids, noon)
        wish = threads.submit(database.run, service.change, withdrawal(version), noon, urandom)
        with pytest.raises(TimeoutError):
            wish.result(timeout=0.3)
        assert service.recheck(access, *ids, noon)
        access.commit()
        assert wish.result(timeout=5).state is State.WITHDRAWN
    assert not database.run(service.recheck, *ids, noon)


def test_an_access_waits_for_a_withdrawal_under_way(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    ids = (version.resident_id, version.arrangement_id, version.id)
    with ThreadPoolExecutor(1) as threads, database.engine.begin() as change:
        service.change(change, withdrawal(version), noon, urandom)
        access = threads.submit(lambda: database.run(service.recheck, *ids, noon))
        with pytest.raises(TimeoutError):
            access.result(timeout=0.3)
        change.commit()
        assert access.result(timeout=5) is False


def test_every_statement_on_consents_names_the_resident(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    statements: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def _listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    version = granted_to(database, proposal, noon)
    ids = (version.resident_id, version.arrangement_id, version.id)
    granted_to(database, replace(proposal, id=uuid4()), noon)
    current = granted_to(database, replace(proposal, id=uuid4()), noon)
    database.run(service.recheck, *ids, noon)
    database.run(service.in_force, version.resident_id, version.app_id, noon)
    database.run(service.of_resident, version.resident_id)
    database.run(store.version, version.resident_id, version.id)
    database.run(service.change, withdrawal(current), noon, urandom)
    ours = [
        statement
        for statement in statements
        if any(name in statement for name in ("arrangements", "consent_"))
        and "consent_outbox" not in statement  # which is to name nobody
    ]
    assert len(ours) > 20
    for statement in ours:
        told = statement.partition("WHERE" if "WHERE" in statement else "INTO")[2]
        assert "resident_id" in told, statement
