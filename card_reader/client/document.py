"""Signing a document with the key for signatures."""

from datetime import datetime

from card_reader.client.jpki import Jpki
from card_reader.client.signing import Signed, signed
from card_reader.document.format import Format, draft
from card_reader.spec import Kind


def sign_document(
    jpki: Jpki,
    form: Format,
    document: bytes,
    password: str,
    now: datetime,
    *,
    allow_last_try: bool = False,
) -> Signed:
    """Sign `document` in that format, as of `now`; the password goes to the card only.

    The file is made of it by `draft`. Raises what `Jpki.verify` raises, and NoSuchFileError for
    a card without that key.
    """
    jpki.verify(Kind.SIGNING, password, allow_last_try=allow_last_try)
    return sign_document_once_verified(jpki, form, document, now)


def sign_document_once_verified(
    jpki: Jpki, form: Format, document: bytes, now: datetime
) -> Signed:
    """The signature of `document`, for a password that was verified just before.

    Raises NotVerifiedError if it was not.
    """
    begun = draft(form, document, jpki.certificate(Kind.SIGNING), now)
    return signed(jpki, Kind.SIGNING, begun.certificate, begun.to_be_signed)
