"""SMART Backend Services: an app gets a token as a system, which gives nobody's data yet."""

from urllib.parse import parse_qs, urlsplit

import pytest

from .conftest import Portal
from .kit import ISSUER

FHIR = f"{ISSUER}/fhir"
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite
def test_a_system_gets_a_token_of_its_own_by_which_nobody_is_read_yet(portal: Portal) -> None:
    scopes = ("system/Observation.rs", "system/Patient.rs")
    kit = portal.register(profile="smart", scopes=scopes)
    form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
    answer = portal.post("/token", kit.signed(form)).json()
    assert (answer["scope"], answer["expires_in"]) == (" ".join(scopes), 300)
    assert {"refresh_token", "patient", "authorization_details"}.isdisjoint(answer)
    token = answer["access_token"]
    said = portal.introspect(kit, token)
    assert (said["active"], said["sub"], said["aud"]) == (True, kit.client_id, FHIR)
    assert portal.ledger()[-1][0] == "token.issued_to_app"
    read = portal.fetch(f"Bearer {token}")
    assert (read.status_code, read.json()["error"]) == (403, "insufficient_scope")
    assert "$export" in read.json()["error_description"]
    assert portal.ledger()[-1] == (
        "access.refused",
        portal.ledger()[-1][1] | {"app_id": kit.client_id, "reason": "insufficient_scope"},
    )
    assert portal.manage(kit, "GET", "no-grant", token).status_code == 401
    assert portal.post("/revoke", kit.signed({"token": token})).status_code == 200
    assert portal.introspect(kit, token) == {"active": False}


@sqlite
@pytest.mark.parametrize(
    ("scope", "said"),
    [
        pytest.param("system/MedicationDispense.rs", "not registered", id="not the app's"),
        pytest.param("system/*.rs", "is none of", id="every type"),
        pytest.param("system/Observation.rs?code=a|b", "is none of", id="narrowed"),
        pytest.param("patient/Observation.rs", "is none of", id="a person's"),
        pytest.param(
            "system/Observation.rs grant_management_query", "a token each", id="two audiences"
        ),
    ],
)
def test_a_system_is_refused_what_it_is_not_registered_for(
    portal: Portal, scope: str, said: str
) -> None:
    kit = portal.register(profile="smart", scopes=("system/Observation.rs",))
    form = {"grant_type": "client_credentials", "scope": scope}
    answer = portal.post("/token", kit.signed(form))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert said in answer.json()["error_description"]


@sqlite
@pytest.mark.parametrize("profile", ["oidc", "smart"])
def test_no_person_is_asked_for_what_is_a_systems(portal: Portal, profile: str) -> None:
    kit = portal.register(profile=profile, scopes=("system/Observation.rs",))
    form = (
        kit.launch("system/Observation.rs")
        if profile == "smart"
        else kit.request(scope="system/Observation.rs")
    )
    location = portal.authorize(form).headers["location"]
    assert parse_qs(urlsplit(location).query)["error"] == ["invalid_scope"]
