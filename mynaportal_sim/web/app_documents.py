"""POST /apps/self/documents…: an app asks a person to sign a document, and fetches that."""

from base64 import b64encode
from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from card_reader.document.format import Format
from consent.instants import rfc3339
from mynaportal_sim.documents import service, store
from mynaportal_sim.documents.model import (
    DOCUMENT_MAX,
    OPEN_MAX,
    Asked,
    DocumentRequest,
    MediaType,
)
from mynaportal_sim.documents.service import Desk
from mynaportal_sim.jose import JoseError, unb64url
from mynaportal_sim.login.trust import trust_of
from mynaportal_sim.oauth import form
from mynaportal_sim.oauth.answers import spoken_to_clients
from mynaportal_sim.oauth.as_client import Said, answered
from mynaportal_sim.oauth.client_authentication import Client, authenticate
from mynaportal_sim.oauth.errors import (
    InvalidRequestError,
    TooManyDocumentsError,
    UnknownDocumentError,
    UnknownSubjectError,
)
from mynaportal_sim.oauth.server import ServerDep

BODY_MAX = DOCUMENT_MAX * 4 // 3 + form.BODY_MAX
"""Longest body, in bytes: the document is in base64url."""

router = APIRouter(prefix="/apps/self/documents")


@router.post("")
@spoken_to_clients
async def ask(request: Request, server: ServerDep) -> Response:
    """Keep a document that a person is to sign; the answer says where to send them."""
    now = server.now()
    parameters = await form.read(request, BODY_MAX)
    client = await authenticate(server, request, parameters, now)
    desk = Desk(await trust_of(request), now, server.randomness)
    sub, asked = form.required(parameters, "sub"), _asked(parameters)
    return await answered(server, client, partial(_kept, sub, asked, server.issuer, desk))


@router.post("/result")
@spoken_to_clients
async def result(request: Request, server: ServerDep) -> Response:
    """Say what became of a request, and hand over what was signed, once."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    wanted = form.required_uuid(parameters, "id")

    def fetched(connection: Connection, client: Client) -> Said:
        found = service.fetch(connection, wanted, client.app.client_id)
        if found is None:
            return UnknownDocumentError("this app has no such request, or it has run out")
        return _result(found, found.state_at(now))

    return await answered(server, client, fetched)


def _asked(parameters: Mapping[str, str]) -> Asked:
    """What a request asks for. Raises InvalidRequestError."""
    try:
        asked = Asked(
            title=form.required(parameters, "title"),
            media_type=MediaType(form.required(parameters, "media_type")),
            form=Format(form.required(parameters, "format")),
            document=unb64url(form.required(parameters, "document")),
        )
    except (ValueError, JoseError) as error:
        raise InvalidRequestError(str(error)) from error
    if asked.fault is not None:
        raise InvalidRequestError(asked.fault)
    return asked


def _kept(
    sub: str, asked: Asked, issuer: str, desk: Desk, connection: Connection, client: Client
) -> Said:
    if store.waiting(connection, client.app.client_id, sub, desk.now) >= OPEN_MAX:
        return TooManyDocumentsError(f"{OPEN_MAX} documents wait for this person's answer")
    kept = service.ask(connection, client.app, sub, asked, desk)
    if kept is None:
        return UnknownSubjectError("this app calls nobody by that sub")
    return {
        "id": str(kept.id),
        "url": f"{issuer.rstrip('/')}/documents/{kept.id}",
        "document_sha256": kept.sha256,
        "expires_at": rfc3339(kept.expires_at),
    }


def _result(found: DocumentRequest, state: str) -> Mapping[str, object]:
    handed = found.signature if state == "signed" else None
    return {
        "id": str(found.id),
        "state": state,
        "format": found.form.value,
        "document_sha256": found.sha256,
        "signed_at": found.signed_at and rfc3339(found.signed_at),
        "signature": handed and b64encode(handed).decode(),
    }
