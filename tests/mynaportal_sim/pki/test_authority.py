import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from stat import S_IMODE

import pytest

from card_reader.spec import Kind
from mynaportal_sim.pki import authority
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.errors import AuthorityFileError


def test_authorities_are_made_once(tmp_path: Path, now: datetime) -> None:
    first = authority.ensure(tmp_path / "ca", now, os.urandom)
    second = authority.ensure(tmp_path / "ca", now, os.urandom)
    assert [each.der for each in first.values()] == [each.der for each in second.values()]
    assert all(each.key.public_key() == first[k].key.public_key() for k, each in second.items())


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
