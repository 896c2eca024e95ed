"""The order log in, ask, issue, refuse: a pure decision."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from consent.model import (
    DEFAULT_VALIDITY,
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Evidence,
    Notice,
    Recipient,
    Retention,
    State,
    Supervision,
    Term,
    Terms,
    Usage,
)
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.sessions import LoggedIn, Session
from mynaportal_sim.oauth.devices import Waiting
from mynaportal_sim.oauth.interaction import (
    Ask,
    Interaction,
    Issue,
    LogIn,
    Refuse,
    Step,
    next_step,
)
from mynaportal_sim.oauth.managed import Action, Managing
from mynaportal_sim.oauth.request import AuthorizationRequest
from mynaportal_sim.oauth.wish import Wish

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
BEGUN = NOW - timedelta(seconds=60)
RULE = ConsentRule("checkup", date(2022, 1, 1), date(2026, 12, 31))
PURPOSE = DeclaredPurpose("self-care", "健診結果の推移を見るため")
TERMS = Terms(
    rules=(RULE,),
    purpose=PURPOSE,
    recipients=(Recipient("健康ノート株式会社"),),
    valid_from=NOW - timedelta(days=1),
    valid_until=NOW - timedelta(days=1) + DEFAULT_VALIDITY,
    notice=Notice("1", "ja"),
    supervision=Supervision("田中一郎"),
)
REQUEST = AuthorizationRequest(
    client_id="app-1",
    redirect_uri="https://app.example/cb",
    code_challenge="c" * 43,
    scopes=("openid",),
    wish=Wish(
        rules=(RULE,),
        recipients=(Recipient("健康ノート株式会社"),),
        purpose=PURPOSE,
        term=Term.LINK,
        usage=Usage(),
        actions=TERMS.actions,
        retention=Retention(),
        supervision=Supervision("田中一郎"),
    ),
)
VERSION = ConsentVersion(
    resident_id=UUID(int=1),
    id=UUID(int=2),
    arrangement_id=UUID(int=3),
    number=1,
    supersedes=None,
    app_id="app-1",
    app_name="健康ノート",
    asked=(RULE,),
    terms=TERMS,
    evidence=Evidence("soft", "jpki"),
    state=State.GRANTED,
    answered_at=NOW,
    state_since=NOW,
)
ANONYMOUS = Session(id="s", seen_at=NOW)


def logged_in(at: datetime) -> LoggedIn:
    return LoggedIn(
        id="s", seen_at=NOW, resident_id=UUID(int=1), channel=Channel.AGENT, auth_time=at
    )


BEFORE, AFTER = logged_in(BEGUN - timedelta(seconds=1)), logged_in(NOW)
WIDER = replace(VERSION, terms=replace(TERMS, rules=(RULE, replace(RULE, category="basic"))))
OTHER_PURPOSE = replace(VERSION, terms=replace(TERMS, purpose=DeclaredPurpose("x", "y")))
TWICE = replace(VERSION, terms=replace(TERMS, usage=Usage(2)))
FOR_A_YEAR = replace(
    VERSION, terms=replace(TERMS, valid_until=TERMS.valid_from + timedelta(days=365))
)
OTHER_APP = replace(VERSION, app_id="app-2")


@pytest.mark.parametrize(
    ("prompt", "max_age", "session", "consents", "step"),
    [
        pytest.param("", None, None, (), LogIn(), id="nobody"),
        pytest.param("", None, ANONYMOUS, (), LogIn(), id="anonymous"),
        pytest.param("", None, BEFORE, (), Ask(), id="logged in, never asked"),
        pytest.param("", None, BEFORE, (VERSION,), Issue(VERSION), id="granted before"),
        pytest.param("", None, BEFORE, (WIDER,), Ask(), id="granted more than is asked"),
        pytest.param("", None, BEFORE, (OTHER_PURPOSE,), Ask(), id="for another purpose"),
        pytest.param("", None, BEFORE, (FOR_A_YEAR,), Ask(), id="for another time"),
        pytest.param("", None, BEFORE, (TWICE,), Ask(), id="twice only"),
        pytest.param("", None, BEFORE, (OTHER_APP,), Ask(), id="to another app"),
        pytest.param("consent", None, BEFORE, (VERSION,), Ask(), id="prompt=consent"),
        pytest.param("login", None, BEFORE, (VERSION,), LogIn(), id="prompt=login, before"),
        pytest.param(
            "login", None, AFTER, (VERSION,), Issue(VERSION), id="prompt=login, since"
        ),
        pytest.param("select_account", None, BEFORE, (), LogIn(), id="prompt=select_account"),
        pytest.param("", 60, BEFORE, (VERSION,), LogIn(), id="max_age passed"),
        pytest.param("", 61, BEFORE, (VERSION,), Issue(VERSION), id="max_age not passed"),
        pytest.param(
            "none",
            None,
            ANONYMOUS,
            (),
            Refuse("login_required"),
            id="oidcc-prompt-none-not-logged-in",
        ),
        pytest.param(
            "none", None, BEFORE, (), Refuse("consent_required"), id="prompt=none, not granted"
        ),
        pytest.param(
            "none", None, BEFORE, (VERSION,), Issue(VERSION), id="oidcc-prompt-none-logged-in"
        ),
    ],
)
def test_the_step_follows_from_who_is_there_and_what_was_granted(
    prompt: str,
    max_age: int | None,
    session: Session | None,
    consents: tuple[ConsentVersion, ...],
    step: Step,
) -> None:
    request = replace(REQUEST, prompt=tuple(prompt.split()), max_age=max_age)
    interaction = Interaction(UUID(int=9), request, None, BEGUN)
    assert next_step(interaction, session, consents, NOW) == step


CREATE = Managing(Action.CREATE)
MERGE, REPLACE = (
    Managing(action, VERSION.arrangement_id, VERSION.id)
    for action in (Action.MERGE, Action.REPLACE)
)
CHANGED = replace(VERSION, id=UUID(int=4), number=2)
NOT_THEIRS = Refuse("invalid_grant_id")


@pytest.mark.parametrize(
    ("managing", "prompt", "session", "consents", "step"),
    [
        pytest.param(CREATE, "", BEFORE, (VERSION,), Ask(), id="create what was granted"),
        pytest.param(MERGE, "", BEFORE, (VERSION,), Ask(), id="merge what was granted"),
        pytest.param(REPLACE, "", BEFORE, (VERSION,), Ask(), id="replace by the same"),
        pytest.param(MERGE, "", BEFORE, (), NOT_THEIRS, id="merge, another person's or ended"),
        pytest.param(REPLACE, "", BEFORE, (CHANGED,), NOT_THEIRS, id="replace, changed since"),
        pytest.param(MERGE, "", ANONYMOUS, (), LogIn(), id="merge, nobody yet"),
        pytest.param(
            MERGE, "none", BEFORE, (VERSION,), Refuse("consent_required"), id="merge unasked"
        ),
        pytest.param(
            CREATE, "none", BEFORE, (), Refuse("consent_required"), id="create unasked"
        ),
    ],
)
def test_what_changes_a_grant_is_asked_of_the_one_whose_it_is(
    managing: Managing,
    prompt: str,
    session: Session,
    consents: tuple[ConsentVersion, ...],
    step: Step,
) -> None:
    request = replace(REQUEST, prompt=tuple(prompt.split()), managing=managing)
    interaction = Interaction(UUID(int=9), request, None, BEGUN)
    assert next_step(interaction, session, consents, NOW) == step


@pytest.mark.parametrize(
    ("session", "consents", "step"),
    [
        pytest.param(ANONYMOUS, (), LogIn(), id="nobody yet"),
        pytest.param(BEFORE, (), Ask(), id="never asked"),
        pytest.param(BEFORE, (VERSION,), Ask(), id="granted before"),
    ],
)
def test_for_a_device_a_person_is_asked_whatever_was_granted(
    session: Session, consents: tuple[ConsentVersion, ...], step: Step
) -> None:
    device = Waiting(b"d" * 32, "BCDF-GHJK", begun_in=b"b" * 32)
    for_device = Interaction(UUID(int=9), REQUEST, None, BEGUN, device=device)
    assert next_step(for_device, session, consents, NOW) == step


@pytest.mark.parametrize("term", list(Term))
def test_what_is_asked_for_once_is_asked_each_time(term: Term) -> None:
    request = replace(REQUEST, wish=replace(REQUEST.wish, term=term))
    until = TERMS.valid_from + term.validity
    given = replace(VERSION, terms=replace(TERMS, valid_until=until, usage=term.usage))
    step = next_step(Interaction(UUID(int=9), request, None, BEGUN), BEFORE, (given,), NOW)
    assert step == (Ask() if term is Term.ONCE else Issue(given))
    assert AuthorizationRequest.load(request.dump()) == request


def test_a_request_comes_back_from_the_database_as_it_went() -> None:
    full = replace(REQUEST, state="s", nonce="n", dpop_jkt="j", prompt=("login",), max_age=3)
    managing = [replace(REQUEST, managing=one) for one in (CREATE, MERGE)]
    for request in (REQUEST, full, *managing):
        assert AuthorizationRequest.load(request.dump()) == request
