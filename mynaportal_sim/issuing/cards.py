"""What is put on a resident's card. Nothing here touches a register or a card's file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.emulator.personalise import CardData
from card_reader.spec import AUTHENTICATION_PIN, SIGNING_PASSWORD, CardKind, Kind
from card_reader.spec.register import SERIAL_LENGTH
from consent.japan import day_of
from mynaportal_sim.issuing.contents import contents_of, numbers_of, retold
from mynaportal_sim.issuing.keys import Keys, Pool, new_keys
from mynaportal_sim.issuing.model import Certificate, Named
from mynaportal_sim.issuing.particulars import CardNumbers, Particulars
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.card_issuer import CardIssuer
from mynaportal_sim.pki.model import Family, Holder, Order, State, key_hash
from mynaportal_sim.pki.store import Point
from mynaportal_sim.pki.validity import card_expiry, end_of
from mynaportal_sim.residents.characters import substitute
from mynaportal_sim.residents.model import CardState, Resident

# The fifth birthday after the issue of a certificate is less than six years away.
_LONG_AGO = timedelta(days=6 * 365 + 2)
FAMILIES: Mapping[CardKind, Family] = {
    CardKind.CARD: Family.CARD,
    CardKind.NO_PIN: Family.CARD,
    CardKind.PHONE: Family.PHONE,
    CardKind.NEXT: Family.NEXT,
}
"""Whose authorities certify for a kind of card."""


@dataclass(frozen=True, slots=True)
class Validity:
    """What decides until when a certificate is good: not beyond `limit`.

    `renews` is the end of the one whose place it takes.
    """

    issued: datetime
    limit: datetime
    renews: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter: whose certificates it gives out, under which portal's issuer URL.

    Without an issuer of cards, they have the JPKI application alone. `ocsp` is where
    certificates say that one may ask about them.
    """

    authorities: Authorities
    portal: str
    randomness: Randomness = field(repr=False)
    card_issuer: CardIssuer | None = None
    pool: Pool | None = None
    ocsp: str | None = None

    def keys(self, cards: int, kind: CardKind = CardKind.CARD) -> list[Keys]:
        """Keys for so many cards of a kind: from the pool while it has any, else new ones."""
        return new_keys(cards, kind, self.pool)

    def make(
        self,
        resident: Resident,
        keys: Keys,
        now: datetime,
        kind: CardKind = CardKind.CARD,
        limit: datetime | None = None,
    ) -> CardData:
        """The card that `resident` shall have, in its state; in no register and file yet.

        A child under 15 gets no signing certificate, nor does who wants no PIN. Certificates
        are good until `limit` at most, or until the card ends.
        """
        issued = now - _LONG_AGO if resident.card.state is CardState.EXPIRED else now
        good = Validity(issued, limit or card_end(resident, issued))
        card = self._for_authentication(resident, keys, good, kind)
        if kind is not CardKind.NO_PIN and resident.may_sign_on(day_of(issued)):
            card = self._for_signing(card, resident, keys, good)
        return self._whole(card, resident, keys.own, CardNumbers.draw(self.randomness))

    def recertified(
        self, card: CardData, kind: Kind, resident: Resident, keys: Keys, good: Validity
    ) -> CardData:
        """A card with a new key and certificate of one kind, and all tries of its PIN.

        Where it has no password yet, it gets the one that is ordered for `resident`.
        """
        if kind is Kind.SIGNING:
            return self._for_signing(card, resident, keys, good)
        made = self._for_authentication(resident, keys, good, card.kind)
        return replace(
            card,
            auth_key=made.auth_key,
            auth_certificate=made.auth_certificate,
            auth_ca=made.auth_ca,
            pin_tries=made.pin_tries,
        )

    def retold(self, card: CardData, resident: Resident, ends: datetime) -> CardData:
        """A card that says what is known of `resident` now; keys, PINs and tries stay."""
        if self.card_issuer is None or card.contents is None:
            return card
        told = Particulars(resident, numbers_of(card.contents), day_of(ends))
        return replace(card, contents=retold(card.contents, told, self.card_issuer))

    def lacks_contents(self, card: CardData) -> bool:
        """Whether a card is without the applications that its kind has."""
        return (
            self.card_issuer is not None
            and card.kind is not CardKind.PHONE
            and card.contents is None
        )

    def completed(self, card: CardData, resident: Resident, own: RSAPrivateKey) -> CardData:
        """A card with all the applications that its kind has; the rest of it stays as it is.

        The number under which a register has it becomes that of its record.
        """
        drawn = CardNumbers.draw(self.randomness)
        return self._whole(card, resident, own, replace(drawn, serial=number_of(card)))

    def _whole(
        self, card: CardData, resident: Resident, own: RSAPrivateKey, numbers: CardNumbers
    ) -> CardData:
        if self.card_issuer is None or not self.lacks_contents(card):
            return card
        told = Particulars(resident, numbers, day_of(card_end(resident, _issued(card))))
        pin = "" if card.kind is CardKind.NO_PIN else resident.card.pin
        return replace(card, contents=contents_of(told, self.card_issuer, own, pin))

    def _for_authentication(
        self, resident: Resident, keys: Keys, good: Validity, kind: CardKind
    ) -> CardData:
        family = FAMILIES[kind]
        has_pin = kind is not CardKind.NO_PIN
        locked = resident.card.state is CardState.PIN_LOCKED
        order = self._order(Kind.USER_AUTHENTICATION, resident, keys, good)
        return CardData(
            label=resident.persona,
            auth_key=keys[Kind.USER_AUTHENTICATION],
            auth_certificate=self._certificate(order, family),
            auth_ca=self.authorities.of(family, Kind.USER_AUTHENTICATION).der,
            signing_ca=self.authorities.of(family, Kind.SIGNING).der,
            pin=resident.card.pin if has_pin else "",
            pin_tries=AUTHENTICATION_PIN.tries if has_pin and not locked else 0,
            kind=kind,
        )

    def _for_signing(
        self, card: CardData, resident: Resident, keys: Keys, good: Validity
    ) -> CardData:
        """With a signing certificate, which cannot outlive the other one."""
        other = x509.load_der_x509_certificate(card.auth_certificate).not_valid_after_utc
        within = replace(good, limit=min(good.limit, other))
        order = self._order(Kind.SIGNING, resident, keys, within)
        family = FAMILIES[card.kind]
        return replace(
            card,
            signing_key=keys[Kind.SIGNING],
            signing_certificate=self._certificate(order, family),
            signing_ca=self.authorities.of(family, Kind.SIGNING).der,
            password=card.password or resident.card.password,
            password_tries=SIGNING_PASSWORD.tries,
        )

    def _order(self, kind: Kind, resident: Resident, keys: Keys, good: Validity) -> Order:
        return Order(
            kind,
            holder(resident),
            keys[kind].public_key(),
            good.issued,
            self.portal,
            renews=good.renews,
            not_beyond=good.limit,
            ocsp=self.ocsp,
        )

    def _certificate(self, order: Order, family: Family) -> bytes:
        issuer = self.authorities.of(family, order.kind)
        return issuer.issue(order, self.randomness).public_bytes(Encoding.DER)


