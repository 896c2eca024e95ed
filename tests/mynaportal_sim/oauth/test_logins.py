"""What an app can demand of a login, and what it is told of one.

Rows with names that begin with `oidcc-` or `fapi2-` are for the modules of the OpenID
Foundation's conformance suite that are called so.
"""

import hmac
import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import jwt
import pytest

from mynaportal_sim.jose import b64url
from mynaportal_sim.login.assurance import CARD, SOFT_CARD
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.oauth import interaction
from mynaportal_sim.oauth.errors import InteractionGoneError
from mynaportal_sim.oauth.interaction import Ask, LogIn, Refuse, Step
from mynaportal_sim.oauth.keys.files import KeyFiles

from .conftest import Portal
from .key_operator import Operator, followed, kid_of, published
from .kit import ISSUER, AppKit

Json = dict[str, object]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def claims(**places: object) -> str:
    return json.dumps(places)


def said_in(token: object) -> Json:
    said: Json = jwt.decode(str(token), options={"verify_signature": False})
    return said


@pytest.fixture(params=["oidc", "fapi2"])
def kit(request: pytest.FixtureRequest, portal: Portal) -> AppKit:
    return portal.register(profile=request.param)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param({}, [], id="not asked"),
        pytest.param({"auth_time": {"essential": True}}, ["auth_time"], id="one"),
        pytest.param({"acr": None, "amr": None}, ["acr", "amr"], id="two, voluntary"),
        pytest.param({"name": {"essential": True}}, [], id="oidcc-claims-essential"),
        pytest.param(
            {"given_name": None, "birthdate": None, "acr": None},
            ["acr"],
            id="fapi2-security-profile-final-test-claims-parameter-identity-claims",
        ),
        pytest.param({"acr": {"max_age": 9, "purpose": "x"}}, ["acr"], id="unknown members"),
    ],
)
def test_what_is_asked_for_by_name_is_told_at_userinfo_if_it_is_of_the_login(
    portal: Portal, kit: AppKit, asked: Json, told: list[str]
) -> None:
    code = portal.code(kit, claims=claims(userinfo=asked))
    tokens = portal.redeem(kit, code).json()
    identity = said_in(tokens["id_token"])
    said = portal.userinfo(kit, tokens["access_token"]).json()
    assert said == {name: identity[name] for name in ("sub", *told)}
    assert identity["acr"] == SOFT_CARD
    refreshed = portal.refresh(kit, tokens["refresh_token"]).json()["access_token"]
    assert portal.userinfo(kit, refreshed).json() == said


def test_a_grant_tells_which_claims_were_asked_for(portal: Portal, kit: AppKit) -> None:
    wanted = claims(userinfo={"acr": None, "name": None}, id_token={"auth_time": None})
    tokens = portal.redeem(kit, portal.code(kit, claims=wanted)).json()
    told = portal.manage(kit, "GET", tokens["grant_id"], portal.own_token(kit)).json()
    assert told["claims"] == ["acr", "auth_time"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="no JSON"),
        pytest.param('{"userinfo": {}, "userinfo": {}}', id="a member twice"),
        pytest.param("[]", id="no object"),
        pytest.param('{"userinfo": []}', id="userinfo is no object"),
        pytest.param('{"id_token": {"acr": "x"}}', id="a claim is no object"),
        pytest.param(
            '{"id_token": {"acr": {"essential": "yes"}}}', id="essential is no boolean"
        ),
        pytest.param('{"id_token": {"acr": {"values": "x"}}}', id="values is no array"),
        pytest.param('{"id_token": {"acr": {"values": []}}}', id="values is empty"),
        pytest.param('{"id_token": {"acr": {"value": 1}}}', id="acr is no string"),
        pytest.param('{"id_token": {"sub": {"value": null}}}', id="sub is no string"),
        pytest.param('{"id_token": {"acr": {"value": "x", "values": ["y"]}}}', id="both"),
        pytest.param('{"id_token": {"acr": {"value": "\\u0000"}}}', id="NUL"),
    ],
)
def test_claims_that_cannot_be_read_are_refused(
    portal: Portal, oidc: AppKit, text: str
) -> None:
    refused = portal.post("/par", oidc.signed(oidc.request(claims=text)))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


def step(portal: Portal, kit: AppKit, channel: Channel, ago: int, **asked: str) -> Step:
    """What comes next for a person who logged in so many seconds ago, asked for once more."""
    database, names = portal.server.database, portal.server.pseudonyms
    interaction_id = portal.interaction_id(kit, **asked)
    session = portal.session(channel=channel, ago=ago)
    now = portal.clock.now()
    taken = database.run(interaction.take_up, interaction_id, session, now, names)
    return interaction.next_step(taken, session, (), now)


