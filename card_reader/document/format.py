"""The formats that a signature of a document can have."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum, unique

from card_reader.document.cms import CmsDraft
from card_reader.document.jws import JwsDraft


@unique
class Format(StrEnum):
    """What holds a signature of a document."""

    CMS = "cms"
    JWS = "jws"


Draft = CmsDraft | JwsDraft
_DRAFTS: Mapping[Format, type[CmsDraft] | type[JwsDraft]] = {
    Format.CMS: CmsDraft,
    Format.JWS: JwsDraft,
}


def draft(form: Format, document: bytes, certificate: bytes, now: datetime) -> Draft:
    """The signature of `document` in that format, to be signed by the key of `certificate`.

    Raises MalformedDataError for a certificate whose key no card has.
    """
    return _DRAFTS[form].of(document, certificate, now)
