"""What the card tells by GET DATA while no application is selected."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, TypeVar

from card_reader.client import files
from card_reader.client.session import Session
from card_reader.client.verifiable import VerifiableCertificate
from card_reader.errors import MalformedDataError, StatusError
from card_reader.spec import CARD_MANAGER_AID
from card_reader.spec.register import EXPIRY_LENGTH, MUNICIPALITY_LENGTH, RootTag
from card_reader.status import SW
from card_reader.tlv import Head

T = TypeVar("T")

_ABSENT = {SW.REFERENCE_DATA_NOT_FOUND, SW.FILE_NOT_FOUND}


@dataclass(frozen=True, slots=True)
class CardObjects:
    """What the card tells by GET DATA; None for what it has not."""

    issuer: bytes | None = field(repr=False)
    card: str | None = field(repr=False)
    recognition: bytes | None
    municipality: str | None
    expires: str | None
    certificates: tuple[VerifiableCertificate, ...]
    """From the root downwards; what certifies the card itself is not known (myna-card)."""
    contact_atr: bytes | None

    @classmethod
    def read(cls, session: Session) -> Self:
        """Ask for each object at the card manager, which this selects.

        Raises MalformedDataError, StatusError.
        """
        session.select(CARD_MANAGER_AID)

        def asked(tag: RootTag, parse: Callable[[bytes], T]) -> T | None:
            value = _data_object(session, tag)
            if value is None:
                return None
            with files.naming(f"Data object {tag:04X}"):
                return parse(value)

        certificates = (
            asked(tag, VerifiableCertificate.parse)
            for tag in (RootTag.CERTIFICATES, RootTag.CERTIFICATE)
        )
        return cls(
            asked(RootTag.ISSUER, bytes),
            asked(RootTag.CARD, files.text),
            asked(RootTag.RECOGNITION, bytes),
            asked(RootTag.MUNICIPALITY, lambda it: files.digits(it, MUNICIPALITY_LENGTH)),
            asked(RootTag.EXPIRES, lambda it: files.digits(it, EXPIRY_LENGTH)),
            tuple(it for it in certificates if it),
            asked(RootTag.CONTACT_ATR, bytes),
        )


def _data_object(session: Session, tag: int) -> bytes | None:
    """The object's value, whether the card gives it bare or with its tag and length."""
    try:
        data = session.get_data(tag)
    except StatusError as error:
        if error.sw in _ABSENT:
            return None
        raise
    try:
        head = Head.parse(data)
    except MalformedDataError:
        return data
    whole = (head.tag, head.whole_length) == (tag, len(data))
    return data[head.header_length :] if whole else data
