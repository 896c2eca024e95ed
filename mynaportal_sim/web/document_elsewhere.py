"""GET /auth/x/{id}/document: what the computer with the card reader fetches to be signed."""

from uuid import UUID

from fastapi import APIRouter, Response

from mynaportal_sim.deps import DatabaseDep
from mynaportal_sim.documents import store
from mynaportal_sim.documents.model import PURPOSE
from mynaportal_sim.login.errors import LoginRefusedError
from mynaportal_sim.login.limit import RateLimited
from mynaportal_sim.login.refusal import Refusal
from mynaportal_sim.login.second_device import service as second_device
from mynaportal_sim.login.second_device.router import NO_STORE, BearerDep
from mynaportal_sim.web.errors import NoSuchDocumentError

router = APIRouter(prefix="/auth/x", dependencies=[RateLimited])


@router.get("/{login_id}/document")
async def document(login_id: UUID, bearer: BearerDep, db: DatabaseDep) -> Response:
    """The whole document, for the second device that is to have it signed."""
    secret = bearer.credentials if bearer else ""
    found = await db.read(second_device.of_device, login_id, secret)
    if isinstance(found, Refusal):
        raise LoginRefusedError(found, "")
    to_sign = found.to_sign
    if to_sign is None or not to_sign.purpose.startswith(PURPOSE):
        raise NoSuchDocumentError
    request = await db.read(store.find, UUID(to_sign.bound_to))
    if request is None or request.document is None:
        raise NoSuchDocumentError
    headers = NO_STORE | {"X-Content-Type-Options": "nosniff"}
    return Response(request.document, headers=headers, media_type="application/octet-stream")
