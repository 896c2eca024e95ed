"""How fast the emulated card signs, beside the bare key."""

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import read_card
from card_reader.spec import Kind
from card_reader.statement import digest_info
from mynaportal_sim.cli.benchmarks.errors import BenchError
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.cli.benchmarks.timing import beside


def signatures(rig: Rig) -> Figure:
    """Signatures per second by APDUs (SELECT EF, COMPUTE DIGITAL SIGNATURE), and by the key."""
    data = read_card(rig.card)
    jpki = Jpki(Session(Card.load(rig.card)))
    jpki.verify(Kind.USER_AUTHENTICATION, data.pin)
    message, key = digest_info(b"bench"), data.auth_key
    if not isinstance(key, RSAPrivateKey):
        raise BenchError("the peer of the card is an RSA key")

    def by_key() -> bytes:
        return key.sign(message, PKCS1v15(), NoDigestInfo())

    def by_card() -> bytes:
        return jpki.sign(Kind.USER_AUTHENTICATION, message)

    if by_card() != by_key():
        raise BenchError("the card signs otherwise than its key")
    ours, peer, ratio = beside(by_card, by_key, rig.effort)
    return Figure(ours, "in process; peer: sign(…, NoDigestInfo) of the same key", peer, ratio)
