"""POST /documents/verify: whether the signature beside a document holds, for anybody."""

from asyncio import to_thread
from datetime import datetime
from hashlib import sha256

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.responses import Response

from card_reader.spec import Kind
from consent.instants import rfc3339
from mynaportal_sim.documents.model import DOCUMENT_MAX
from mynaportal_sim.documents.reading import SIGNATURE_MAX
from mynaportal_sim.documents.verify import Case, Trusted, Verdict, judge
from mynaportal_sim.login.limit import RateLimited
from mynaportal_sim.login.trust import Trust, trust_of
from mynaportal_sim.login.wire import WIRE, decoded, read
from mynaportal_sim.oauth import form
from mynaportal_sim.oauth.answers import answer, spoken_to_clients
from mynaportal_sim.oauth.errors import InvalidRequestError
from mynaportal_sim.oauth.server import ServerDep
from mynaportal_sim.pki import service
from mynaportal_sim.pki.validation import ValidCertificate

router = APIRouter()

BODY_MAX = (DOCUMENT_MAX + SIGNATURE_MAX) * 4 // 3 + 1024
"""Longest body, in bytes: both in base64."""
_JSON = "application/json"
_NOT_CHECKED = ["time stamp: when it was signed is the signer's own word"]


class _Wire(BaseModel):
    model_config = WIRE

    document: str
    signature: str


@router.post("/documents/verify", dependencies=[RateLimited])
@spoken_to_clients
async def verify(request: Request, server: ServerDep) -> Response:
    """Say what each check finds; nothing of it is kept."""
    wire = read(_Wire, await form.read_body(request, _JSON, BODY_MAX), BODY_MAX)
    document = None if wire is None else decoded(wire.document)
    signature = None if wire is None else decoded(wire.signature)
    if document is None or signature is None:
        detail = "the body is a JSON object of document and signature, both in base64"
        raise InvalidRequestError(detail)
    trust, now = await trust_of(request), server.now()
    lists = await server.database.write(_lists, trust, now)
    trusted = Trusted(trust.anchors, lambda valid: lists.get(valid.issuer.key_hash), now)
    verdict = await to_thread(judge, document, signature, trusted)
    return answer(_told(verdict, document))


def _lists(connection: Connection, trust: Trust, now: datetime) -> dict[bytes, bytes]:
    """The lists in force, by their issuers' keys; a unit of work, since it may publish one."""
    return {
        key_hash: service.keep_fresh(connection, authority, now)
        for key_hash, authority in trust.authorities.items()
        if authority.kind is Kind.SIGNING
    }


def _told(verdict: Verdict, document: bytes) -> dict[str, object]:
    return {
        "holds": verdict.holds,
        "document_sha256": sha256(document).hexdigest(),
        "signature": None if verdict.case is None else _signature(verdict.case),
        "findings": [
            {"check": check.value, "holds": code is None, "code": code, "text": text}
            for check, code, text in verdict.findings
        ],
        "not_checked": _NOT_CHECKED,
    }


def _signature(case: Case) -> dict[str, object]:
    read, valid = case.read, case.valid
    certificate = valid.certificate if isinstance(valid, ValidCertificate) else None
    return {
        "format": read.form.value,
        "algorithm": read.algorithm.value,
        "signed_at": read.signed_at and rfc3339(read.signed_at),
        "certificate_sha256": sha256(read.certificate).hexdigest(),
        "subject": certificate and certificate.subject.rfc4514_string(),
        "issuer": certificate and certificate.issuer.rfc4514_string(),
    }
