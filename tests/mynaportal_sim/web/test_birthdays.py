"""Between a page and the answer that is sent from it a minor has a birthday."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes
from typing import NamedTuple
from uuid import uuid4

import pytest

from consent import service
from consent.japan import reaches_age
from consent.mandate import Mandate, MandateState, Scope
from consent.model import Role
from mynaportal_sim.residents import store as residents
from tests.mynaportal_sim.web.acting import (
    MAI,
    TETSUYA,
    YUI,
    acting,
    ask,
    id_of,
    listed,
    logged_in,
    read,
    refused,
)
from tests.mynaportal_sim.web.kit import JSON, Browser, Form, Portal

A_MOMENT = timedelta(minutes=2)
LATEST = 100  # an age that nobody here reaches


@pytest.fixture
def prepared(households: Path) -> Path:
    """The people of these tests."""
    return households


class Sent(NamedTuple):
    """A form that was shown before the birthday, and where it goes."""

    browser: Browser
    path: str
    form: Form


def next_birthday(portal: Portal) -> int:
    """The age that Yui reaches next, two minutes from now."""
    state = portal.web.state
    child = state.database.run(residents.by_persona, YUI)
    now, years = state.clock.now(), 0
    while reaches_age(child.born, years) <= now + A_MOMENT:
        years += 1
    state.clock.forward(reaches_age(child.born, years) - now - A_MOMENT)
    return years


def bands(portal: Portal, assent_from: int, own_from: int, of_age: int) -> None:
    names = ("minors_assent_from", "minors_decide_from", "of_age")
    ages = dict(zip(names, (assent_from, own_from, of_age), strict=True))
    state = portal.web.state
    state.settings = state.settings.model_copy(update=ages)


def register_guardian(portal: Portal, years: int) -> None:
    """Somebody whose office the register ends with that birthday."""
    now = portal.web.state.clock.now()
    child = portal.web.state.database.run(residents.by_persona, YUI)
    mandate = Mandate(
        uuid4(), child.id, id_of(portal, TETSUYA), Role.GUARDIAN, Scope(), now, None,
        reaches_age(child.born, years), "", MandateState.ACTIVE, now,
    )  # fmt: skip
    args = (mandate, portal.holder(YUI), now, token_bytes)
    assert portal.web.state.database.run(service.register, *args)


def question(portal: Portal, guardian: Browser) -> Sent:
    path = ask(portal, guardian)
    form: Form = {"csrf": guardian.csrf(path), "decision": "allow", "category": ["checkup"]}
    return Sent(guardian, path, form)


def put_off(portal: Portal, guardian: Browser) -> Sent:
    """What the child left to the guardian."""
    child = logged_in(portal, YUI)
    path = ask(portal, child)
    child.post(path, {"csrf": child.csrf(path), "decision": "later"})
    [waiting] = listed(guardian, "/consents", "consents")
    path = f"/requests/{waiting['version_id']}"
    form: Form = {"csrf": guardian.csrf(path), "decision": "allow", "category": ["checkup"]}
    return Sent(guardian, path, form)


def given(portal: Portal, guardian: Browser) -> tuple[str, Form]:
    """The address of a consent that the guardian gave, and what its forms bear."""
    sent = question(portal, guardian)
    assert guardian.post(sent.path, sent.form).status_code == 303
    [one] = listed(guardian, "/consents", "consents")
    if one["assent"]:
        child, path = logged_in(portal, YUI), f"/requests/{one['version_id']}"
        assert child.post(path, sent.form | {"csrf": child.csrf(path)}).status_code == 303
    own = f"/consents/{one['arrangement_id']}"
    return own, {"csrf": guardian.csrf("/consents"), "version": str(one["version_id"])}


def withdrawal(portal: Portal, guardian: Browser) -> Sent:
    own, form = given(portal, guardian)
    return Sent(guardian, f"{own}/withdraw", form)


def resumption(portal: Portal, guardian: Browser) -> Sent:
    own, form = given(portal, guardian)
    assert guardian.post(f"{own}/suspend", form).status_code == 303
    return Sent(guardian, f"{own}/resume", form)


def prohibition(_: Portal, guardian: Browser) -> Sent:
    form: Form = {"csrf": guardian.csrf("/prohibitions"), "category": "checkup"}
    return Sent(guardian, "/prohibitions", form)


def lifting(portal: Portal, guardian: Browser) -> Sent:
    placed = prohibition(portal, guardian)
    assert guardian.post(placed.path, placed.form).status_code == 303
    [one] = listed(guardian, "/prohibitions", "prohibitions")
    path = f"/prohibitions/{one['id']}/lift"
    return Sent(guardian, path, {"csrf": guardian.csrf("/prohibitions")})


DOORS = (question, put_off, withdrawal, resumption, prohibition, lifting)


class Birthday(NamedTuple):
    """Who is the guardian, and from which age on each band holds; None is what Yui reaches."""

    guardian: str
    assent: int | None
    own: int | None
    of_age: int | None

    def comes(self, portal: Portal) -> Browser:
        """The browser of the guardian, two minutes before."""
        years = next_birthday(portal)
        bands(portal, *(years if age is None else age for age in self[1:]))
        if self.guardian == TETSUYA:
            register_guardian(portal, years)
        return acting(portal, self.guardian)


OWN = Birthday(MAI, 0, None, LATEST)
OF_AGE = Birthday(MAI, None, None, None)
BY_REGISTER = Birthday(TETSUYA, LATEST, LATEST, LATEST)


def stored(portal: Portal) -> list[object]:
    """All of the child's that a guardian could change, as the child reads it."""
    child = logged_in(portal, YUI)
    return [
        *((one["version_id"], one["state"]) for one in listed(child, "/consents", "consents")),
        *(one["id"] for one in listed(child, "/prohibitions", "prohibitions")),
    ]


