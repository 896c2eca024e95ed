"""What a card's key is given to sign, and the name of what it makes of it."""

from hashlib import sha384
from typing import NamedTuple

from card_reader.algorithm import Algorithm, algorithm_of
from card_reader.client.jpki import Jpki
from card_reader.spec import Kind
from card_reader.statement import digest_info


class Signed(NamedTuple):
    """What the card gives for a message: its certificate (DER) and its signature."""

    certificate: bytes
    signature: bytes
    algorithm: Algorithm


def signed(jpki: Jpki, kind: Kind, certificate: bytes, message: bytes) -> Signed:
    """Sign `message` with the key of `kind`, whose `certificate` tells the algorithm.

    Raises NotVerifiedError if the PIN was not verified just before, MalformedDataError for a
    certificate whose key no card has.
    """
    algorithm = algorithm_of(certificate)
    given = digest_info(message) if algorithm is Algorithm.RS256 else sha384(message).digest()
    return Signed(certificate, jpki.sign(kind, given), algorithm)
