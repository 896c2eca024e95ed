import os
from base64 import b64decode, encodebytes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_IMODE

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.spec import Kind
from mynaportal_sim.pki import authority, card_issuer
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.errors import AuthorityFileError, NoAuthorityError
from mynaportal_sim.pki.model import Family, Holder, Order
from mynaportal_sim.pki.validation import ValidCertificate, validate
from tests.mynaportal_sim.pki.conftest import NOW


def test_authorities_are_made_once(tmp_path: Path, now: datetime) -> None:
    first = authority.ensure(tmp_path / "ca", now, os.urandom)
    second = authority.ensure(tmp_path / "ca", now, os.urandom)
    assert [each.der for each in first.values()] == [each.der for each in second.values()]
    assert all(each.key.public_key() == first[k].key.public_key() for k, each in second.items())


def test_each_family_has_names_and_keys_of_its_own(tmp_path: Path, now: datetime) -> None:
    made = authority.ensure(tmp_path / "ca", now, os.urandom, Family)
    again = authority.ensure(tmp_path / "ca", now, os.urandom, Family)
    assert [one.der for one in made.every] == [one.der for one in again.every]
    names = {one.certificate.subject for one in made.every}
    assert len(names) == len({one.key_hash for one in made.every}) == len(Family) * len(Kind)
    assert all("SIMULATION" in name.rfc4514_string() for name in names)
    for family, word in {Family.PHONE: "mobile devices", Family.NEXT: "hypothetical"}.items():
        subject = made.of(family, Kind.SIGNING).certificate.subject
        assert word in subject.rfc4514_string()
    assert dict(made) == {kind: made.of(Family.CARD, kind) for kind in Kind}


def test_a_family_that_was_not_made_is_missed_by_name(tmp_path: Path, now: datetime) -> None:
    made = authority.ensure(tmp_path / "ca", now, os.urandom)
    with pytest.raises(NoAuthorityError, match="no phone authority for signing"):
        made.of(Family.PHONE, Kind.SIGNING)


def test_the_newest_generation_issues_and_the_older_stays(
    tmp_path: Path, now: datetime, holder: Holder, holder_key: RSAPrivateKey
) -> None:
    """Both have one name: whose a certificate is follows from its signature."""
    old = authority.ensure(tmp_path, now, os.urandom)
    later = now + timedelta(days=1500)
    renewed = authority.successor(tmp_path, Family.CARD, Kind.SIGNING, later, os.urandom)
    assert authority.save(tmp_path, renewed)
    both = old.fresh()
    assert (len(old.every), len(both.every), both.fresh()) == (2, 3, both)
    first, second = old[Kind.SIGNING], both[Kind.SIGNING]
    assert (second.der, second.generation) == (renewed.der, 2)
    assert first.certificate.subject == second.certificate.subject
    assert first.certificate.serial_number != second.certificate.serial_number
    assert both[Kind.USER_AUTHENTICATION].der == old[Kind.USER_AUTHENTICATION].der
    anchors = [Anchor.of(one.certificate) for one in both.every]
    order = Order(Kind.SIGNING, holder, holder_key.public_key(), later, "http://localhost")
    for each in (first, second):
        der = each.issue(order, os.urandom).public_bytes(Encoding.DER)
        verdict = validate(der, anchors, later, Kind.SIGNING)
        assert isinstance(verdict, ValidCertificate)
        assert verdict.issuer.key_hash == each.key_hash
        found = both.by_key(each.key_hash)
        assert found is not None
        assert found.der == each.der


def test_two_starts_at_once_agree(tmp_path: Path, now: datetime) -> None:
    with ThreadPoolExecutor(4) as threads:
        starts = list(
            threads.map(lambda _: authority.ensure(tmp_path / "ca", now, os.urandom), range(4))
        )
    assert len({start[Kind.SIGNING].der for start in starts}) == 1
    assert len(list((tmp_path / "ca").iterdir())) == 2


def test_files_are_the_owner_s_alone_and_nothing_else_is_left(
    tmp_path: Path, authorities: Authorities
) -> None:
    for each in authorities.values():
        authority.save(tmp_path / "ca", each)
    assert S_IMODE((tmp_path / "ca").stat().st_mode) == 0o700
    assert {
        path.name: S_IMODE(path.stat().st_mode) for path in (tmp_path / "ca").iterdir()
    } == {
        "signing.pem": 0o600,
        "user_authentication.pem": 0o600,
    }


def test_an_authority_is_never_overwritten(
    tmp_path: Path, authorities: Authorities, now: datetime
) -> None:
    assert authority.save(tmp_path, authorities[Kind.SIGNING])
    assert not authority.save(tmp_path, authority.create(Kind.SIGNING, now, os.urandom))
    kept = authority.load(tmp_path, Kind.SIGNING)
    assert kept is not None
    assert kept.der == authorities[Kind.SIGNING].der


def test_a_key_of_another_authority_is_noticed(
    tmp_path: Path, authorities: Authorities
) -> None:
    for each in authorities.values():
        authority.save(tmp_path, each)
    pems = {kind: (tmp_path / f"{kind}.pem").read_text() for kind in Kind}
    key = pems[Kind.SIGNING].partition("-----BEGIN PRIVATE KEY")[1:]
    certificate = pems[Kind.USER_AUTHENTICATION].partition("-----BEGIN PRIVATE KEY")[0]
    (tmp_path / "signing.pem").write_text("".join((certificate, *key)))
    with pytest.raises(AuthorityFileError, match="its key is not that of its certificate"):
        authority.load(tmp_path, Kind.SIGNING)


RSA, NOBODYS = (bytes.fromhex(f"06092A864886F70D0101{last}") for last in ("01", "7F"))
"""The algorithm of a key, and one that nobody knows, as DER."""


@pytest.mark.parametrize("label", ["CERTIFICATE", "PRIVATE KEY"])
@pytest.mark.parametrize(
    ("load", "name"),
    [
        pytest.param(
            lambda directory: authority.load(directory, Kind.SIGNING), "signing.pem", id="CA"
        ),
        pytest.param(
            lambda directory: card_issuer.ensure(directory, NOW, os.urandom),
            "card-issuer-root.pem",
            id="issuer of cards",
        ),
    ],
)
def test_a_key_that_nobody_can_read_is_named(
    tmp_path: Path,
    authorities: Authorities,
    load: Callable[[Path], object],
    name: str,
    label: str,
) -> None:
    authority.save(tmp_path, authorities[Kind.SIGNING])
    before, begin, rest = (
        (tmp_path / "signing.pem").read_text().partition(f"BEGIN {label}-----")
    )
    text, end, after = rest.partition("-----END")
    der = b64decode(text)
    assert der.count(RSA) == 1
    changed = encodebytes(der.replace(RSA, NOBODYS)).decode()
    (tmp_path / name).write_text(f"{before}{begin}\n{changed}{end}{after}")
    with pytest.raises(AuthorityFileError, match=name):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 99, b"-----BEGIN CERTIFICATE-----\n"])
def test_a_damaged_file_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "signing.pem").write_bytes(content)
    with pytest.raises(AuthorityFileError) as failure:
        authority.load(tmp_path, Kind.SIGNING)
    assert failure.value.path == tmp_path / "signing.pem"


def test_a_missing_file_is_no_authority(tmp_path: Path) -> None:
    assert authority.load(tmp_path, Kind.SIGNING) is None


def test_keys_are_not_shown(authorities: Authorities) -> None:
    assert "key" not in repr(authorities[Kind.SIGNING]).lower()
