"""Each check of the authorization server refuses what it is for, and the refusal says so.

A row has a check's name as its id: no check is without one, so none can be left out unnoticed.
"""

import importlib
import pkgutil
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

import mynaportal_sim
from mynaportal_sim.inspector import store
from mynaportal_sim.inspector.model import Inspected, Result
from mynaportal_sim.oauth.trail import Check

from .conftest import Portal
from .devices import Device, device_asks, device_of, polls, waits
from .kit import CALLBACK, ISSUER, AppKit
from .reading import READING
from .registering_wrongly import REGISTERING
from .unproven import UNPROVEN

NO_ROOMS = ("mynaportal_sim.__main__", "mynaportal_sim.migrations")
Sends = Callable[[Portal], httpx.Response]
ESSENTIAL_ACR = '{"id_token": {"acr": {"essential": true, "value": "urn:another"}}}'
PAR, TOKEN, PATIENT = f"{ISSUER}/par", f"{ISSUER}/token", f"{ISSUER}/fhir/Patient"


def _row(name: str, sends: Sends) -> object:
    return pytest.param(name, sends, id=name)


def _authenticates(profile: str = "oidc", **spoilt: object) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register(profile=profile)
        return portal.post("/par", kit.signed(kit.request(), kit.assertion(**spoilt)))

    return sends


def _names_keys_elsewhere(profile: str) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register(profile=profile)
        named = kit.headed({"jku": "https://app.example/jwks.json"})
        return portal.post("/revoke", kit.signed({"token": "x"}, named))

    return sends


def _sends_form(**form: str) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register()
        return portal.post("/par", {**kit.signed(kit.request()), **form})

    return sends


def _uses_one_assertion_twice(portal: Portal) -> httpx.Response:
    kit = portal.register()
    form = kit.signed(kit.request())
    assert portal.post("/par", form).status_code == 201
    return portal.post("/par", form)


def _pushes_with_proof(**spoilt: object) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register(profile="fapi2")
        return portal.post("/par", kit.signed(kit.request()), kit.proof(PAR, **spoilt))  # type: ignore[arg-type]

    return sends


def _pushes_with_header(text: Callable[[AppKit], str]) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register(profile="fapi2")
        return portal.post("/par", kit.signed(kit.request()), {"DPoP": text(kit)})

    return sends


def _spoils_the_signature(kit: AppKit) -> str:
    return kit.proof(PAR)["DPoP"][:-8] + "AAAAAAAA"


def _sends_two_proofs(portal: Portal) -> httpx.Response:
    kit = portal.register(profile="fapi2")
    headers = [("DPoP", kit.proof(PAR)["DPoP"]), ("DPoP", kit.proof(PAR)["DPoP"])]
    return portal.send("POST", "/par", data=kit.signed(kit.request()), headers=headers)


def _proves_twice_by_one(portal: Portal) -> httpx.Response:
    kit = portal.register(profile="fapi2")
    proof = kit.proof(PAR)
    assert portal.post("/par", kit.signed(kit.request()), proof).status_code == 201
    return portal.post("/par", kit.signed(kit.request()), proof)


def _asks(**spoilt: str | None) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register()
        return portal.post("/par", kit.signed(kit.request(**spoilt)))

    return sends


def _asks_as_a_smart_app(**spoilt: str | None) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register(profile="smart")
        return portal.authorize(kit.launch("patient/Observation.rs", **spoilt))

    return sends


def _names_two_persons(portal: Portal) -> httpx.Response:
    kit = portal.register()
    hint = portal.redeem(kit, portal.code(kit)).json()["id_token"]
    another = '{"id_token": {"sub": {"value": "another"}}}'
    return portal.post("/par", kit.signed(kit.request(id_token_hint=hint, claims=another)))


def _asks_unpushed(portal: Portal) -> httpx.Response:
    return portal.authorize(portal.register(profile="fapi2").request())


def _asks_as_nobody(portal: Portal) -> httpx.Response:
    return portal.authorize({"client_id": "app-nobody"})


def _asks_by_an_old_handle(portal: Portal) -> httpx.Response:
    kit = portal.register()
    handle = "urn:ietf:params:oauth:request_uri:gone"
    return portal.authorize({"client_id": kit.client_id, "request_uri": handle})


def _exchanges(profile: str = "oidc", **spoilt: str) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register(profile=profile)
        return portal.redeem(kit, portal.code(kit), **spoilt)

    return sends


def _exchanges_without(name: str, profile: str = "oidc") -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register(profile=profile)
        form = kit.redemption(portal.code(kit))
        form.pop(name, None)
        return portal.post("/token", kit.signed(form))

    return sends


def _exchanges_by_another_key(portal: Portal) -> httpx.Response:
    kit = portal.register(profile="fapi2")
    code = portal.code(kit)
    kit.dpop_key = kit.key
    return portal.redeem(kit, code)


