"""The portal's endpoints under load; those that the peer has too, beside the peer."""

import json
import re
from dataclasses import replace
from functools import cache
from http import HTTPStatus

from mynaportal_sim.cli.benchmarks import portal
from mynaportal_sim.cli.benchmarks.contender import VERIFIER, Contender
from mynaportal_sim.cli.benchmarks.contest import Tally, alike, contest
from mynaportal_sim.cli.benchmarks.errors import LoadError
from mynaportal_sim.cli.benchmarks.load import CONNECTIONS, SUCCESS, each_once, request
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure

_COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r]+)", re.IGNORECASE)


def metadata(rig: Rig) -> Figure:
    """OpenID Connect discovery per second."""
    path = "/.well-known/openid-configuration"
    return contest(rig, alike(lambda one: request("GET", path, one.server.host)), 4000)


def jwks(rig: Rig) -> Figure:
    """Key sets per second."""
    return contest(rig, alike(lambda one: one.get("jwks_uri")), 6000)


def pushed_requests(rig: Rig) -> Figure:
    """Pushed authorization requests with authorization_details per second."""
    return contest(rig, alike(lambda one: one.push(portal.DETAILS)), 800)


def own_tokens(rig: Rig) -> Figure:
    """Tokens of an app's own (at+jwt, ES256), for nobody's data, per second."""

    def ask(one: Contender) -> bytes:
        return one.post("token_endpoint", {"grant_type": "client_credentials", **one.own})

    return contest(rig, alike(ask), 800)


def codes(rig: Rig) -> Figure:
    """Access and refresh tokens for a code per second."""

    def exchange(one: Contender, count: int) -> list[bytes]:
        form = {
            "grant_type": "authorization_code",
            "redirect_uri": one.party.redirect_uri,
            "code_verifier": VERIFIER,
        }
        codes = one.codes(one, count)
        return [one.post("token_endpoint", {**form, "code": code}) for code in codes]

    return contest(rig, exchange, 500)


def refreshes(rig: Rig) -> Figure:
    """Access tokens (at+jwt, ES256) for a refresh token per second."""

    def refresh(one: Contender) -> bytes:
        given = one.tokens.refresh_token or ""
        return one.post(
            "token_endpoint", {"grant_type": "refresh_token", "refresh_token": given}
        )

    return contest(rig, alike(refresh), 800)


def introspections(rig: Rig) -> Figure:
    """Introspections of a live access token per second."""

    def introspect(one: Contender) -> bytes:
        form = {"token": one.tokens.access_token}
        return one.post("introspection_endpoint", form, dpop=False)

    return contest(rig, alike(introspect), 1500)


def reads(rig: Rig) -> Figure:
    """Reads of one Observation per second, each with its ledger entry committed first."""
    tally = _reads(rig)
    return Figure(tally.per_core, tally.note)


def slowest_reads(rig: Rig) -> Figure:
    """The latency in milliseconds that 99 of 100 of the same reads do not exceed."""
    return Figure(_reads(rig).percentile(99), f"{CONNECTIONS} connections")


@cache
def _reads(rig: Rig) -> Tally:
    one = replace(rig.portal, tokens=rig.portal.party.refresh(rig.portal.tokens))
    found = one.party.fetch(one.tokens, "/fhir/Observation?_count=1")
    if not found.is_success:
        raise LoadError(f"the search for an Observation was answered {found.text[:300]}")
    path = f"/fhir/Observation/{found.json()['entry'][0]['resource']['id']}"
    tally = Tally(one.server)
    for _ in range(rig.effort.rounds):
        count = round(600 * rig.effort.seconds)
        tally.measure(each_once([one.read(path) for _ in range(count)]))
    return tally


def logins(rig: Rig) -> Figure:
    """Whole logins per second: login page, PIN, card's signature, checks, new session."""
    tally = Tally(rig.portal.server)
    for _ in range(rig.effort.rounds):
        feed = _Logins(rig, round(120 * rig.effort.seconds))
        tally.measure(feed, {*SUCCESS, HTTPStatus.SEE_OTHER})
    return Figure(tally.per_core / 2, f"of two requests over HTTP: {tally.note}")


class _Logins:
    """Feeds a connection the login page, then the form that the page's answer allows."""

    def __init__(self, rig: Rig, count: int) -> None:
        self._host = rig.portal.server.host
        self._people = rig.people
        self._left = count
        self._on_page = [False] * CONNECTIONS

    def __call__(self, connection: int, answer: bytes) -> bytes | None:
        self._on_page[connection] = not self._on_page[connection]
        if not self._on_page[connection]:
            return self._form(connection, answer)
        if not self._left:
            return None
        self._left -= 1
        return request("GET", "/login", self._host, {"Accept": "application/json"})

    def _form(self, connection: int, answer: bytes) -> bytes:
        cookie = _COOKIE.search(answer)
        if cookie is None:
            raise LoadError("the login page began no session")
        page = json.loads(answer.partition(b"\r\n\r\n")[2])
        person = self._people[connection % len(self._people)]
        form = {"csrf": page["csrf"], "persona": person.persona, "pin": person.card.pin}
        return request("POST", "/login/soft", self._host, {"Cookie": cookie[1].decode()}, form)
