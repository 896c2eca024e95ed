"""The receipt of an answer as a file: the person's copy, and the one for everybody else.

The other names no certificate; the app gets it, and so does whoever acts for the person.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent import store
from consent.catalogue import Catalogue
from consent.ledger.copies import Copy
from consent.model import UNANSWERED, ConsentVersion
from consent.receipt import Agreement, Words
from mynaportal_sim import keys
from mynaportal_sim.apps import store as apps
from mynaportal_sim.login.csrf import origin
from mynaportal_sim.oauth import form
from mynaportal_sim.oauth.answers import answer, spoken_to_clients
from mynaportal_sim.oauth.client_authentication import authenticate
from mynaportal_sim.oauth.errors import InvalidRequestError
from mynaportal_sim.oauth.server import ServerDep
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.signing import document, found
from mynaportal_sim.signing.document import Receipted
from mynaportal_sim.web.acting import ViewerDep
from mynaportal_sim.web.errors import NoSuchConsentError
from mynaportal_sim.web.kept import PortalDep

router = APIRouter()


@dataclass(frozen=True, slots=True)
class _Office:
    """Who makes out receipts here."""

    portal: str
    log_key: str
    catalogue: Catalogue
    pseudonyms: Pseudonyms

    @classmethod
    def of(cls, request: Request) -> Self:
        """The office of the portal that got this request."""
        state = request.app.state
        log_key = str(keys.ledger_signer(state.settings.keys).verifier)
        return cls(origin(state.settings), log_key, state.catalogue, state.pseudonyms)

    def find(
        self,
        connection: Connection,
        resident_id: UUID,
        version_id: UUID,
        copy: Copy,
        now: datetime,
    ) -> tuple[ConsentVersion, Receipted] | None:
        """An answer of a resident's, and what proves it in that copy; a unit of work."""
        version = store.version(connection, resident_id, version_id)
        if version is None or version.state in UNANSWERED:
            return None
        holder = self.pseudonyms.holder(resident_id)
        signature, proof = found.proofs(connection, version, holder, copy, now)
        text = Agreement.of(version, self._words(version)).text
        receipted = Receipted(
            text=text if signature is None else signature.text,
            subject=self.pseudonyms.subject(version.app_id, resident_id),
            answered_at=version.answered_at,
            signature=signature,
            proof=proof,
            log_key=self.log_key,
        )
        return version, receipted

    def _words(self, version: ConsentVersion) -> Words:
        """What can be said of an answer whose page nobody signed."""
        given, known = version.terms, self.catalogue.categories
        sensitive = [
            code for code in given.categories if code in known and known[code].sensitive
        ]
        purpose = self.catalogue.purposes.get(given.purpose.code)
        return Words(self.portal, (), sensitive, purpose.dpv if purpose else None)


@router.get("/consents/{arrangement_id}/{version_id}/receipt.json")
async def receipt_of_person(
    request: Request,
    resident: ViewerDep,
    portal: PortalDep,
    arrangement_id: UUID,
    version_id: UUID,
) -> Response:
    """Hand over the receipt of one of a person's answers; it needs no server to be checked."""
    in_person = resident.mandate is None
    copy = Copy.PERSON if in_person else Copy.APP
    named = (resident.resident_id, version_id, copy)
    held = await portal.db.read(_Office.of(request).find, *named, portal.now)
    if held is None or held[0].arrangement_id != arrangement_id or not resident.sees(held[0]):
        raise NoSuchConsentError
    told = document.for_person(held[1]) if in_person else document.for_others(held[1])
    body = json.dumps(told, ensure_ascii=False, indent=1)
    headers = {
        "Content-Disposition": f'attachment; filename="consent-{version_id}.json"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body.encode(), media_type="application/json", headers=headers)


@router.post("/apps/self/receipt")
@spoken_to_clients
async def receipt_of_app(request: Request, server: ServerDep) -> Response:
    """Hand an app the receipt of one answer to it; it names the person as the app does."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    refused = await server.database.write(client.use_up)
    if refused is not None:
        raise refused
    wanted = (client.app.client_id, parameters.get("sub", ""))
    resident_id = await server.database.read(apps.resident_of, *wanted)
    version_id = form.as_uuid(parameters.get("consent_version", ""))
    held = None
    if resident_id is not None and version_id is not None:
        office = _Office.of(request)
        named = (resident_id, version_id, Copy.APP)
        held = await server.database.read(office.find, *named, now)
    if held is None or held[0].app_id != client.app.client_id:
        raise InvalidRequestError("no answer to this app has that sub and consent_version")
    return answer(document.for_others(held[1]))
