"""What happens to answers later: rest, end by others, late answers, uses; on both engines."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from os import urandom
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from consent import service, store
from consent.errors import IllegalTransitionError, NoReasonError, NotEntitledError
from consent.ledger import store as ledger
from consent.ledger.entry import read_body
from consent.model import ONCE, Actor, Event, State, Status, Usage
from consent.service import Proposal
from mynaportal_sim.database import Database
from tests.consent.kit import HOLDER, at_once, change, entries, granted_to

SECOND = timedelta(seconds=1)


def test_a_suspended_consent_gives_nothing_until_it_is_resumed(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    ids = (version.resident_id, version.arrangement_id, version.id)
    suspended = database.run(service.change, change(version, Event.SUSPEND), noon, urandom)
    assert suspended.state is State.SUSPENDED
    assert not database.run(service.recheck, *ids, noon)
    assert database.run(service.in_force, version.resident_id, version.app_id, noon) == ()
    resumed = database.run(service.change, change(version, Event.RESUME), noon, urandom)
    assert resumed == version
    assert database.run(service.recheck, *ids, noon)
    assert database.run(entries) == [
        "consent.granted",
        "consent.suspended",
        "consent.resumed",
    ]


@pytest.mark.parametrize(
    ("event", "actor", "error"),
    [
        pytest.param(Event.REVOKE, Actor.AUTHORITY, None, id="revoke"),
        pytest.param(Event.INVALIDATE, Actor.AUTHORITY, None, id="invalidate"),
        pytest.param(Event.LAPSE, Actor.PORTAL, None, id="lapse"),
        pytest.param(Event.WITHDRAW, Actor.APP, None, id="withdraw, by the app"),
        pytest.param(Event.REVOKE, Actor.PERSON, NotEntitledError, id="revoke, by the person"),
        pytest.param(Event.SUSPEND, Actor.APP, NotEntitledError, id="suspend, by the app"),
        pytest.param(Event.CANCEL, Actor.APP, IllegalTransitionError, id="cancel a grant"),
        pytest.param(Event.GRANT, Actor.PERSON, ValueError, id="grant, without an answer"),
    ],
)
def test_others_may_end_a_consent_as_the_table_says(
    database: Database,
    proposal: Proposal,
    noon: datetime,
    event: Event,
    actor: Actor,
    error: type[Exception] | None,
) -> None:
    version = granted_to(database, proposal, noon)
    wish = change(version, event, actor)
    if error is not None:
        with pytest.raises(error):
            database.run(service.change, wish, noon, urandom)
        assert database.run(entries) == ["consent.granted"]
        return
    ended = database.run(service.change, wish, noon, urandom)
    assert (ended.state, ended.state_by) == (version.after(event, noon, actor).state, actor)
    [entry] = database.run(ledger.of_holder, HOLDER, noon, 1)
    fields = {name: one.value for name, one in read_body(entry.body or b"").items()}
    assert (fields["by"], fields["reason"]) == (actor.value, "so it was decided")


def test_an_authority_gives_its_reason(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    wish = replace(change(version, Event.REVOKE, Actor.AUTHORITY), reason=" ")
    with pytest.raises(NoReasonError):
        database.run(service.change, wish, noon, urandom)


def test_an_answer_that_was_put_off_is_given_later(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    before = granted_to(database, replace(proposal, id=uuid4()), noon)
    deferred = database.run(service.defer, proposal, noon, urandom)
    assert (deferred.state, deferred.number < 1) == (State.DEFERRED, True)
    assert database.run(service.defer, proposal, noon, urandom) == deferred
    assert database.run(service.in_force, proposal.resident_id, proposal.app_id, noon) == (
        before,
    )
    answered = granted_to(database, proposal, noon + SECOND)
    assert (answered.id, answered.number, answered.supersedes) == (proposal.id, 2, before.id)
    assert database.run(store.version, proposal.resident_id, proposal.id) == answered
    assert database.run(entries) == ["consent.granted", "consent.deferred", "consent.granted"]


def test_a_request_that_was_put_off_runs_out_when_its_consent_would_have(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    deferred = database.run(service.defer, proposal, noon, urandom)
    end = deferred.terms.valid_until
    later = replace(
        proposal,
        terms=replace(proposal.terms, valid_from=end, valid_until=end + timedelta(days=1)),
    )
    with pytest.raises(IllegalTransitionError, match="expired"):
        granted_to(database, later, end)
    assert granted_to(database, later, end - SECOND).state is State.GRANTED


def test_a_request_that_was_put_off_gives_way_to_another_answer_or_to_the_app(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    database.run(service.defer, proposal, noon, urandom)
    other = replace(proposal, id=uuid4())
    database.run(service.defer, other, noon, urandom)
    with pytest.raises(IllegalTransitionError):
        granted_to(database, proposal, noon)
    [waiting] = [
        one
        for one in database.run(store.versions_of_resident, proposal.resident_id)
        if one.state is State.DEFERRED
    ]
    assert waiting.id == other.id
    database.run(service.change, change(waiting, Event.CANCEL, Actor.APP), noon, urandom)
    with pytest.raises(IllegalTransitionError):
        granted_to(database, other, noon)


def test_a_use_is_counted_once_for_each_token_and_as_often_as_allowed(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    terms = replace(proposal.terms, usage=Usage(2, timedelta(minutes=1)))
    version = granted_to(database, replace(proposal, terms=terms), noon)

    def begin(token_id: str, at: datetime) -> bool:
        return database.run(service.begin_use, version, token_id, at)

    assert begin("one", noon)
    assert begin("one", noon)
    assert not begin("two", noon + 59 * SECOND)
    assert begin("two", noon + 60 * SECOND)
    assert not begin("three", noon + timedelta(days=1))
    assert begin("one", noon + timedelta(days=1))
    stored = database.run(store.version, version.resident_id, version.id)
    assert stored is not None
    assert (stored.uses, stored.status(noon)) == (2, Status.EXHAUSTED)
    whose = (version.resident_id, version.app_id, noon)
    assert database.run(service.in_force, *whose) == ()  # so that the app has to ask again
    assert database.run(service.covering, *whose) == (stored,)


def test_of_twenty_tokens_that_come_for_the_only_use_one_gets_it(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(
        database, replace(proposal, terms=replace(proposal.terms, usage=ONCE)), noon
    )

    def begins(number: int) -> Callable[[Connection], bool]:
        return lambda connection: service.begin_use(
            connection, version, f"token-{number}", noon
        )

    units = [begins(number) for number in range(20)]
    outcomes = at_once(database, units)
    assert sorted(map(bool, outcomes)) == [False] * 19 + [True]
