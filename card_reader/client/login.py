"""Answering a portal's challenge with the card."""

from typing import NamedTuple

from card_reader.client.jpki import Jpki
from card_reader.spec import Kind
from card_reader.statement import Challenge


class Signed(NamedTuple):
    """What the card gives for a challenge: its certificate (DER) and its signature."""

    certificate: bytes
    signature: bytes


def sign_challenge(
    jpki: Jpki, challenge: Challenge, pin: str, *, allow_last_try: bool = False
) -> Signed:
    """Sign `challenge` with the key for user authentication; the PIN goes to the card only.

    Raises what `Jpki.verify` raises.
    """
    certificate = jpki.certificate(Kind.USER_AUTHENTICATION)
    jpki.verify(Kind.USER_AUTHENTICATION, pin, allow_last_try=allow_last_try)
    return Signed(certificate, sign_once_verified(jpki, challenge, certificate))


def sign_once_verified(jpki: Jpki, challenge: Challenge, certificate: bytes) -> bytes:
    """The signature over `challenge`, for a PIN that was verified just before.

    Raises NotVerifiedError if it was not.
    """
    digest_info = challenge.by(certificate).digest_info()
    return jpki.sign(Kind.USER_AUTHENTICATION, digest_info)
