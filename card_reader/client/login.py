"""Answering a portal's challenge with the card."""

from card_reader.client.jpki import Jpki
from card_reader.client.signing import Signed, signed
from card_reader.spec import Kind
from card_reader.statement import Challenge


def sign_challenge(
    jpki: Jpki, challenge: Challenge, pin: str, *, allow_last_try: bool = False
) -> Signed:
    """Sign `challenge` with the key for user authentication; the PIN goes to the card only.

    Raises what `Jpki.verify` raises.
    """
    jpki.verify(Kind.USER_AUTHENTICATION, pin, allow_last_try=allow_last_try)
    return sign_once_verified(jpki, challenge)


def sign_once_verified(jpki: Jpki, challenge: Challenge) -> Signed:
    """The answer to `challenge`, for a PIN that was verified just before.

    Only then is the certificate read: a phone keeps it behind the PIN.
    Raises NotVerifiedError if it was not.
    """
    certificate = jpki.certificate(Kind.USER_AUTHENTICATION)
    message = challenge.by(certificate).tbs()
    return signed(jpki, Kind.USER_AUTHENTICATION, certificate, message)
