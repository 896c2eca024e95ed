"""What the ledger is told of documents: their hash alone, to which each entry commits."""

from consent.ledger.entry import Entry, Value
from mynaportal_sim.documents.model import DocumentRequest

ASKED = "document.sign_asked"
SIGNED = "document.signed"
REFUSED = "document.sign_refused"
BY_PERSON = "by_person"
"""The reason where a person said no; else it is the code of a signature's refusal."""


def of_request(
    type_: str, request: DocumentRequest, app_name: str, holder: bytes, **more: Value
) -> Entry:
    """What happened to a request, filed by who is to sign."""
    said: dict[str, Value] = {
        "app_id": request.app_id,
        "app_name": app_name,
        "document_sha256": request.sha256,
        "media_type": request.media_type.value,
        "format": request.form.value,
        **more,
    }
    return Entry(type_, said, holder)
