"""Keys change under a running portal: a rotation ends no token, a removal each at once."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import httpx
import jwt
import pytest

from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens
from tests.journeys.conftest import mostly_on
from tests.journeys.kit import SCOPES, Portal, details

CLIENTS = 3
LOAD_FOR = 2.0  # seconds before and after each change


class Verifier(jwt.PyJWKClient):
    """What verifies ID tokens in an app: it keeps the key set, and counts its fetches."""

    def __init__(self, portal: Portal) -> None:
        super().__init__(f"{portal.url}/jwks", lifespan=300, cooldown_duration=0)
        self.fetches = 0

    def fetch_data(self) -> object:
        self.fetches += 1
        return super().fetch_data()

    def subject(self, app: RelyingParty, tokens: Tokens) -> str:
        token = str(tokens.answer["id_token"])
        key = self.get_signing_key_from_jwt(token)
        options = {"verify_exp": False, "verify_iat": False}
        claims = jwt.decode(token, key, ["ES256"], options, audience=app.client_id)  # type: ignore[arg-type]
        return str(claims["sub"])


@dataclass
class Load:
    """An app that refreshes, fetches and introspects without pause, a connection each time."""

    app: RelyingParty
    tokens: Tokens
    stop: Event = field(default_factory=Event)
    kids: set[str] = field(default_factory=set)
    served: int = 0
    refused: list[str] = field(default_factory=list)

    def work(self) -> None:
        while not self.stop.is_set():
            try:
                self.tokens = self.app.refresh(self.tokens)
                self.kids.add(kid_of(self.tokens))
                fetched = self.app.fetch(self.tokens, "/fhir/Observation?_count=1")
                said = self.app.introspect(self.tokens.access_token)
            except Exception as error:  # noqa: BLE001  any of them is a failure to count
                self.refused.append(repr(error))
                continue
            if fetched.status_code != 200 or not said["active"]:
                self.refused.append(f"{fetched.status_code} {fetched.text} {said}")
            self.served += 1


def kid_of(tokens: Tokens) -> str:
    return str(jwt.get_unverified_header(tokens.access_token)["kid"])


def begun(portal: Portal) -> tuple[RelyingParty, Tokens]:
    """An app that meets another worker at each request, and a person's tokens."""
    app = portal.register()
    app.http.close()
    # Workers take connections, and a connection stays with its worker.
    limits = httpx.Limits(max_keepalive_connections=0)
    app.http = portal.clients.enter_context(
        httpx.Client(limits=limits, trust_env=False, timeout=30)
    )
    browser = portal.browser()
    interaction = browser.open(app.authorization_url(details("checkup"), scope=SCOPES))
    browser.log_in(portal.card(), "1234", interaction)
    return app, app.redeem(browser.answer(interaction, "all"))


def keys(portal: Portal) -> dict[str, str]:
    """The status of each key."""
    return {
        key["kid"]: key["status"] for key in json.loads(portal.run("keys", "list", "--json"))
    }


def active(portal: Portal) -> str:
    return next(kid for kid, status in keys(portal).items() if status == "active")


def files(portal: Portal) -> set[str]:
    return {path.name for path in Path(portal.data / "keys").glob("token*")}


def entries(portal: Portal) -> list[tuple[str, str]]:
    """What the ledger says of keys, oldest first."""
    listed = json.loads(portal.run("ledger", "list", "--limit", "100000", "--json"))
    return [
        (entry["type"], entry["fields"]["kid"])
        for entry in reversed(listed)
        if entry["type"].startswith("key.")
    ]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "localhost")


@pytest.mark.deep
@mostly_on("postgres")  # with two workers
def test_rotations_under_load_refuse_no_token(own_portal: Portal) -> None:
    first = active(own_portal)
    second = json.loads(own_portal.run("keys", "next", "--json"))["kid"]
    assert "until" in own_portal.run("keys", "rotate", status=1)
    own_portal.run("clock", "forward", "302s")
    loads = [Load(*begun(own_portal)) for _ in range(CLIENTS)]
    threads = [Thread(target=load.work) for load in loads]
    for thread in threads:
        thread.start()
    sleep(LOAD_FOR)
    own_portal.run("keys", "rotate")
    sleep(LOAD_FOR)
    third = json.loads(own_portal.run("keys", "rotate", "--now", "--json"))["kid"]
    sleep(LOAD_FOR)
    for load in loads:
        load.stop.set()
    for thread in threads:
        thread.join()
    assert [load.refused for load in loads] == [[]] * CLIENTS
    assert all(load.served > 3 for load in loads)
    assert set().union(*(load.kids for load in loads)) == {first, second, third}
    assert keys(own_portal) == {first: "retired", second: "retired", third: "active"}
    assert files(own_portal) == {f"token-{third}.pem"}
    own_portal.run("clock", "forward", "307s")
    assert keys(own_portal) == {first: "gone", second: "gone", third: "active"}
    own_portal.until_indexed()
    own_portal.run("ledger", "verify")
    assert entries(own_portal) == [
        ("key.activated", first),
        ("key.next", second),
        ("key.retired", first),
        ("key.activated", second),
        ("key.next", third),
        ("key.retired", second),
        ("key.activated", third),
    ]
    own_portal.stop()
    own_portal.start()
    assert loads[0].app.refresh(loads[0].tokens).access_token
    assert all(one["well"] for one in json.loads(own_portal.run("doctor", "--json")))


@mostly_on("sqlite")
def test_an_app_that_keeps_the_key_set_needs_no_other_for_a_planned_rotation(
    own_portal: Portal,
) -> None:
    app, tokens = begun(own_portal)
    verifier = Verifier(own_portal)
    own_portal.run("keys", "next")
    sleep(1)
    subject = verifier.subject(app, tokens)
    own_portal.run("clock", "forward", "302s")
    own_portal.run("keys", "rotate")
    sleep(1)
    newer = app.refresh(tokens)
    assert kid_of(newer) != kid_of(tokens)
    assert verifier.subject(app, newer) == subject
    assert verifier.fetches == 1


def test_what_a_removed_key_signed_dies_in_every_worker_within_a_second(
    own_portal: Portal,
) -> None:
    app, tokens = begun(own_portal)
    verifier = Verifier(own_portal)
    subject = verifier.subject(app, tokens)
    lost = active(own_portal)
    assert kid_of(tokens) == lost
    said = json.loads(
        own_portal.run("keys", "remove", lost, "--reason", "found in a lost backup", "--json")
    )
    removed = monotonic()
    accepted = []
    while monotonic() < removed + 2:
        if app.fetch(tokens, "/fhir/Observation?_count=1").status_code != 401:
            accepted.append(monotonic() - removed)
        if app.introspect(tokens.access_token) != {"active": False}:
            accepted.append(monotonic() - removed)
        answer = app.http.get(f"{own_portal.url}/jwks")
        if lost in answer.text or answer.headers["cache-control"] != "no-cache":
            accepted.append(monotonic() - removed)
    assert max(accepted, default=0) < 1
    for _ in range(6):
        newer = app.refresh(tokens)
        assert kid_of(newer) == said["active"]["kid"] != lost
        assert app.fetch(newer, "/fhir/Observation?_count=1").status_code == 200
    assert verifier.subject(app, newer) == subject
    assert verifier.fetches == 2  # once for the kid that it did not know
    assert files(own_portal) == {f"token-{said['active']['kid']}.pem"}
    assert entries(own_portal)[-2:] == [
        ("key.removed", lost),
        ("key.activated", said["active"]["kid"]),
    ]
    own_portal.until_indexed()
    own_portal.run("ledger", "verify")