def _refreshes(profile: str = "oidc", *, proven: bool = True, **spoilt: str) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register(profile=profile)
        headers = kit.proof(TOKEN)
        given = portal.post("/token", kit.signed(kit.redemption(portal.code(kit))), headers)
        token = given.json()["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token, **spoilt}
        return portal.post("/token", kit.signed(form), kit.proof(TOKEN) if proven else {})

    return sends


def _refreshes_what_was_withdrawn(portal: Portal) -> httpx.Response:
    kit = portal.register()
    token = portal.redeem(kit, portal.code(kit)).json()["refresh_token"]
    portal.withdraw(kit)
    return portal.refresh(kit, token)


def _fetches(authorization: Callable[[str], str], path: str = "/fhir/Patient") -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register()
        token = portal.redeem(kit, portal.code(kit)).json()["access_token"]
        headers = {"Authorization": authorization(token)}
        return portal.send("GET", path, headers=headers)

    return sends


def _fetches_bound(headers: Callable[[AppKit, str], dict[str, str]]) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register(profile="fapi2")
        token = portal.redeem(kit, portal.code(kit)).json()["access_token"]
        return portal.fetch(f"DPoP {token}", **headers(kit, token))

    return sends


def _by_another_key(kit: AppKit, token: str) -> dict[str, str]:
    kit.dpop_key = kit.key
    return kit.proof(PATIENT, "GET", token)


def _of_the_past(portal: Portal) -> httpx.Response:
    kit = portal.register(profile="fapi2")
    proof = kit.proof(PAR)
    kit.clock.time += timedelta(seconds=61)
    return portal.post("/par", kit.signed(kit.request()), proof)


def _authenticates_with_a_spoilt_signature(portal: Portal) -> httpx.Response:
    kit = portal.register()
    spoilt = kit.assertion()[:-8] + "AAAAAAAA"
    return portal.post("/par", kit.signed(kit.request(), spoilt))


def _authenticates_as_nobody(portal: Portal) -> httpx.Response:
    kit = portal.register()
    form = kit.request(client_id="nobody")
    return portal.post("/par", kit.signed(form, kit.assertion(iss="nobody", sub="nobody")))


def _names_another_key_than_it_proves(portal: Portal) -> httpx.Response:
    kit = portal.register(profile="fapi2")
    form = kit.request(dpop_jkt="A" * 43)
    return portal.post("/par", kit.signed(form), kit.proof(PAR))


def _manages(change: Callable[[Portal, AppKit, str], str]) -> Sends:
    """A query by a token that is not what the call takes."""

    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register()
        token = change(portal, kit, portal.own_token(kit))
        return portal.manage(kit, "GET", "no-grant", token)

    return sends


def _asks_as_a_system(portal: Portal) -> httpx.Response:
    kit = portal.register(profile="smart")
    form = {"grant_type": "client_credentials", "scope": "system/Observation.rs"}
    return portal.post("/token", kit.signed(form))


def _fetches_as_a_system(portal: Portal) -> httpx.Response:
    kit = portal.register(profile="smart", scopes=("system/Observation.rs",))
    return portal.fetch(f"Bearer {portal.own_token(kit, 'system/Observation.rs')}")


def _revoked(portal: Portal, kit: AppKit, token: str) -> str:
    assert portal.post("/revoke", kit.signed({"token": token})).status_code == 200
    return token


def _asks_whom(
    authorization: Callable[[str], dict[str, str]] = lambda token: {
        "Authorization": f"Bearer {token}"
    },
    *,
    withdrawn: bool = False,
    in_form: bool = False,
    profile: str = "oidc",
) -> Sends:
    """What the userinfo endpoint says to a token."""

    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register(profile=profile)
        token = portal.redeem(kit, portal.code(kit)).json()["access_token"]
        if withdrawn:
            portal.withdraw(kit)
        form = {"access_token": token} if in_form else {}
        return portal.post("/userinfo", form, authorization(token))

    return sends


def _has_log_out(*, hinted: bool = False, **asked: str) -> Sends:
    """A request to log out, with an ID token of an app's, or of nobody's."""

    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register()
        tokens = portal.redeem(kit, portal.code(kit)).json()
        hint = {"id_token_hint": tokens["id_token"]} if hinted else {}
        return portal.send("GET", "/end-session", params={**hint, **asked})

    return sends


ROWS = [
    _row("no_other_credentials", _sends_form(client_secret="secret")),
    _row("assertion_type", _sends_form(client_assertion_type="urn:other")),
    _row("assertion_is_jwt", _sends_form(client_assertion="a.b")),
    _row("assertion_names_one_client", _authenticates(iss="someone")),
    _row("client_id_agrees", _sends_form(client_id="another")),
    _row("client_is_registered", _authenticates_as_nobody),
    _row("names_no_key_set", _names_keys_elsewhere("fapi2")),
    _row("key_set_is_registered", _names_keys_elsewhere("smart")),
    _row("assertion_is_signed", _authenticates_with_a_spoilt_signature),
    _row("audience_is_this_server", _authenticates(aud="https://other.example")),
    _row("audience_is_the_issuer", _authenticates("fapi2", aud=[ISSUER])),
    _row("assertion_is_not_of_later", _authenticates(iat=2**33)),
    _row("assertion_ends_soon", _authenticates(exp=2**33)),
    _row("assertion_has_an_id", _authenticates(jti=None)),
    _row("is_new", _uses_one_assertion_twice),
    _row("one_header", _sends_two_proofs),
    _row("proof_is_jwt", _pushes_with_proof(header={"typ": "JWT"})),
    _row("proof_brings_its_key", _pushes_with_proof(header={"jwk": {"kty": "oct"}})),
    _row("proof_is_signed", _pushes_with_header(_spoils_the_signature)),
    _row("method_is_this", _pushes_with_proof(htm="GET")),
    _row("url_is_this", _pushes_with_proof(htu=TOKEN)),
    _row("token_is_this", _fetches_bound(lambda kit, _: kit.proof(PATIENT, "GET", "other"))),
    _row("proof_has_an_id", _pushes_with_proof(jti=None)),
    _row("proof_is_not_of_later", _pushes_with_proof(iat=2**33)),
    _row("proof_is_fresh", _of_the_past),
    _row("proof_has_not_ended", _pushes_with_proof(exp=1)),
    _row("nonce_was_given", _pushes_with_proof(nonce="of another server")),
    _row("proof_is_new", _proves_twice_by_one),
    _row("key_is_the_proofs", _names_another_key_than_it_proves),
    _row("redirect_uri_is_registered", _asks(redirect_uri=f"{CALLBACK}/x")),
    _row("no_request_object", _asks(request="e30.e30.e30")),
    _row("no_request_uri", _asks(request_uri="urn:ietf:params:oauth:request_uri:x")),
    _row("response_type_is_code", _asks(response_type="token")),
    _row("response_mode_is_query", _asks(response_mode="fragment")),
    _row("pkce_by_s256", _asks(code_challenge_method="plain")),
    _row("challenge_is_a_hash", _asks(code_challenge="short")),
    _row("state_is_short", _asks(state="s" * 4097)),
    _row("nonce_is_short", _asks(nonce="n" * 1025)),
    _row("prompt_is_known", _asks(prompt="none login")),
    _row("max_age_is_a_number", _asks(max_age="soon")),
    _row("hint_is_the_clients", _asks(id_token_hint="e30.e30.")),
    _row("claims_are_well_formed", _asks(claims="{")),
    _row("one_person_is_meant", _names_two_persons),
    _row("key_binding_is_a_thumbprint", _asks(dpop_jkt="short")),
    _row("resource_is_ours", _asks(resource="https://other.example")),
    _row("grant_action_is_known", _asks(grant_management_action="query")),
    _row("grant_id_fits_the_action", _asks(grant_id="x")),
    _row("grant_is_the_apps", _asks(grant_management_action="merge", grant_id="x")),
    _row("is_pushed", _asks_unpushed),
    _row("audience_is_the_fhir_server", _asks_as_a_smart_app(aud=ISSUER)),
    _row("launch_is_standalone", _asks_as_a_smart_app(launch="123")),
    _row("data_are_asked_by_scopes", _asks_as_a_smart_app(authorization_details="[]")),
    _row("smart_scopes_are_the_apps", _asks_as_a_smart_app(scope="patient/*.read")),
    _row("scopes_are_the_apps", _asks(scope="patient/Coverage.rs")),
    _row("details_are_for_the_app", _asks(authorization_details="[]")),
    _row("client_is_known", _asks_as_nobody),
    _row("request_uri_is_live", _asks_by_an_old_handle),
    _row("grant_type_is_known", _exchanges(grant_type="password")),
    _row("exchange_is_complete", _exchanges_without("redirect_uri")),
    _row("sends_a_verifier", _exchanges_without("code_verifier")),
    _row("refresh_is_complete", _exchanges(grant_type="refresh_token")),
    _row("scope_needs_no_person", _exchanges(grant_type="client_credentials", scope="openid")),
    _row("sends_a_proof", _exchanges_without("nothing", "fapi2")),
    _row("code_is_live", lambda portal: portal.redeem(portal.register(), "another")),
    _row("redirect_uri_is_the_same", _exchanges(redirect_uri="http://127.0.0.1:9000/cb")),
    _row("verifier_fits", _exchanges(code_verifier="v" * 43)),
    _row("key_is_the_same", _exchanges_by_another_key),
    _row("refresh_token_is_live", _refreshes(refresh_token="another")),
    _row("stays_bound", _refreshes(proven=False)),
    _row("scope_is_the_granted_one", _refreshes(scope="openid")),
    _row("consent_is_in_force", _refreshes_what_was_withdrawn),
    _row("token_is_not_in_the_url", _fetches(str, "/fhir/Patient?access_token=x")),
    _row("token_is_in_the_header", _fetches(lambda token: f"Basic {token}")),
    _row("token_is_of_a_consent", _fetches_as_a_system),
    _row("system_scopes_are_the_clients", _asks_as_a_system),
    _row("token_holds", _fetches(lambda token: f"Bearer {token}x")),
    _row("scheme_fits", _fetches(lambda token: f"DPoP {token}")),
    _row("proof_is_there", _fetches_bound(lambda *_: {})),
    _row("key_is_the_tokens", _fetches_bound(_by_another_key)),
    _row("code_flow_alone", device_of("fapi2")),
    _row("has_devices", device_of("oidc")),
    _row("a_person_may_be_asked", device_asks(prompt="none")),
    _row("some_login_would_do", device_asks(claims=ESSENTIAL_ACR)),
    _row("poll_is_complete", polls(device_code="")),
    _row("device_code_is_known", polls(device_code="another")),
    _row("person_has_not_refused", polls(Device.turned_away)),
    _row("codes_have_not_run_out", polls(waits)),
    _row("polls_are_apart", polls(Device.poll)),
    _row(
        "scope_is_of_the_call",
        _manages(lambda portal, kit, _: portal.own_token(kit, "grant_management_revoke")),
    ),
    _row("token_is_not_revoked", _manages(_revoked)),
    _row("grant_is_the_callers", _manages(lambda _portal, _kit, token: token)),
    _row("token_is_sent_once", _asks_whom(in_form=True)),
    _row(
        "token_is_not_in_the_body",
        _asks_whom(lambda _: {}, in_form=True, profile="fapi2"),
    ),
    _row("token_still_gives", _asks_whom(withdrawn=True)),
    _row("hint_is_of_this_server", _has_log_out(id_token_hint="e30.e30.")),
    _row("hint_is_of_the_client", _has_log_out(hinted=True, client_id="another")),
    _row("logout_is_a_clients", _has_log_out(client_id="nobody")),
    _row(
        "logout_uri_is_registered",
        _has_log_out(hinted=True, post_logout_redirect_uri=CALLBACK),
    ),
    *(_row(name, sends) for name, sends in {**REGISTERING, **UNPROVEN, **READING}.items()),
]


def refusal_of(portal: Portal, answered: httpx.Response) -> Inspected:
    """What is kept of a refusal, found by what its answer says."""
    if answered.status_code == 303:
        uri = parse_qs(urlsplit(answered.headers["location"]).query)["error_uri"][0]
    elif "issue" in answered.json():
        [issue] = answered.json()["issue"]
        uri = issue["diagnostics"].rpartition(" ")[2]
    else:
        uri = answered.json()["error_uri"]
    trace = uri.removeprefix(f"{ISSUER}/why/")
    found = portal.server.database.run(store.find, trace, portal.clock.now())
    assert found is not None
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("name", "sends"), ROWS)
def test_each_check_refuses_what_it_is_for(portal: Portal, name: str, sends: Sends) -> None:
    refusal = refusal_of(portal, sends(portal))
    results = {one.name: one.result for one in refusal.looked}
    assert [one for one, result in results.items() if result is Result.REFUSED] == [name]
    names = list(results)
    before, after = names[: names.index(name)], names[names.index(name) + 1 :]
    assert {results[one] for one in before} <= {Result.HELD}
    assert {results[one] for one in after} <= {Result.NOT_REACHED}
    [looked] = [one for one in refusal.looked if one.name == name]
    assert looked.source
    assert looked.asks.endswith(".")
    assert looked.said in refusal.said


def _checks() -> set[str]:
    """The names of all checks that the portal has, in whichever room."""
    names: list[str] = []
    for found in pkgutil.walk_packages(mynaportal_sim.__path__, f"{mynaportal_sim.__name__}."):
        if found.name.startswith(NO_ROOMS):
            continue
        module = importlib.import_module(found.name)
        mine = [one for one in vars(module).values() if isinstance(one, Check)]
        names += [one.name for one in mine if one.run.__module__ == found.name]
    assert len(names) == len(set(names)), "a trail knows a check by its name"
    return {*names, "assertion_is_signed"}  # which is made for each profile


def test_no_check_is_without_a_row() -> None:
    assert _checks() == {row.id for row in ROWS}  # type: ignore[attr-defined]
