"""What is put on a resident's card. Nothing here touches a register or a file."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.emulator.personalise import CardData
from card_reader.spec import AUTHENTICATION_PIN, RSA_BITS, Kind
from consent.japan import day_of
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.model import Holder, Order, Randomness
from mynaportal_sim.pki.profiles import PUBLIC_EXPONENT
from mynaportal_sim.residents.characters import substitute
from mynaportal_sim.residents.model import CardState, Resident

# The fifth birthday after the issue of a certificate is less than six years away.
_LONG_AGO = timedelta(days=6 * 365 + 2)

Keys = Mapping[Kind, rsa.RSAPrivateKey]


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter: whose certificates it gives out, under which portal's issuer URL."""

    authorities: Authorities
    portal: str
    randomness: Randomness = field(repr=False)

    def make(self, resident: Resident, keys: Keys, now: datetime) -> CardData:
        """The card that `resident` shall have, in its state; in no register and file yet."""
        issued = now - _LONG_AGO if resident.card.state is CardState.EXPIRED else now
        may_sign = resident.may_sign_on(day_of(issued))
        locked = resident.card.state is CardState.PIN_LOCKED
        return CardData(
            label=resident.persona,
            auth_key=keys[Kind.USER_AUTHENTICATION],
            auth_certificate=self._certify(Kind.USER_AUTHENTICATION, resident, keys, issued),
            auth_ca=self.authorities[Kind.USER_AUTHENTICATION].der,
            signing_ca=self.authorities[Kind.SIGNING].der,
            pin=resident.card.pin,
            signing_key=keys[Kind.SIGNING] if may_sign else None,
            signing_certificate=(
                self._certify(Kind.SIGNING, resident, keys, issued) if may_sign else None
            ),
            password=resident.card.password if may_sign else None,
            pin_tries=0 if locked else AUTHENTICATION_PIN.tries,
        )

    def _certify(self, kind: Kind, resident: Resident, keys: Keys, issued: datetime) -> bytes:
        order = Order(kind, holder(resident), keys[kind].public_key(), issued, self.portal)
        certificate = self.authorities[kind].issue(order, self.randomness)
        return certificate.public_bytes(Encoding.DER)


def holder(resident: Resident) -> Holder:
    """What certificates may say of `resident`."""
    name = substitute(resident.name.full, resident.substitutes)
    address = substitute(resident.address, resident.substitutes)
    return Holder(
        municipality_code=resident.municipality.code,
        prefecture=resident.municipality.prefecture_romaji,
        city=resident.municipality.romaji,
        name=name.text,
        name_positions=name.positions,
        sex=resident.sex.value,
        born=resident.born,
        address=address.text,
        address_positions=address.positions,
    )


def new_keys(cards: int) -> list[Keys]:
    """Fresh keys for so many cards, made on every core (key generation releases the GIL)."""
    with ThreadPoolExecutor() as threads:
        made = list(threads.map(lambda _: _new_key(), range(cards * len(Kind))))
    return [dict(zip(Kind, made[at::cards], strict=True)) for at in range(cards)]


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(PUBLIC_EXPONENT, RSA_BITS)
