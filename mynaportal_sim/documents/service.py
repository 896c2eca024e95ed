"""Having a person sign a document, as units of work.

The portal takes a signature under a challenge of its own: for one session, one document and one
attempt. What the card must have signed it makes anew, from the document that it holds, the
certificate that came and the time of the challenge.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Connection

from card_reader.document.format import draft
from card_reader.errors import MalformedDataError
from card_reader.spec import Kind
from card_reader.statement import session_hash
from consent.ledger.store import append
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import App
from mynaportal_sim.documents import entries, store
from mynaportal_sim.documents.model import Asked, DocumentRequest, Event, State
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login.challenge import Channel, Wanted
from mynaportal_sim.login.checks import Bearer, Dismissed, Presented, Proven, Task, judge
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.service import Refused, reference, traces_of
from mynaportal_sim.login.sessions import LoggedIn
from mynaportal_sim.login.token import LoginToken
from mynaportal_sim.login.trust import Trust
from mynaportal_sim.opaque import Randomness


@dataclass(frozen=True, slots=True)
class Desk:
    """Where documents are signed: whom it trusts, when, and with what randomness."""

    trust: Trust
    now: datetime
    randomness: Randomness


@dataclass(frozen=True, slots=True)
class Signing:
    """A document that the person of a session is to sign for an app."""

    request: DocumentRequest
    app_name: str
    session: LoggedIn

    def wanted(self, origin: str, channel: Channel) -> Wanted:
        """The challenge that this needs."""
        bound = session_hash(self.session.id)
        return Wanted(origin, bound, channel, str(self.request.id), self.request.purpose)


def ask(
    connection: Connection, app: App, sub: str, asked: Asked, desk: Desk
) -> DocumentRequest | None:
    """Keep what an app asks of whom it calls `sub`; None where it calls nobody so."""
    resident_id = apps.resident_of(connection, app.client_id, sub)
    if resident_id is None:
        return None
    request = DocumentRequest(
        id=UUID(bytes=desk.randomness(16), version=4),
        app_id=app.client_id,
        sub=sub,
        state=State.ASKED,
        title=asked.title,
        media_type=asked.media_type,
        form=asked.form,
        document=asked.document,
        sha256=sha256(asked.document).hexdigest(),
        size=len(asked.document),
        asked_at=desk.now.replace(microsecond=0),
    )
    store.add(connection, request)
    holder = desk.trust.pseudonyms.holder(resident_id)
    entry = entries.of_request(entries.ASKED, request, app.name, holder)
    append(connection, entry, desk.now, desk.randomness)
    return request


def of_person(connection: Connection, wanted: UUID, session: LoggedIn) -> Signing | None:
    """The request of that id, if it is to the person of the session."""
    request = store.find(connection, wanted)
    if request is None:
        return None
    resident_id = apps.resident_of(connection, request.app_id, request.sub)
    app = apps.find(connection, request.app_id)
    if resident_id != session.resident_id or app is None:
        return None
    return Signing(request, app.name, session)


def presented(
    connection: Connection, signing: Signing, token: LoginToken, channel: Channel
) -> Presented | Refusal:
    """A token beside what its card must have signed."""
    request, challenge = signing.request, challenges.find(connection, token.login_id)
    if challenge is None:
        return Refusal(Code.LOGIN_NOT_FOUND)
    if challenge.interaction != str(request.id):
        return Refusal(Code.PURPOSE_MISMATCH)
    if request.document is None:
        return Refusal(Code.LOGIN_ENDED)
    at, certificate = challenge.issued_at, token.certificate
    try:
        begun = draft(request.form, request.document, certificate, at)
    except MalformedDataError as error:
        return Refusal(Code.CERT_KEY_UNSUPPORTED, error.problem)
    task = Task(request.purpose, Kind.SIGNING, begun.to_be_signed)
    return Presented(token, Bearer.of(signing.session.id), channel, task)


def accept(
    connection: Connection, signing: Signing, given: Presented | Refusal, desk: Desk
) -> Refused | None:
    """Judge a signature and keep the file around it for the app; a refusal leaves an entry."""
    found = _judged(connection, signing, given, desk)
    if isinstance(found, Dismissed):
        return _refused(connection, signing, found, desk)
    request, certificate = signing.request, found.certificate
    file = _assembled(request, found, given)
    kept = {
        "document": None,
        "signature": file,
        "signed_at": int(found.challenge.issued_at.timestamp()),
    }
    if not store.happen(connection, request.id, Event.SIGN, kept):
        ended = Dismissed(Refusal(Code.LOGIN_ENDED), certificate)
        return _refused(connection, signing, ended, desk)
    said = {
        "certificate": desk.trust.pseudonyms.serial(
            certificate.issuer.key_hash, certificate.serial
        ),
        "signature_sha256": sha256(file).hexdigest(),
    }
    _enter(connection, entries.SIGNED, signing, desk, said)
    return None


def refuse(connection: Connection, signing: Signing, desk: Desk) -> bool:
    """Let the person say no; False where it was answered before."""
    if not signing.request.waits(desk.now):
        return False
    if not store.happen(connection, signing.request.id, Event.REFUSE, {"document": None}):
        return False
    _enter(connection, entries.REFUSED, signing, desk, {"reason": entries.BY_PERSON})
    return True


def fetch(connection: Connection, wanted: UUID, app_id: str) -> DocumentRequest | None:
    """What became of an app's request; what was signed is handed over once."""
    request = store.find(connection, wanted)
    if request is None or request.app_id != app_id:
        return None
    if request.state is not State.SIGNED:
        return request
    taken = store.happen(connection, request.id, Event.FETCH, {"signature": None})
    return request if taken else store.find(connection, wanted)


def _judged(
    connection: Connection, signing: Signing, given: Presented | Refusal, desk: Desk
) -> Proven | Dismissed:
    if isinstance(given, Refusal):
        return Dismissed(given)
    if not signing.request.waits(desk.now):
        return Dismissed(Refusal(Code.LOGIN_EXPIRED))
    found = judge(connection, given, desk.trust, desk.now)
    if isinstance(found, Proven) and found.resident_id != signing.session.resident_id:
        return Dismissed(Refusal(Code.CERT_OTHER_PERSON), found.certificate)
    return found


def _assembled(request: DocumentRequest, found: Proven, given: Presented | Refusal) -> bytes:
    assert isinstance(given, Presented)  # noqa: S101  else nothing was proven
    assert request.document is not None  # noqa: S101  else nothing was presented
    at, token = found.challenge.issued_at, given.token
    begun = draft(request.form, request.document, token.certificate, at)
    return begun.assembled(token.signature)


def _refused(connection: Connection, signing: Signing, found: Dismissed, desk: Desk) -> Refused:
    """Leave an entry of a signature that is not taken; the request goes on waiting."""
    refused = Refused(found.refusal, reference(desk.randomness))
    said = {"reason": refused.refusal.code.value, "reference": refused.reference}
    certificate = traces_of(found, Channel.AGENT, desk.trust).certificate
    more = {"certificate": certificate} if certificate else {}
    _enter(connection, entries.REFUSED, signing, desk, said | more)
    return refused


def _enter(
    connection: Connection, type_: str, signing: Signing, desk: Desk, said: dict[str, str]
) -> None:
    holder = desk.trust.pseudonyms.holder(signing.session.resident_id)
    request, name = signing.request, signing.app_name
    entry = entries.of_request(type_, request, name, holder, **said)
    append(connection, entry, desk.now, desk.randomness)