def card_end(resident: Resident, issued: datetime) -> datetime:
    """Until when a card issued to `resident` is good: no longer than they may stay."""
    end = card_expiry(resident.born, issued)
    return end_of(min(end, resident.permitted_until or end))


def certificates_of(data: CardData) -> Iterator[tuple[Kind, Certificate]]:
    """The certificates on a card, as a register enters them."""
    for kind, der, authority in (
        (Kind.USER_AUTHENTICATION, data.auth_certificate, data.auth_ca),
        (Kind.SIGNING, data.signing_certificate, data.signing_ca),
    ):
        if der is not None:
            certificate = x509.load_der_x509_certificate(der)
            name = Named(_key_hash_of(authority), certificate.serial_number)
            point = Point.of(certificate)
            yield (
                kind,
                Certificate(name, certificate.not_valid_after_utc, State.GOOD, point),
            )


@lru_cache(maxsize=16)
def _key_hash_of(authority: bytes) -> bytes:
    """The name of an authority by its certificate, which most cards share."""
    return key_hash(x509.load_der_x509_certificate(authority))


def number_of(data: CardData) -> str:
    """The serial number of a card: in its record, or where it has none, made of what its
    certificate has for one. Its last 13 digits are what logins know as the manufacture number.
    """
    if data.contents is None:
        serial = x509.load_der_x509_certificate(data.auth_certificate).serial_number
        return f"{serial:0{SERIAL_LENGTH}}"
    return numbers_of(data.contents).serial


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


def _issued(card: CardData) -> datetime:
    return x509.load_der_x509_certificate(card.auth_certificate).not_valid_before_utc
