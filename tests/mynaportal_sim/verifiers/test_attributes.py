"""The four attributes leave with the person's consent alone, signed, and as they are now."""

import jwt
import pytest

from mynaportal_sim.issuing.life_events import LifeEvent
from tests.mynaportal_sim.verifiers.kit import MOVED_TO, Town, Verifier
from tests.mynaportal_sim.web.kit import JSON, ORIGIN, Portal, events_of


def read(portal: Portal, document: str, app: Verifier) -> dict[str, object]:
    """The document as docs/verifiers.md has an app verify it, with the keys of /jwks alone."""
    header = jwt.get_unverified_header(document)
    assert header["typ"] == "attributes+jwt"
    published = portal.browser().get("/jwks").json()["keys"]
    [key] = [one for one in published if one["kid"] == header["kid"]]
    public = jwt.PyJWK(key)
    said: dict[str, object] = jwt.decode(
        document, public, ["ES256"], audience=app.client_id, issuer=ORIGIN
    )
    return said


def test_they_are_what_the_register_says_now(
    portal: Portal, town: Town, verifier: Verifier
) -> None:
    tokens = verifier.consented()
    answer = verifier.attributes(tokens["access_token"])
    assert answer.headers["content-type"] == "application/attributes+jwt"
    assert answer.headers["cache-control"] == "no-store"
    hanako = town.resident()
    before = read(portal, answer.text, verifier)
    assert before["attributes"] == {
        "name": hanako.name.full,
        "address": hanako.address,
        "birthdate": hanako.born.isoformat(),
        "sex": hanako.sex.value,
    }
    town.let(LifeEvent.MOVE, LifeEvent.CHANGE_NAME)
    after = read(portal, verifier.attributes(tokens["access_token"]).text, verifier)
    assert after["attributes"] == {
        "name": "鈴木\u3000花子",
        "address": MOVED_TO,
        "birthdate": hanako.born.isoformat(),
        "sex": hanako.sex.value,
    }
    assert after["sub"] == before["sub"]
    assert after["jti"] != before["jti"]


def test_neither_a_number_nor_a_name_of_the_portals_own_is_in_it(
    portal: Portal, town: Town, verifier: Verifier
) -> None:
    said = read(
        portal, verifier.attributes(verifier.consented()["access_token"]).text, verifier
    )
    claims = {"iss", "aud", "sub", "iat", "jti", "arrangement", "consent_version", "as_of"}
    assert said.keys() == {*claims, "attributes"}
    assert town.resident().my_number not in str(said)
    assert str(town.resident().id) not in str(said)


def test_another_app_knows_the_person_by_another_name(portal: Portal, town: Town) -> None:
    del town
    apps = [Verifier.at(portal, name) for name in ("甲銀行", "乙銀行")]
    subs = {
        read(portal, app.attributes(app.consented()["access_token"]).text, app)["sub"]
        for app in apps
    }
    assert len(subs) == 2


def test_an_app_that_is_no_verifier_gets_none_with_any_consent(portal: Portal) -> None:
    app = Verifier.at(portal, verifier=False)
    answer = app.attributes(app.consented()["access_token"])
    assert (answer.status_code, answer.json()["error"]) == (403, "unauthorized_client")


def test_once_the_consent_is_withdrawn_nothing_leaves(
    portal: Portal, verifier: Verifier
) -> None:
    browser = portal.browser()
    tokens = verifier.consented(browser)
    [mine] = browser.get("/consents", **JSON).json()["consents"]
    form = {"csrf": browser.csrf("/consents"), "version": mine["version_id"], "key": ""}
    form["key"] = "00000000-0000-4000-8000-000000000001"
    browser.post(f"/consents/{mine['arrangement_id']}/withdraw", {**form})
    answer = verifier.attributes(tokens["access_token"])
    assert answer.status_code in {401, 403}
    assert "attributes" not in answer.text.replace("/verifiers/attributes", "")


def test_a_proof_is_good_for_one_document(verifier: Verifier) -> None:
    token = verifier.consented()["access_token"]
    proof = verifier.dpop("GET", f"{ORIGIN}/verifiers/attributes", token)
    assert verifier.attributes(token, proof).is_success
    again = verifier.attributes(token, proof)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_dpop_proof")


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({}, id="no token"),
        pytest.param({"authorization": "Bearer x"}, id="an invented one"),
    ],
)
def test_without_a_token_nothing_leaves(portal: Portal, header: dict[str, str]) -> None:
    answer = portal.browser().send("GET", "/verifiers/attributes", header)
    assert answer.status_code == 401
    assert "DPoP" in answer.headers["www-authenticate"] or header


def test_the_person_reads_that_they_left(portal: Portal, verifier: Verifier) -> None:
    browser = portal.browser()
    verifier.attributes(verifier.consented(browser)["access_token"])
    assert events_of(browser)[0] == "access.permitted"
    [entry] = browser.get("/history?kind=access", **JSON).json()["entries"]
    assert (entry["app"], entry["categories"]) == (verifier.client_id, ["基本情報"])