@pytest.mark.parametrize(
    ("birthday", "door", "code"),
    [
        # What a guardian prohibited stays theirs to lift until the minor is of age.
        *(
            pytest.param(OWN, door, "decides_alone", id=f"decides alone-{door.__name__}")
            for door in DOORS
            if door is not lifting
        ),
        *(
            pytest.param(OF_AGE, door, "came_of_age", id=f"of age-{door.__name__}")
            for door in DOORS
        ),
        *(
            pytest.param(BY_REGISTER, door, "came_of_age", id=f"by register-{door.__name__}")
            for door in DOORS
        ),
    ],
)
def test_what_a_guardian_sends_from_a_page_of_before_is_refused_and_changes_nothing(
    portal: Portal, birthday: Birthday, door: Callable[[Portal, Browser], Sent], code: str
) -> None:
    sent = door(portal, birthday.comes(portal))
    before = stored(portal)
    portal.web.state.clock.forward(A_MOMENT)
    assert refused(sent.browser, sent.path, sent.form) == code
    if birthday is OWN:  # else what the guardian gave lapses
        assert stored(portal) == before


def test_a_guardians_yes_from_a_page_without_the_childs_waits_for_it(portal: Portal) -> None:
    guardian = Birthday(MAI, None, LATEST, LATEST).comes(portal)
    sent = question(portal, guardian)
    answerer = read(guardian, sent.path)["answerer"]
    assert isinstance(answerer, dict)
    assert answerer["assent"] is False
    portal.web.state.clock.forward(A_MOMENT)
    answer = guardian.post(sent.path, sent.form)
    assert "error=consent_required" in answer.headers["location"]
    [agreed] = listed(guardian, "/consents", "consents")
    assert (agreed["state"], agreed["assent"]) == ("deferred", True)


def test_what_a_guardian_agreed_to_is_not_given_once_the_minor_is_of_age(
    portal: Portal,
) -> None:
    guardian = Birthday(TETSUYA, 0, LATEST, LATEST).comes(portal)
    sent = question(portal, guardian)
    assert guardian.post(sent.path, sent.form).status_code == 303
    child = logged_in(portal, YUI)
    [waiting] = listed(child, "/consents", "consents")
    path = f"/requests/{waiting['version_id']}"
    form: Form = sent.form | {"csrf": child.csrf(path)}
    portal.web.state.clock.forward(A_MOMENT)
    answer = child.post(path, form, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_request")
    assert [one["state"] for one in listed(child, "/consents", "consents")] == ["lapsed"]
