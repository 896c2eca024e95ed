"""A card of each kind with certificates that authorities of here issued."""

import os
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.client.document import sign_document
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.document.format import Format, draft
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import CardData, write_card
from card_reader.spec import CardKind, Kind
from mynaportal_sim.documents.verify import Trusted
from mynaportal_sim.issuing.cards import FAMILIES
from mynaportal_sim.pki import crl
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.model import Holder, Order, PrivateKey, Revoked
from mynaportal_sim.pki.suites import SUITES
from mynaportal_sim.pki.validation import ValidCertificate
from tests.mynaportal_sim.pki.conftest import NOW, authorities, holder

__all__ = ["authorities", "holder"]
PASSWORD = "ABC123"
DOCUMENT = "領収書 1,200円\n".encode()


def made(jpki: Jpki, form: Format, document: bytes, at: datetime) -> bytes:
    """The file beside a document, around what a card makes of it."""
    signed = sign_document(jpki, form, document, PASSWORD, at)
    return draft(form, document, signed.certificate, at).assembled(signed.signature)


@dataclass(frozen=True)
class Signatory:
    """A person with a card, the keys that are on it, and who certified them."""

    card: Path
    data: CardData = field(repr=False)
    authorities: Authorities = field(repr=False)
    anew: bytes = field(repr=False)
    """Another certificate of the key for signatures, in DER."""

    def sign(self, form: Format, document: bytes = DOCUMENT, at: datetime = NOW) -> bytes:
        """What their card makes."""
        jpki = Jpki(Session(Card.load(self.card)))
        return made(jpki, form, document, at)

    @property
    def key(self) -> PrivateKey:
        assert self.data.signing_key is not None
        return self.data.signing_key

    @property
    def certificate(self) -> x509.Certificate:
        assert self.data.signing_certificate is not None
        return x509.load_der_x509_certificate(self.data.signing_certificate)

    def trusted(self, *revoked: Revoked, now: datetime = NOW) -> Trusted:
        """Whom somebody trusts who knows these authorities, and their lists of today."""

        def list_of(valid: ValidCertificate) -> bytes:
            authority = self.authorities.by_key(valid.issuer.key_hash)
            assert authority is not None
            return crl.build(authority, revoked, 1, now)

        return Trusted(self.anchors, list_of, now)

    @cached_property
    def anchors(self) -> list[Anchor]:
        return [Anchor.of(one.certificate) for one in self.authorities.every]


def issued(
    authorities: Authorities, holder: Holder, key: PrivateKey, card: CardKind, kind: Kind
) -> bytes:
    """A certificate for the holder of a card of that kind, in DER."""
    by = authorities.of(FAMILIES[card], kind)
    order = Order(kind, holder, key.public_key(), NOW, "http://localhost:8400")
    return by.issue(order, os.urandom).public_bytes(Encoding.DER)


@pytest.fixture(scope="session")
def signatories(
    tmp_path_factory: pytest.TempPathFactory, authorities: Authorities, holder: Holder
) -> dict[CardKind, Signatory]:
    directory = tmp_path_factory.mktemp("signatories")
    return {
        card: _signatory(authorities, holder, card, directory / f"{card}.json")
        for card in (CardKind.CARD, CardKind.NEXT)
    }


@pytest.fixture(params=[CardKind.CARD, CardKind.NEXT])
def signatory(
    request: pytest.FixtureRequest, signatories: dict[CardKind, Signatory]
) -> Signatory:
    """Somebody with a card of either kind."""
    return signatories[request.param]


@pytest.fixture
def of_today(signatories: dict[CardKind, Signatory]) -> Signatory:
    """Somebody with a card of today's kind."""
    return signatories[CardKind.CARD]


def _signatory(
    authorities: Authorities, holder: Holder, card: CardKind, path: Path
) -> Signatory:
    key, signing_key = (SUITES[FAMILIES[card]].new_key() for _ in range(2))
    cas = {
        kind: authorities.of(FAMILIES[card], kind).certificate.public_bytes(Encoding.DER)
        for kind in Kind
    }
    asked = (authorities, holder)
    data = CardData(
        label="吉田 花子",
        auth_key=key,
        auth_certificate=issued(*asked, key, card, Kind.USER_AUTHENTICATION),
        auth_ca=cas[Kind.USER_AUTHENTICATION],
        signing_ca=cas[Kind.SIGNING],
        pin="1234",
        signing_key=signing_key,
        signing_certificate=issued(*asked, signing_key, card, Kind.SIGNING),
        password=PASSWORD,
        kind=card,
    )
    write_card(path, data)
    return Signatory(path, data, authorities, issued(*asked, signing_key, card, Kind.SIGNING))