def essential(*values: str) -> str:
    return claims(id_token={"acr": {"essential": True, "values": list(values)}})


LOG_IN, ASK = LogIn(), Ask()
UNMET, UNKNOWN = Refuse("unmet_authentication_requirements"), "urn:openbanking:psd2:sca"
ABSENT = Refuse("consent_required")


@pytest.mark.parametrize(
    ("channel", "ago", "asked", "expected"),
    [
        pytest.param(Channel.SOFT, 60, {}, ASK, id="nothing is demanded"),
        pytest.param(
            Channel.SOFT,
            60,
            {"acr_values": f"{UNKNOWN} 0"},
            ASK,
            id="oidcc-ensure-request-with-acr-values-succeeds",
        ),
        pytest.param(Channel.SOFT, 60, {"acr_values": CARD}, LOG_IN, id="it could be better"),
        pytest.param(Channel.SOFT, 0, {"acr_values": CARD}, ASK, id="it was tried"),
        pytest.param(Channel.AGENT, 60, {"acr_values": CARD}, ASK, id="it is the best"),
        pytest.param(
            Channel.SOFT,
            60,
            {"acr_values": CARD, "prompt": "none"},
            ABSENT,
            id="it could be better, but nobody may be asked",
        ),
        pytest.param(
            Channel.SOFT,
            60,
            {"claims": claims(id_token={"acr": {"values": [CARD]}})},
            LOG_IN,
            id="voluntary, by claims",
        ),
        pytest.param(Channel.SOFT, 60, {"claims": essential(CARD)}, LOG_IN, id="too weak"),
        pytest.param(
            Channel.SOFT, 0, {"claims": essential(CARD)}, UNMET, id="too weak, and tried"
        ),
        pytest.param(
            Channel.SOFT,
            60,
            {"claims": essential(CARD), "prompt": "none"},
            Refuse("login_required"),
            id="too weak, and nobody may be asked",
        ),
        pytest.param(
            Channel.QR,
            60,
            {"claims": essential("x", CARD)},
            ASK,
            id="strong enough, by one of two",
        ),
        pytest.param(
            Channel.AGENT,
            0,
            {"claims": essential(UNKNOWN)},
            UNMET,
            id="fapi2-security-profile-final-test-essential-acr-sca-claim",
        ),
        pytest.param(
            Channel.SOFT,
            60,
            {"claims": claims(id_token={"acr": {"essential": True}})},
            ASK,
            id="essential, of any class",
        ),
        pytest.param(Channel.SOFT, 60, {"max_age": "1"}, LOG_IN, id="oidcc-max-age-1"),
        pytest.param(Channel.SOFT, 0, {"max_age": "0"}, ASK, id="max_age=0, logged in since"),
        pytest.param(Channel.SOFT, 60, {"max_age": "10000"}, ASK, id="oidcc-max-age-10000"),
        pytest.param(Channel.SOFT, 60, {"prompt": "login"}, LOG_IN, id="oidcc-prompt-login"),
        pytest.param(Channel.SOFT, 60, {"login_hint": "花子"}, ASK, id="oidcc-login-hint"),
        pytest.param(Channel.SOFT, 60, {"ui_locales": "fr se"}, ASK, id="oidcc-ui-locales"),
        pytest.param(
            Channel.SOFT, 60, {"claims_locales": "se"}, ASK, id="oidcc-claims-locales"
        ),
        pytest.param(Channel.SOFT, 60, {"display": "page"}, ASK, id="oidcc-display-page"),
        pytest.param(Channel.SOFT, 60, {"display": "popup"}, ASK, id="oidcc-display-popup"),
        pytest.param(
            Channel.SOFT,
            60,
            {"extra": "foobar"},
            ASK,
            id="oidcc-ensure-request-with-unknown-parameter-succeeds",
        ),
    ],
)
def test_a_person_logs_in_again_only_where_that_could_help(
    portal: Portal,
    oidc: AppKit,
    channel: Channel,
    ago: int,
    asked: dict[str, str],
    expected: Step,
) -> None:
    assert step(portal, oidc, channel, ago, **asked) == expected


