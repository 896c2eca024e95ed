"""What openssl says of certificates by what is published, beside what the portal says.

For every carrier, both kinds of certificate, two generations and each state.
"""

import re
import shutil
import subprocess
from asyncio import Runner
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from os import urandom
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.emulator.personalise import CardData
from card_reader.spec import CardKind, Kind
from mynaportal_sim.app import create_app
from mynaportal_sim.issuing.cards import FAMILIES, Counter, certificates_of
from mynaportal_sim.issuing.keys import Keys, new_keys
from mynaportal_sim.pki import authority, service, store
from mynaportal_sim.pki.authority import Authority
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.crl import revocation
from mynaportal_sim.pki.model import RevocationReason
from mynaportal_sim.pki.ocsp.server import OcspServer
from mynaportal_sim.pki.refusal import Refusal
from mynaportal_sim.pki.store import Point
from mynaportal_sim.pki.validation import validate
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import CardOrder, CardState
from mynaportal_sim.settings import Settings
from tests.mynaportal_sim.web.kit import HANAKO, ORIGIN, PORT, Portal


class Said(NamedTuple):
    """By `openssl verify` with the whole list and with the municipality's, by `openssl ocsp`,
    and by the portal's own check."""

    whole: str
    municipal: str
    ocsp: str
    portal: str


GOOD = Said("OK", "OK", "good", "valid")
REVOKED = "certificate revoked"
HELD = Said(REVOKED, REVOKED, "revoked: certificateHold", "cert_revoked")
LOST = Said(REVOKED, REVOKED, "revoked: keyCompromise", "cert_revoked")
MOVED = Said(REVOKED, REVOKED, "revoked: affiliationChanged", "cert_revoked")
ENDED = "certificate has expired"
EXPIRED = Said(ENDED, ENDED, "good", "cert_expired")
"""That a certificate has ended, it says itself; who keeps the register is not asked."""

AGREED: Mapping[str, Said] = {
    "good": GOOD,
    "held": HELD,
    "released": GOOD,
    "lost": LOST,
    "held, then moved": MOVED,
    "expired": EXPIRED,
    "good, of the second generation": GOOD,
    "lost, of the second generation": LOST,
}
CARRIERS = (CardKind.CARD, CardKind.PHONE, CardKind.NEXT)


class Published(NamedTuple):
    """A certificate in the register, and the generation that gave it."""

    certificate: x509.Certificate
    issuer: Authority


@dataclass
class Town:
    """A portal that has published what there is to say of a certificate in each state."""

    portal: Portal
    certificates: dict[tuple[CardKind, Kind, str], Published]

    @property
    def state(self) -> Any:  # Any: as the web framework has it
        return self.portal.web.state

    def get(self, path: str) -> bytes:
        return self.portal.browser().get(path).content

    def issue(self, keys: Mapping[CardKind, Keys], names: Sequence[str]) -> None:
        """Have the generation that issues now give each carrier a certificate of each name."""
        authorities = self.state.authority.fresh()
        counter = Counter(authorities, ORIGIN, urandom, ocsp=self.state.settings.ocsp_url)
        now, database = self.state.clock.now(), self.state.database
        resident = database.run(residents.by_persona, HANAKO)
        over = replace(resident, card=CardOrder(state=CardState.EXPIRED))
        for carrier, name in product(CARRIERS, names):
            person = over if name == "expired" else resident
            data: CardData = counter.make(person, keys[carrier], now, carrier)
            ders = (data.auth_certificate, data.signing_certificate)
            for der, (kind, entered) in zip(ders, certificates_of(data), strict=True):
                issuer = authorities.by_key(entered.name.issuer)
                assert database.run(store.register, entered.issued(kind, resident.id))
                published = Published(x509.load_der_x509_certificate(der or b""), issuer)
                self.certificates[carrier, kind, name] = published
                self.become(name, published)

    def become(self, name: str, one: Published) -> None:
        """Let a certificate come into the state of that name."""
        what = (one.issuer, one.certificate.serial_number)
        now, run = self.state.clock.now(), self.state.database.run
        if name.startswith(("held", "released")):
            assert run(service.hold, *what, now)
        if name == "released":
            assert run(service.release, *what, now)
        if name.startswith("lost"):
            assert run(service.revoke, *what, RevocationReason.KEY_COMPROMISE, now)
        if name.endswith("moved"):
            assert run(service.revoke, *what, RevocationReason.AFFILIATION_CHANGED, now)

    def judged(self, one: Published, kind: Kind) -> str:
        """What the portal says by its own check and the whole list."""
        der = one.certificate.public_bytes(Encoding.DER)
        now, every = self.state.clock.now(), self.state.authority.fresh().every
        valid = validate(der, [Anchor.of(each.certificate) for each in every], now, kind)
        if isinstance(valid, Refusal):
            return valid.code
        assert valid.issuer.key_hash == one.issuer.key_hash
        found = revocation(valid, self.get(f"/pki/crl/{one.issuer.name}.crl"), now)
        return "valid" if found is None else found.code


