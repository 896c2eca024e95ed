"""Drives login and consent as a browser with a card would: by public HTTP and the card."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from card_reader.client.consent import sign_consent
from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_challenge
from card_reader.spec import Kind
from card_reader.statement import Challenge, ConsentStatement
from mynaportal_sim import __version__
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.login.token import LoginToken

ALL = "all"
NONE = "none"
_JSON = {"Accept": "application/json"}


class SecondBrowser:
    """A browser session with one portal.

    Args:
        http: a client of its own, since it keeps the session cookie.
        portal: the portal's origin, as in `http://localhost:8400`.
    """

    def __init__(self, http: httpx.Client, portal: str) -> None:
        self._http = http
        self._portal = portal

    def open(self, auth_url: str) -> str:
        """Follow an authorization URL to its interaction; the interaction's id.

        Raises:
            CommandError: the portal refuses the request; says with which code.
        """
        answer = self._http.get(auth_url)
        location = answer.headers.get("location", "")
        path = urlsplit(location).path
        if answer.status_code != httpx.codes.SEE_OTHER or "/interactions/" not in path:
            raise _refused("the authorization request", answer)
        return str(path.removeprefix("/interactions/"))

    def log_in(self, jpki: Jpki, pin: str, interaction: str | None = None) -> None:
        """Sign in with a card; the PIN goes to the card only.

        Raises:
            CommandError: the portal refuses the login.
            card_reader.errors.CardError: the card refuses the PIN.
        """
        query = {} if interaction is None else {"interaction": interaction}
        csrf = str(self._get("/login", query)["csrf"])
        challenge = self._post("/auth/card/challenges", {"channel": "agent", **query}, csrf)
        statement = Challenge.from_json(challenge)
        signed = sign_challenge(jpki, statement, pin)
        token = LoginToken.of(statement.login_id, self._portal, signed, __version__)
        self._post("/auth/card/logins", token.to_json(), csrf)

    def ask(self, interaction: str) -> dict[str, object]:
        """What the consent page asks.

        Raises:
            CommandError: there is no such page: nobody is logged in, or nothing need be asked.
        """
        return _object("the consent page", self._consent_page(interaction))

    def answer(self, interaction: str, consent: str) -> str:
        """Answer the consent page and give the URL that the browser is sent to.

        Where the person has answered the same before, the portal does not ask again.

        Args:
            consent: `all`, `none`, or categories with commas between them.

        Raises:
            CommandError: a category is named that is not asked for, or the portal refuses.
        """
        page = self._consent_page(interaction)
        if page.status_code == httpx.codes.SEE_OTHER:
            return self._redirect(page)
        asked = _object("the consent page", page)
        chosen = _chosen(_codes(asked["categories"]), consent)
        form = {
            "csrf": str(asked["csrf"]),
            "decision": "allow" if chosen else "deny",
            "category": chosen,
        }
        url = self._url(f"/interactions/{interaction}")
        return self._redirect(self._http.post(url, data=form, headers=_JSON))

    def sign(self, interaction: str, consent: str, jpki: Jpki, kind: Kind, secret: str) -> str:
        """Sign with a card what is handed over, and give the URL the browser is sent to.

        `secret` is the PIN or password of the certificate of that kind; it goes to the card
        only. `consent` is as at `answer`, but not `none`.

        Raises:
            CommandError: nothing is chosen that is asked for, or the portal refuses.
            card_reader.errors.CardError: the card refuses, or has no such certificate.
        """
        chosen = _chosen(_codes(self.ask(interaction)["categories"]), consent)
        if not chosen:
            raise CommandError("nothing is handed over, so there is nothing to sign")
        path = f"/interactions/{interaction}/signature"
        asked = self._get(path, {"category": chosen})
        statement, challenge = asked["statement"], asked["challenge"]
        if not isinstance(statement, dict) or not isinstance(challenge, dict):
            raise CommandError("the portal does not say what is to be signed")
        form = {
            "csrf": str(asked["csrf"]),
            "category": chosen,
            "statement": str(statement["sha256"]),
            "kind": kind.value,
            "token": self._agreed(str(statement["text"]), challenge, jpki, kind, secret),
        }
        return self._redirect(self._http.post(self._url(path), data=form, headers=_JSON))

    def _agreed(
        self, text: str, challenge: Mapping[str, object], jpki: Jpki, kind: Kind, secret: str
    ) -> str:
        """A token with the card's signature under this text, whatever hash was named."""
        statement, asked = ConsentStatement(text), Challenge.from_json(challenge)
        if kind is Kind.SIGNING:
            signed = sign_consent(jpki, statement, secret)
        elif asked.purpose == statement.purpose:
            signed = sign_challenge(jpki, asked, secret)
        else:
            raise CommandError("the portal wants a signature for another text than it shows")
        token = LoginToken.of(asked.login_id, self._portal, signed, __version__)
        return token.to_json().decode()

    def post(self, path: str, form: Mapping[str, str | list[str]]) -> httpx.Response:
        """Send one of the portal's own forms."""
        return self._http.post(self._url(path), data=form, headers=_JSON)

    def get(self, path: str) -> httpx.Response:
        """Open one of the portal's own pages, in its JSON form if there is one."""
        return self._http.get(self._url(path), headers=_JSON)

    def see(self, path: str) -> dict[str, object]:
        """A page in its JSON form."""
        return self._get(path, {})

    def _get(self, path: str, query: Mapping[str, str | list[str]]) -> dict[str, object]:
        return _object(
            path, self._http.get(self._url(path), params=query or None, headers=_JSON)
        )

    def _post(self, path: str, body: object, csrf: str) -> dict[str, object]:
        headers = {**_JSON, "X-CSRF-Token": csrf, "Content-Type": "application/json"}
        content = body if isinstance(body, bytes) else json.dumps(body)
        return _object(path, self._http.post(self._url(path), content=content, headers=headers))

    def _consent_page(self, interaction: str) -> httpx.Response:
        page = self._http.get(self._url(f"/interactions/{interaction}"), headers=_JSON)
        if urlsplit(page.headers.get("location", "")).path == "/login":
            raise CommandError("the portal wants a login before it asks for consent")
        return page

    def _redirect(self, answer: httpx.Response) -> str:
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise _refused("the consent", answer)
        return urljoin(str(answer.url), answer.headers["location"])

    def _url(self, path: str) -> str:
        return f"{self._portal}{path}"


def _codes(categories: object) -> list[str]:
    return [str(item["code"]) for item in categories] if isinstance(categories, list) else []


def _chosen(codes: list[str], consent: str) -> list[str]:
    chosen = codes if consent == ALL else [] if consent == NONE else consent.split(",")
    if unknown := sorted(set(chosen) - set(codes)):
        raise CommandError(
            f"{', '.join(unknown)} is not asked for; this app asks for {', '.join(codes)}"
        )
    return chosen


def _object(what: str, answer: httpx.Response) -> dict[str, object]:
    if not answer.is_success:
        raise _refused(what, answer)
    value: dict[str, object] = answer.json()
    return value


def _refused(what: str, answer: httpx.Response) -> CommandError:
    """The error with the portal's own words for it."""
    code = parse_qs(urlsplit(answer.headers.get("location", "")).query).get("error", [""])[0]
    if not code and "json" in answer.headers.get("content-type", ""):
        problem = answer.json()
        code = str(problem.get("code") or problem.get("error") or "")
        detail = problem.get("title") or problem.get("error_description")
        return CommandError(f"the portal refuses {what}: {detail} ({code})")
    return CommandError(f"the portal refuses {what} ({code or f'HTTP {answer.status_code}'})")
