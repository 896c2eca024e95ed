"""Signing what a person agrees to, with the key for signatures."""

from card_reader.client.jpki import Jpki
from card_reader.client.signing import Signed, signed
from card_reader.spec import Kind
from card_reader.statement import ConsentStatement


def sign_consent(
    jpki: Jpki, statement: ConsentStatement, password: str, *, allow_last_try: bool = False
) -> Signed:
    """Sign `statement`; the password goes to the card only.

    Raises what `Jpki.verify` raises, and NoSuchFileError for a card without that key.
    """
    jpki.verify(Kind.SIGNING, password, allow_last_try=allow_last_try)
    return sign_consent_once_verified(jpki, statement)


def sign_consent_once_verified(jpki: Jpki, statement: ConsentStatement) -> Signed:
    """The signature over `statement`, for a password that was verified just before.

    Raises NotVerifiedError if it was not.
    """
    certificate = jpki.certificate(Kind.SIGNING)
    return signed(jpki, Kind.SIGNING, certificate, statement.tbs())