@pytest.fixture(scope="module")
def town(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    data = tmp_path_factory.mktemp("judged") / "data"
    shutil.copytree(prepared, data)
    web = create_app(Settings(data=data, port=PORT))
    keys = {carrier: new_keys(1, carrier)[0] for carrier in (CardKind.CARD, CardKind.NEXT)}
    keys[CardKind.PHONE] = keys[CardKind.CARD]
    now, directory = web.state.clock.now(), web.state.settings.authorities
    with Runner() as runner:
        found = Town(Portal(web, runner), {})
        found.issue(keys, [name for name in AGREED if "second" not in name])
        for carrier, kind in product(CARRIERS, Kind):
            after = authority.successor(directory, FAMILIES[carrier], kind, now, urandom)
            assert authority.save(directory, after)
        found.issue(keys, [name for name in AGREED if "second" in name])
        yield found
    web.state.database.close()


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_openssl_and_the_portal_agree_on_each_state(
    town: Town, carrier: CardKind, kind: Kind, tmp_path: Path
) -> None:
    certificates = {name: town.certificates[carrier, kind, name] for name in AGREED}
    for name, one in certificates.items():
        write(tmp_path / f"{name}.pem", one.certificate)
    issuers = {one.issuer.name: one.issuer for one in certificates.values()}
    assert len(issuers) == 2
    write(tmp_path / "ca.pem", *(one.certificate for one in issuers.values()))
    code = Point.of(certificates["good"].certificate).municipality
    whole = verified(town, tmp_path, issuers)
    municipal = verified(town, tmp_path, [f"{name}/{code}" for name in issuers])
    asked: dict[str, str] = {}
    for issuer in issuers.values():
        asked |= answered(
            town,
            tmp_path,
            issuer,
            [n for n, one in certificates.items() if one.issuer is issuer],
        )
    judged = {name: town.judged(one, kind) for name, one in certificates.items()}
    by_all = (whole, municipal, asked, judged)
    assert {name: Said(*(said[name] for said in by_all)) for name in AGREED} == AGREED


def verified(town: Town, place: Path, lists: Iterable[str]) -> dict[str, str]:
    """What `openssl verify -crl_check` says by these lists: "OK", or what is wrong."""
    published = [x509.load_der_x509_crl(town.get(f"/pki/crl/{name}.crl")) for name in lists]
    write(place / "lists.pem", *published)
    leaves = [f"{name}.pem" for name in AGREED]
    tried = openssl(
        place, "verify", "-crl_check", "-CAfile", "ca.pem", "-CRLfile", "lists.pem", *leaves
    )
    said = dict(re.findall(r"^(.+)\.pem: (OK)$", tried.stdout, re.MULTILINE))
    wrong = r"^error \d+ at 0 depth lookup: (.+)\nerror (.+)\.pem: verification failed$"
    return said | {name: why for why, name in re.findall(wrong, tried.stderr, re.MULTILINE)}


def answered(town: Town, place: Path, issuer: Authority, names: list[str]) -> dict[str, str]:
    """What `openssl ocsp` reads in the responder's answer: "good", or "revoked" and why."""
    write(place / "issuer.pem", issuer.certificate)
    leaves = [each for name in names for each in ("-cert", f"{name}.pem")]
    asking = ("ocsp", "-issuer", "issuer.pem", *leaves)
    openssl(place, *asking, "-reqout", "asked.der")
    state = town.state
    server = OcspServer(state.database, state.clock, state.settings.authorities)
    answer = town.portal.runner.run(server.answer((place / "asked.der").read_bytes()))
    (place / "answered.der").write_bytes(answer)
    read = openssl(place, *asking, "-respin", "answered.der", "-CAfile", "ca.pem", "-no_nonce")
    assert "Response verify OK" in read.stderr, read.stderr
    lines = r"^(.+)\.pem: (\w+)\n\t.*(?:\n\tNext Update: .*)?(?:\n\tReason: (\w+))?"
    found = re.findall(lines, read.stdout, re.MULTILINE)
    return {name: f"{word}: {reason}" if reason else word for name, word, reason in found}


def openssl(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["openssl", *arguments], cwd=place, capture_output=True, text=True, check=False
    )


def write(path: Path, *objects: x509.Certificate | x509.CertificateRevocationList) -> None:
    path.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in objects))
