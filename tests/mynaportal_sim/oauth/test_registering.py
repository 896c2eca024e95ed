"""An app that was invited registers itself, by the rule that holds for every app."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.apps import invites
from mynaportal_sim.oauth.grants.device_code import NAME as DEVICE_CODE
from mynaportal_sim.oauth.metadata import describe
from mynaportal_sim.sample_app.relying_party import public_jwk

from .conftest import Portal
from .devices import Device
from .kit import CALLBACK, ISSUER
from .registering import Newcomer, invited, serving

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def newcomer(portal: Portal) -> Newcomer:
    return Newcomer(portal)


def test_an_app_that_registered_itself_is_told_of_itself_and_gets_tokens(
    newcomer: Newcomer, portal: Portal
) -> None:
    told = newcomer.registered(contacts=["dev@app.example"], software_id="notes")
    said = newcomer.metadata(contacts=["dev@app.example"], software_id="notes")
    scope = {"scope": " ".join(sorted(str(said["scope"]).split()))}
    assert told == told | said | scope
    own = f"{describe(ISSUER)['registration_endpoint']}/{told['client_id']}"
    assert told["registration_client_uri"] == own
    assert told["token_endpoint_auth_method"] == "private_key_jwt"
    assert (told["subject_type"], told["mynasim_profile"]) == ("pairwise", "oidc")
    assert "client_secret" not in told
    kit = newcomer.kit(told)
    assert portal.redeem(kit, portal.code(kit)).status_code == 200
    read = newcomer.manage(told, "GET")
    assert (read.status_code, read.json()) == (200, told)
    assert read.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("wanted", "devices"),
    [
        pytest.param(None, False, id="as usual"),
        pytest.param(["authorization_code"], False, id="by the code flow"),
        pytest.param(["authorization_code", DEVICE_CODE], True, id="on devices too"),
    ],
)
def test_an_app_that_registers_for_devices_asks_by_a_code(
    newcomer: Newcomer, portal: Portal, wanted: list[str] | None, devices: bool
) -> None:
    told = newcomer.registered(grant_types=wanted)
    assert (DEVICE_CODE in told["grant_types"]) is devices  # type: ignore[operator]  # a list
    answered = Device(portal, newcomer.kit(told)).ask()
    assert answered.status_code == (200 if devices else 400)
    kept = newcomer.manage(told, "PUT", grant_types=None)
    assert kept.json()["grant_types"] == told["grant_types"]


def test_where_logouts_lead_and_are_told_is_registered_and_changed(
    newcomer: Newcomer, portal: Portal
) -> None:
    first = {
        "post_logout_redirect_uris": [f"{CALLBACK}/out"],
        "backchannel_logout_uri": f"{CALLBACK}/backchannel",
    }
    told = newcomer.registered(**first, backchannel_logout_session_required=True)
    assert told == told | first | {"backchannel_logout_session_required": True}
    moved = {"post_logout_redirect_uris": [f"{CALLBACK}/bye"]}
    changed = newcomer.manage(told, "PUT", **moved)
    assert changed.json() == changed.json() | moved
    assert "backchannel_logout_uri" not in changed.json()
    app = newcomer.kit(told).app
    assert app.post_logout_redirect_uris == (f"{CALLBACK}/bye",)
    assert app.backchannel_logout_uri == ""
    kind, entered = portal.ledger()[-1]
    assert (kind, entered["post_logout_redirect_uris"]) == ("app.moved", [f"{CALLBACK}/bye"])


def test_people_are_asked_by_the_japanese_name(newcomer: Newcomer) -> None:
    assert newcomer.kit(newcomer.registered()).app.name == "健康ノート"
    bare = {"client_name#ja": None}
    assert newcomer.kit(newcomer.registered(**bare)).app.name == "Health notes"


@pytest.mark.parametrize("tag", ["ja-JP", "zh-Hant-TW", "x-plain", "ast", "de-CH-1996"])
def test_a_name_is_taken_in_each_language(newcomer: Newcomer, tag: str) -> None:
    told = newcomer.registered(**{f"client_name#{tag}": "名前"})
    assert told[f"client_name#{tag}"] == "名前"


def test_what_is_left_out_is_filled_in_and_what_is_unknown_is_ignored(
    newcomer: Newcomer,
) -> None:
    said = ("client_name#ja", "scope", "mynasim_organisation", "mynasim_supervisor")
    words = ("mynasim_purpose", "mynasim_purpose_text", "token_endpoint_auth_method")
    left_out = dict.fromkeys((*said, *words))
    told = newcomer.registered(**left_out, request_uris=["https://x"], colour={"a": 1})
    assert "colour" not in told
    assert (told["mynasim_organisation"], told["mynasim_purpose"]) == (
        "Health notes",
        "self-care",
    )
    assert told["mynasim_purpose_text"] == "ご自身の健康管理"
    assert "openid" in str(told["scope"])


@pytest.mark.parametrize(
    ("said", "profile"),
    [
        pytest.param({}, "oidc", id="nothing is demanded"),
        pytest.param({"dpop_bound_access_tokens": True}, "fapi2", id="tokens are bound"),
        pytest.param({"require_pushed_authorization_requests": True}, "fapi2", id="PAR"),
        pytest.param({"mynasim_profile": "fapi2"}, "fapi2", id="by name"),
        pytest.param({"dpop_bound_access_tokens": False}, "oidc", id="tokens are not bound"),
    ],
)
def test_the_profile_is_one_that_does_what_is_demanded(
    newcomer: Newcomer, said: dict[str, object], profile: str
) -> None:
    told = newcomer.registered(**said)
    assert told["mynasim_profile"] == profile
    assert told["dpop_bound_access_tokens"] is (profile == "fapi2")
    assert told["require_pushed_authorization_requests"] is (profile == "fapi2")


def test_nobodys_statement_about_an_app_is_taken(newcomer: Newcomer) -> None:
    refused = newcomer.register(software_statement="e30.e30.e30")
    assert (refused.status_code, refused.json()["error"]) == (
        400,
        "unapproved_software_statement",
    )


def _spent(portal: Portal) -> str:
    token = invited(portal)
    assert Newcomer(portal).register(token).status_code == 201
    return token


def _expired(portal: Portal) -> str:
    token = invited(portal)
    portal.clock.time += timedelta(days=1)
    return token


def _revoked(portal: Portal) -> str:
    made = portal.server.database.run(
        invites.issue, "", 1, timedelta(days=1), portal.clock.now(), token_bytes
    )
    portal.server.database.run(invites.revoke, made.invite.id, portal.clock.now(), token_bytes)
    return made.token


@pytest.mark.parametrize(
    ("token", "said"),
    [
        pytest.param(lambda _: "invented", "no initial access token", id="invented"),
        pytest.param(_spent, "used up", id="used up"),
        pytest.param(_expired, "expired", id="expired"),
        pytest.param(_revoked, "revoked", id="revoked"),
    ],
)
def test_only_who_is_invited_registers_and_nothing_is_fetched_for_others(
    newcomer: Newcomer, token: Callable[[Portal], str], said: str
) -> None:
    with serving(public_jwk(newcomer.key)) as endpoint:
        given = token(newcomer.portal)
        refused = newcomer.register(given, jwks=None, jwks_uri=endpoint.jwks_uri)
        assert endpoint.got == []
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    assert said in refused.json()["error_description"]
    assert refused.headers["www-authenticate"].startswith('Bearer error="invalid_token"')


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="none"),
        pytest.param([("Authorization", "Basic YTpi")], id="Basic"),
        pytest.param([("Authorization", "Bearer ")], id="empty"),
        pytest.param([("Authorization", "Bearer a"), ("Authorization", "Bearer b")], id="two"),
    ],
)
def test_a_token_comes_as_one_bearer_token(
    portal: Portal, headers: list[tuple[str, str]]
) -> None:
    refused = portal.send("POST", "/register", headers=headers, content=b"{}")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("kind", "body", "status", "error"),
    [
        pytest.param("text/plain", b"{}", 400, "invalid_request", id="another type"),
        pytest.param(
            "application/x-www-form-urlencoded", b"a=b", 400, "invalid_request", id="form"
        ),
        pytest.param("application/json", b"[]", 400, "invalid_client_metadata", id="array"),
        pytest.param("application/json", b"{", 400, "invalid_client_metadata", id="half"),
        pytest.param("application/json", b"", 400, "invalid_client_metadata", id="empty"),
        pytest.param(
            "application/json", b'{"a":1,"a":2}', 400, "invalid_client_metadata", id="twice"
        ),
        pytest.param(
            "application/json", b'{"a":"\xff"}', 400, "invalid_client_metadata", id="no UTF-8"
        ),
        pytest.param(
            "application/json", b'{"a":"\\u0000"}', 400, "invalid_client_metadata", id="NUL"
        ),
        pytest.param(
            "application/json", b"[" * 30_000, 400, "invalid_client_metadata", id="deep"
        ),
        pytest.param("application/json", b" " * 32_769, 413, "invalid_request", id="oversized"),
    ],
)
def test_what_is_no_metadata_is_refused(
    portal: Portal, kind: str, body: bytes, status: int, error: str
) -> None:
    headers = {"Authorization": f"Bearer {invited(portal)}", "Content-Type": kind}
    refused = portal.send("POST", "/register", headers=headers, content=body)
    assert (refused.status_code, refused.json()["error"]) == (status, error)


def test_whoever_is_invited_for_an_organisation_registers_for_that_alone(
    newcomer: Newcomer, portal: Portal
) -> None:
    token = invited(portal, "健康ノート株式会社")
    other = newcomer.register(token, mynasim_organisation="別の会社")
    assert other.json()["member"] == "mynasim_organisation"
    assert newcomer.register(token, mynasim_organisation=None).status_code == 201


def test_the_ledger_names_the_invitation_by_which_an_app_came(
    newcomer: Newcomer, portal: Portal
) -> None:
    newcomer.registered()
    (invited_, first), (registered, second) = portal.ledger()[-2:]
    assert (invited_, registered) == ("app.invited", "app.registered")
    assert first["invite"] == second["invite"]


@pytest.mark.parametrize(
    ("listed", "fault"),
    [
        pytest.param(
            [CALLBACK, "https://other.example/"], None, id="oidcc-registration-sector-uri"
        ),
        pytest.param(["https://other.example/"], "lacks", id="oidcc-registration-sector-bad"),
        pytest.param({"uris": [CALLBACK]}, "JSON array", id="no array"),
    ],
)
def test_a_sector_has_all_redirect_uris(
    newcomer: Newcomer, listed: object, fault: str | None
) -> None:
    with serving() as endpoint:
        endpoint.serve(listed)
        answered = newcomer.register(sector_identifier_uri=endpoint.jwks_uri)
    if fault is None:
        assert answered.json()["sector_identifier_uri"] == endpoint.jwks_uri
        return
    assert answered.json()["member"] == "sector_identifier_uri"
    assert fault in answered.json()["reason"]


def test_a_client_that_names_its_algorithm_is_held_to_it(
    newcomer: Newcomer, portal: Portal
) -> None:
    told = newcomer.registered(token_endpoint_auth_signing_alg="ES256")
    assert told["token_endpoint_auth_signing_alg"] == "ES256"
    kit = newcomer.kit(told)
    assert portal.post("/par", kit.signed(kit.request())).status_code == 201


MOVED = "https://app.example/elsewhere"


def test_an_app_moves_and_changes_its_keys_itself(newcomer: Newcomer, portal: Portal) -> None:
    told = newcomer.registered()
    newcomer.key = ec.generate_private_key(ec.SECP256R1())
    old = newcomer.kit(told)
    old.key = ec.generate_private_key(ec.SECP256R1())
    changed = newcomer.manage(
        told, "PUT", redirect_uris=[MOVED], tos_uri="https://app.example/t"
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["redirect_uris"] == [MOVED]
    assert newcomer.manage(told, "GET").json() == changed.json()
    kit = newcomer.kit(told)
    assert portal.post("/par", kit.signed(kit.request(redirect_uri=MOVED))).status_code == 201
    assert portal.post("/par", old.signed(old.request(redirect_uri=MOVED))).status_code == 401
    assert [type_ for type_, _ in portal.ledger()[-2:]] == ["app.moved", "app.keys_changed"]
    before = len(portal.ledger())
    again = newcomer.manage(told, "PUT", redirect_uris=[MOVED])
    assert "tos_uri" not in again.json()  # what is left out is gone
    assert len(portal.ledger()) == before


@pytest.mark.parametrize(
    ("changed", "member"),
    [
        pytest.param({"client_name#ja": "別の名前"}, "client_name", id="name"),
        pytest.param({"scope": "openid"}, "scope", id="scope"),
        pytest.param({"mynasim_profile": "fapi2"}, "mynasim_profile", id="profile"),
        pytest.param({"mynasim_organisation": "別の会社"}, "mynasim_organisation", id="whose"),
        pytest.param({"mynasim_supervisor": "別の人"}, "mynasim_supervisor", id="supervisor"),
        pytest.param(
            {"mynasim_purpose_text": "体重を表示するため"}, "mynasim_purpose_text", id="purpose"
        ),
        pytest.param({"mynasim_recipients": ["甲"]}, "mynasim_recipients", id="recipients"),
        pytest.param({"client_id": "app-other"}, "client_id", id="another client_id"),
        pytest.param(
            {"client_id_issued_at": 1}, "client_id_issued_at", id="what the server gives"
        ),
        pytest.param({"redirect_uris": []}, "redirect_uris", id="nowhere to go"),
        pytest.param({"grant_types": [DEVICE_CODE]}, "grant_types", id="devices"),
    ],
)
def test_what_people_are_asked_by_is_not_changed_so(
    newcomer: Newcomer, changed: dict[str, object], member: str
) -> None:
    told = newcomer.registered()
    refused = newcomer.manage(told, "PUT", **changed)
    assert (refused.status_code, refused.json()["member"]) == (400, member)
    assert newcomer.manage(told, "GET").json() == told


@pytest.mark.parametrize(
    ("changed", "way"),
    [
        pytest.param({"scope": "openid"}, "mynasim app declare", id="scope"),
        pytest.param({"mynasim_purpose": "fitness"}, "mynasim app declare", id="purpose"),
        pytest.param({"mynasim_purpose_text": "体重"}, "mynasim app declare", id="its words"),
        pytest.param({"client_name#ja": "別の名前"}, "register another app", id="name"),
        pytest.param({"mynasim_profile": "fapi2"}, "register another app", id="profile"),
        pytest.param({"grant_types": [DEVICE_CODE]}, "register another app", id="devices"),
    ],
)
def test_who_may_not_change_something_is_told_the_way_that_there_is(
    newcomer: Newcomer, changed: dict[str, object], way: str
) -> None:
    refused = newcomer.manage(newcomer.registered(), "PUT", **changed)
    assert way in refused.json()["reason"]


def test_an_app_is_managed_by_its_own_token_alone_and_never_deleted(
    newcomer: Newcomer, portal: Portal
) -> None:
    told, other = newcomer.registered(), Newcomer(portal).registered()
    stranger = {**told, "registration_access_token": other["registration_access_token"]}
    unknown = {**told, "client_id": "app-nobody"}
    spent = {**told, "registration_access_token": _spent(portal)}
    for wrong in (stranger, unknown, spent):
        for method in ("GET", "PUT"):
            refused = newcomer.manage(wrong, method)
            assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    assert newcomer.manage(told, "DELETE").status_code == 405
    own = str(told["registration_access_token"])
    assert newcomer.register(own).status_code == 401
    place = Path(str(portal.server.database.engine.url.database))
    stored = b"".join(path.read_bytes() for path in place.parent.glob(f"{place.name}*"))
    assert str(told["client_id"]).encode() in stored
    assert own.encode() not in stored
