"""Everything the app does with the portal for one browser session."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from secrets import token_urlsafe
from time import sleep
from typing import TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from mynaportal_sim.sample_app import erasure, fhir
from mynaportal_sim.sample_app.errors import (
    AccessEndedError,
    AccessRestsError,
    AuthorizationError,
    NotGrantedError,
    PortalDownError,
    RelyingPartyError,
    StartError,
    json_object,
)
from mynaportal_sim.sample_app.identity import ORGANISATION, PURPOSE
from mynaportal_sim.sample_app.loopback import UNTRUSTED
from mynaportal_sim.sample_app.portal_clock import PortalClock
from mynaportal_sim.sample_app.relying_party import (
    DETAIL_TYPE,
    Claims,
    RelyingParty,
    Tokens,
    five_years,
)
from mynaportal_sim.sample_app.settings import Settings
from mynaportal_sim.sample_app.store import Connection, Ending, Store

CATEGORIES = ("checkup", "medication")
PAGES_MAX = 10
PAGE_LENGTH = 200
EARLY = timedelta(seconds=15)
"""An access token is renewed this long before it runs out, so that it outlives its request."""

SETTLE_TRIES = 8
SETTLE_PAUSE = 0.15
"""Seconds between looks for the duty to erase, which the portal makes of an end in a moment."""

# Codes of the portal's refusals that tell the consent as a whole has ended or is another's.
_ENDED = frozenset(
    {
        "no_consent",
        "other_party",
        "prohibited",
        "replaced",
        "purpose_changed",
        "invalidated",
        "revoked",
        "lapsed",
        "withdrawn",
        "not_yet_valid",
        "expired",
        "exhausted",
    }
)
# Codes that tell it gives nothing now and may again.
_RESTING = frozenset({"suspended", "consent_suspended", "too_soon"})
_OTHER_CATEGORY = "other_category"

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """What the consent gives now. `until` is when it runs out by itself."""

    details: list[Mapping[str, object]]
    until: datetime | None


@dataclass
class Portal:
    """The portal, as this app is registered with it.

    Raises:
        StartError: key or data file cannot be used.
    """

    settings: Settings
    http: httpx.Client
    clock: PortalClock = field(default_factory=PortalClock)

    def __post_init__(self) -> None:
        self.http.event_hooks["response"].append(self.clock.learn)
        self.store = Store(self.settings.data)
        self._key = self.settings.private_key()
        self._metadata: Claims = {}

    def check(self) -> None:
        """See that the portal is there and knows this app.

        Raises:
            StartError: it is not, or does not.
        """
        issuer, client_id = self.settings.issuer, self.settings.client_id
        try:
            self._act(lambda party: party.introspect("nothing"))
        except PortalDownError as error:
            if UNTRUSTED in str(error):
                raise StartError(
                    f"the certificate of the portal at {issuer} is of no root that is trusted "
                    "here; give that root with --ca (`mynasim tls root` prints it)"
                ) from None
            raise StartError(
                f"the portal at {issuer} does not answer; start it (`mynasim up`), "
                "or say where it is with --issuer"
            ) from None
        except RelyingPartyError as error:
            if error.code == "invalid_client":
                raise StartError(
                    f"the portal at {issuer} does not know {client_id} with this key; "
                    "register it (`mynasim app register`), then give --client-id and --key"
                ) from None
            raise StartError(f"{issuer} does not answer as a portal: {error}") from None

    def operator_link(self) -> str:
        """A link to this app's console at the portal, for whoever operates the app.

        Raises:
            PortalDownError: the portal does not answer.
            RelyingPartyError: it answers otherwise than hoped.
        """
        return str(self._act(lambda party: party.ask("/apps/self/operator-link"))["url"])

    def begin(self, session: str, categories: Sequence[str]) -> str:
        """Push a request for these categories; the URL to send the browser to."""
        now = self.clock.now()
        detail = {
            "type": DETAIL_TYPE,
            "categories": list(categories),
            "period": five_years(now),
            "purpose": PURPOSE,
            "recipients": [ORGANISATION],
        }

        def push(party: RelyingParty) -> str:
            url = party.authorization_url([detail], scope="openid")
            if party.pending is not None:
                self.store.await_answer(session, party.pending, list(categories), now)
            return url

        return self._act(push)

    def finish(self, session: str, redirect: str) -> str:
        """Take the portal's answer; the new id of the session that is connected from now on.

        Raises:
            AuthorizationError: the person refused, or the answer is not for this session.
        """
        state = parse_qs(urlsplit(redirect).query).get("state", [""])[0]
        waiting = self.store.take_pending(session, state)
        if waiting is None:
            raise AuthorizationError("mismatch", "the answer belongs to no request of ours")
        pending, asked = waiting
        tokens = self._act(lambda party: party.redeem(redirect, pending))
        connection = self._connection(tokens, asked, self.clock.now())
        before = self.store.find(session)
        if before is not None:
            self._revoke(before)
        self.store.forget(session)
        fresh = token_urlsafe(32)
        self.store.keep(fresh, connection)
        return fresh

    def search(self, session: str, resource_type: str, **query: str | list[str]) -> fhir.Found:
        """All resources that a search finds, page by page.

        Raises:
            NotGrantedError: the consent does not give them.
            AccessEndedError: nothing is given any more; the session is forgotten.
            AccessRestsError: nothing is given now; the session is kept.
        """
        base = f"{self.settings.issuer}/fhir"
        question = urlencode({"_count": str(PAGE_LENGTH), **query}, doseq=True)
        url: str | None = f"{base}/{resource_type}?{question}"
        found = fhir.Found()
        for _ in range(PAGES_MAX):
            if url is None:
                return found
            bundle = self._get(session, url)
            found.resources += fhir.entries(bundle)
            url = fhir.next_page(bundle, base)
        found.cut = url is not None
        return found

    def standing(self, session: str) -> ConsentGiven:
        """What the consent gives now, asked of the portal (RFC 7662).

        Raises:
            AccessEndedError: nothing any more; the session is forgotten.
            AccessRestsError: nothing now; the session is kept.
        """
        connection = self._connected(session)
        said = self._act(lambda party: party.introspect(connection.refresh_token))
        if said.get("active") is not True:
            self._renewed(session, connection)  # only its refusal tells rest from end
            self.store.end(session, "")
            raise AccessEndedError
        ends_at = said.get("exp")
        until = datetime.fromtimestamp(ends_at, UTC) if isinstance(ends_at, int) else None
        return ConsentGiven(list(fhir.objects(said, "authorization_details")), until)

    def connection(self, session: str) -> Connection | None:
        """The session's connection, None if it never had one.

        Raises:
            AccessEndedError: it had one, which has ended.
        """
        connection = self.store.find(session)
        ending = None if connection is not None else self.store.ending(session)
        if ending is not None:
            raise AccessEndedError(ending.code)
        return connection

    def disconnect(self, session: str) -> bool:
        """Forget the session, give tokens and consent back; whether the portal took note."""
        connection = self.store.find(session)
        self.store.end(session, "withdrawn")
        return connection is None or (self._revoke(connection) and self._give_back(connection))

    def settle(self) -> None:
        """Erase what ended consents had given, and certify it.

        Raises:
            PortalDownError, RelyingPartyError: the portal does not answer, or oddly.
        """
        self._act(lambda party: erasure.settle(party, self.store))

    def ending(self, session: str) -> Ending | None:
        """How the session has ended, with the certificate if the portal soon takes one."""
        for _ in range(SETTLE_TRIES):
            found = self.store.ending(session)
            if found is None or found.certificate:
                break
            try:
                self.settle()
            except (PortalDownError, RelyingPartyError):
                break
            sleep(SETTLE_PAUSE)
        return self.store.ending(session)

    def _give_back(self, connection: Connection) -> bool:
        try:
            self._act(lambda party: erasure.give_back(party, connection.subject))
        except (PortalDownError, RelyingPartyError):
            return False
        return True

    def _revoke(self, connection: Connection) -> bool:
        try:
            self._act(lambda party: party.revoke(_tokens(connection)))
        except (PortalDownError, RelyingPartyError):
            return False
        return True

    def _get(self, session: str, url: str) -> fhir.Resource:
        connection = self._connected(session)
        if connection.expires_at - EARLY <= self.clock.now():
            connection = self._renewed(session, connection)
        response = self._fetch(connection, url)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            connection = self._renewed(session, connection)
            response = self._fetch(connection, url)
        if response.is_success:
            return json_object(response)
        code = fhir.outcome(response).code
        if response.status_code == HTTPStatus.FORBIDDEN and code == _OTHER_CATEGORY:
            raise NotGrantedError(code)
        if response.status_code == HTTPStatus.FORBIDDEN and code in _ENDED:
            self.store.end(session, code)
            raise AccessEndedError(code)
        if code in _RESTING:
            raise AccessRestsError(code)
        raise RelyingPartyError(response)

    def _fetch(self, connection: Connection, url: str) -> httpx.Response:
        return self._act(lambda party: party.fetch(_tokens(connection), url))

    def _connected(self, session: str) -> Connection:
        connection = self.store.find(session)
        if connection is None:
            raise AccessEndedError
        return connection

    def _renewed(self, session: str, connection: Connection) -> Connection:
        """The connection with a new access token, kept; what it grants may have changed."""
        try:
            tokens = self._act(lambda party: party.refresh(_tokens(connection)))
        except RelyingPartyError as error:
            if error.code == "invalid_grant":
                self.store.end(session, "")
                raise AccessEndedError from None
            if error.code in _RESTING:
                raise AccessRestsError(error.code) from None
            raise
        renewed = self._connection(tokens, connection.asked, connection.connected_at)
        if renewed.subject != connection.subject:
            self.store.end(session, "")
            raise AccessEndedError
        self.store.keep(session, renewed)
        return renewed

    def _connection(self, tokens: Tokens, asked: list[str], since: datetime) -> Connection:
        lifetime = tokens.answer.get("expires_in")
        return Connection(
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token or "",
            expires_at=self.clock.now()
            + timedelta(seconds=lifetime if isinstance(lifetime, int) else 0),
            subject=tokens.subject or "",
            details=[dict(one) for one in fhir.objects(tokens.answer, "authorization_details")],
            asked=asked,
            connected_at=since,
        )

    def _act(self, act: Callable[[RelyingParty], Answer]) -> Answer:
        """What `act` gives, tried again once if the portal's clock turns out to have moved.

        Raises:
            PortalDownError: the portal does not answer.
        """
        ahead = self.clock.ahead
        try:
            try:
                answer = act(self._party())
            except RelyingPartyError:
                if self.clock.ahead == ahead:
                    raise
                return act(self._party())
            if isinstance(answer, httpx.Response) and answer.is_client_error:
                return answer if self.clock.ahead == ahead else act(self._party())
        except httpx.TransportError as error:
            raise PortalDownError(str(error)) from None
        return answer

    def _party(self) -> RelyingParty:
        return RelyingParty(
            self.http,
            self.settings.issuer,
            self.settings.client_id,
            self.settings.redirect_uri,
            self._key,
            self.clock.now,
            metadata=self._metadata,
        )


def _tokens(connection: Connection) -> Tokens:
    return Tokens(connection.access_token, connection.refresh_token, {}, connection.subject)