@pytest.mark.parametrize(
    ("by", "ago", "prompt", "expected"),
    [
        pytest.param("hint", 60, "", ASK, id="the person of the hint"),
        pytest.param("hint", 60, "none", ABSENT, id="the same, unasked"),
        pytest.param("claims", 60, "", ASK, id="the person of the claim"),
        pytest.param("nobody", 60, "", LOG_IN, id="another is logged in"),
        pytest.param("nobody", 60, "none", Refuse("login_required"), id="another, unasked"),
        pytest.param("nobody", 0, "", Refuse("login_required"), id="another has logged in"),
    ],
)
def test_only_the_person_whom_the_app_means_is_let_through(
    portal: Portal, oidc: AppKit, by: str, ago: int, prompt: str, expected: Step
) -> None:
    identity = portal.redeem(oidc, portal.code(oidc)).json()["id_token"]
    sub = "nobody" if by == "nobody" else str(said_in(identity)["sub"])
    named = {"claims": claims(id_token={"sub": {"value": sub}})}
    asked = {"id_token_hint": identity} if by == "hint" else named
    portal.withdraw(oidc)
    asked |= {"prompt": prompt} if prompt else {}
    assert step(portal, oidc, Channel.SOFT, ago, **asked) == expected


def _hmac_by_public_key(portal: Portal, header: Json, said: Json) -> str:
    parts = (header | {"alg": "HS256"}, said)
    signed = ".".join(b64url(json.dumps(part).encode()) for part in parts)
    key = portal.send("GET", "/jwks").content
    return f"{signed}.{b64url(hmac.digest(key, signed.encode(), 'sha256'))}"


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [
        pytest.param("own", True, id="oidcc-id-token-hint"),
        pytest.param("expired", True, id="expired"),
        pytest.param("another's", False, id="given to another app"),
        pytest.param("spoilt", False, id="with another signature"),
        pytest.param("unsigned", False, id="none"),
        pytest.param("access", False, id="an access token"),
        pytest.param("own key", False, id="signed by the app, which names its key"),
        pytest.param("foreign", False, id="signed by the app, by our key's name"),
        pytest.param("hmac", False, id="HS256 by the public key"),
    ],
)
def test_a_hint_is_an_id_token_that_the_app_got(
    portal: Portal, oidc: AppKit, kind: str, accepted: bool
) -> None:
    owner = portal.register() if kind == "another's" else oidc
    tokens = portal.redeem(owner, portal.code(owner)).json()
    token = str(tokens["access_token" if kind == "access" else "id_token"])
    header, said = jwt.get_unverified_header(token), said_in(token)
    if kind == "expired":
        portal.clock.time += timedelta(days=30)
    hints = {
        "spoilt": f"{token[:-8]}AAAAAAAA",
        "unsigned": jwt.encode(said, "", "none", header | {"alg": "none"}),
        "foreign": jwt.encode(said, oidc.key, "ES256", header),
        "hmac": _hmac_by_public_key(portal, header, said),
        "own key": jwt.encode(said, oidc.key, "ES256", header | {"jku": "https://app.example"}),
    }
    request = oidc.request(id_token_hint=hints.get(kind, token), prompt="none")
    answered = portal.post("/par", oidc.signed(request))
    assert answered.status_code == (201 if accepted else 400), answered.text
    assert accepted or answered.json()["error"] == "invalid_request"


def test_a_login_that_does_not_serve_is_issued_nothing(portal: Portal, oidc: AppKit) -> None:
    interaction_id = portal.interaction_id(oidc, max_age="1")
    with pytest.raises(InteractionGoneError):
        portal.allow(interaction_id)


def test_a_refusal_for_want_of_a_login_reaches_the_app(portal: Portal, oidc: AppKit) -> None:
    interaction_id: UUID = portal.interaction_id(oidc, claims=essential(UNKNOWN))
    database, server, now = portal.server.database, portal.server, portal.clock.now()
    taken = database.run(interaction.take_up, interaction_id, None, now, server.pseudonyms)
    found = interaction.next_step(taken, None, (), now)
    assert isinstance(found, Refuse)
    location = database.run(interaction.refuse, server, taken, None, found.error, now)
    query = parse_qs(urlsplit(location).query)
    assert query["error"] == ["unmet_authentication_requirements"]
    assert query["iss"] == [ISSUER]


def test_a_hint_outlives_the_key_that_signed_it_unless_that_leaked(
    portal: Portal, oidc: AppKit, tmp_path: Path
) -> None:
    operator = Operator(portal, KeyFiles(tmp_path / "keys"))
    hint = portal.redeem(oidc, portal.code(oidc)).json()["id_token"]
    operator.rotate_in_time()
    operator.wait(timedelta(days=1))
    followed()
    asked = oidc.request(id_token_hint=hint)
    assert kid_of(hint) not in published(portal)
    assert portal.post("/par", oidc.signed(asked)).status_code == 201
    operator.remove(kid_of(hint))
    assert portal.post("/par", oidc.signed(asked)).json()["error"] == "invalid_request"
