"""Alerts name what a person should hear of, and nothing that they need not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.disclosure.alerts import Alert, Kind, Watch, alerts
from mynaportal_sim.disclosure.event import Event
from tests.mynaportal_sim.disclosure.kit import BEGIN, event

SAID: dict[str, Any] = {
    "app_id": "a",
    "arrangement": "r",
    "consent_version": "v",
    "supervisor": "s",
}
# What happened, oldest first: a word for each kind of entry.
WORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "login": ("login.accepted", {"app_id": ""}),
    "ask": ("consent.requested", {}),
    "grant": ("consent.granted", {}),
    "grant again": ("consent.granted", {"consent_version": "w"}),
    "grant b": ("consent.granted", {"app_id": "b", "consent_version": "b"}),
    "grant unsupervised": ("consent.granted", {"supervisor": " "}),
    "deny": ("consent.denied", {}),
    "withdraw": ("consent.withdrawn", {}),
    "token": ("token.issued", {}),
    "token unsupervised": ("token.issued", {"supervisor": ""}),
    "fetch": ("access.permitted", {}),
    "fetch again": ("access.permitted", {"consent_version": "w"}),
    "fetch b": ("access.permitted", {"app_id": "b", "consent_version": "b"}),
    "fetch unsupervised": ("access.permitted", {"supervisor": ""}),
    "refused": ("access.refused", {"reason": "other_category"}),
    "refused, expired": ("access.refused", {"reason": "expired"}),
    "refused, withdrawn": ("access.refused", {"reason": "withdrawn"}),
    "refused, revoked": ("access.refused", {"reason": "token_revoked"}),
}
NEW = [(Kind.NEW_CONSENT, 1, 1)]


def happened(*words: str) -> list[Event]:
    """The entries that the words stand for, newest first."""
    return [
        event(id_, WORDS[word][0], **{**SAID, **WORDS[word][1]})
        for id_, word in reversed(list(enumerate(words, 1)))
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["login", "ask", "deny"], [], id="nothing was given"),
        pytest.param(["grant"], NEW, id="a new app"),
        pytest.param(["grant", "grant again"], NEW, id="the same app, another consent"),
        pytest.param(
            ["grant", "fetch", "fetch"], [(Kind.NEW_DATA, 2, 1), *NEW], id="data the first time"
        ),
        pytest.param(
            ["grant", "grant b", "fetch b"],
            [(Kind.NEW_DATA, 3, 1), (Kind.NEW_CONSENT, 2, 1), *NEW],
            id="two apps",
        ),
        pytest.param(
            ["grant", "refused", "refused"], [(Kind.REFUSED, 3, 2), *NEW], id="refused twice"
        ),
        pytest.param(
            ["grant", "refused", "refused, expired"],
            [(Kind.REFUSED, 3, 1), (Kind.REFUSED, 2, 1), *NEW],
            id="refused for two reasons",
        ),
        pytest.param(
            ["grant", "withdraw", "refused, withdrawn"],
            [(Kind.AFTER_WITHDRAWAL, 3, 1), *NEW],
            id="tried after the withdrawal",
        ),
        pytest.param(
            ["refused, withdrawn"], [(Kind.AFTER_WITHDRAWAL, 1, 1)], id="withdrawn long ago"
        ),
        pytest.param(
            ["grant", "withdraw", "refused, revoked"],
            [(Kind.AFTER_WITHDRAWAL, 3, 1), *NEW],
            id="tried with a revoked key after the withdrawal",
        ),
        pytest.param(
            ["grant", "refused, revoked", "withdraw"],
            [(Kind.REFUSED, 2, 1), *NEW],
            id="refused before the withdrawal",
        ),
        pytest.param(
            ["grant", "fetch", "withdraw", "fetch", "fetch"],
            [(Kind.DESPITE_WITHDRAWAL, 5, 2), (Kind.NEW_DATA, 2, 1), *NEW],
            id="got data despite the withdrawal",
        ),
        pytest.param(
            ["grant", "withdraw", "grant again", "fetch again"],
            [(Kind.NEW_DATA, 4, 1), *NEW],
            id="consented anew after the withdrawal",
        ),
        pytest.param(
            ["grant unsupervised", "token unsupervised", "fetch unsupervised"],
            [(Kind.UNSUPERVISED, 3, 3), (Kind.NEW_DATA, 3, 1), *NEW],
            id="nobody supervises",
        ),
    ],
)
def test_what_there_is_to_hear_of(words: list[str], told: list[tuple[Kind, int, int]]) -> None:
    found = [(alert.kind, alert.event.id, alert.times) for alert in alerts(happened(*words))]
    assert sorted(found, reverse=True) == sorted(told, reverse=True)
    ids = [id_ for _, id_, _ in found]
    assert ids == sorted(ids, reverse=True)


histories = st.lists(st.sampled_from(sorted(WORDS)), max_size=25).map(
    lambda words: happened(*words)
)


@given(histories)
def test_each_refusal_is_told_once(events: list[Event]) -> None:
    refusals = {Kind.REFUSED, Kind.AFTER_WITHDRAWAL}
    told = sum(alert.times for alert in alerts(events) if alert.kind in refusals)
    assert told == sum(one.type == "access.refused" for one in events)


@given(histories)
def test_each_app_is_new_once(events: list[Event]) -> None:
    found = alerts(events)
    for kind, type_ in (
        (Kind.NEW_CONSENT, "consent.granted"),
        (Kind.NEW_DATA, "access.permitted"),
    ):
        first = {one.app_id: one.id for one in events if one.type == type_}
        assert {a.event.app_id: a.event.id for a in found if a.kind is kind} == first


@given(histories, st.integers(0, 25), st.integers(1, 5))
def test_who_stops_where_all_is_settled_counts_the_same(
    events: list[Event], seen: int, step: int
) -> None:
    watch = Watch()
    for begin in range(0, len(events), step):
        page = events[begin : begin + step]
        watch.see(page)
        if (page[-1].position or 0) <= seen and watch.settled(seen):
            break
    assert _unseen(watch.alerts, seen) == _unseen(alerts(events), seen)


def _unseen(found: list[Alert], seen: int) -> list[tuple[int, str]]:
    return sorted(
        (alert.event.id, alert.event.app_id)
        for alert in found
        if alert.unseen(seen) and alert.kind is not Kind.DESPITE_WITHDRAWAL
    )


def test_an_entry_that_awaits_its_index_is_unseen() -> None:
    waiting = Event(9, None, "consent.granted", BEGIN, said={"app_id": "a"})
    assert all(alert.unseen(10_000) for alert in alerts([waiting]))
