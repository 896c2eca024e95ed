"""What a data directory holds for https, when it is renewed, and which clients take it."""

import os
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_IMODE

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from mynaportal_sim.clock import Clock
from mynaportal_sim.pki import pair
from mynaportal_sim.pki.pair import Pair
from mynaportal_sim.tls import profiles, store
from mynaportal_sim.tls.errors import RootFileError
from mynaportal_sim.tls.names import Names
from mynaportal_sim.tls.store import Root
from tests.mynaportal_sim.tls.kit import shake_hands, trusting

NOW = datetime(2027, 4, 1, 9, tzinfo=UTC)
LOCAL = ["localhost", "127.0.0.1", "::1"]
DAY = timedelta(days=1)


def _root(directory: Path, *hosts: str, at: datetime = NOW) -> Root:
    return store.ensure_root(directory, hosts, at, os.urandom)


def _leaf(directory: Path, *hosts: str, at: datetime = NOW) -> bytes:
    names = hosts or LOCAL
    return store.ensure_leaf(directory, store.PORTAL, names, at, os.urandom).read_bytes()


def test_the_root_says_what_it_is_and_can_vouch_for_these_names_and_nothing_else(
    tmp_path: Path,
) -> None:
    made = _root(tmp_path, "portal.test", "192.0.2.7")
    root, said = made.certificate, made.certificate.extensions
    constraints = said.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    names = said.get_extension_for_class(x509.NameConstraints)
    assert names.critical
    assert [str(one.value) for one in names.value.permitted_subtrees or []] == [
        "localhost", "portal.test", "127.0.0.1/32", "192.0.2.7/32", "::1/128",
    ]  # fmt: skip
    assert names.value.excluded_subtrees is None
    assert "SIMULATION" in root.subject.rfc4514_string()
    assert root.subject == root.issuer
    read = ("openssl", "x509", "-noout", "-ext", "nsComment", "-in", made.path)
    shown = subprocess.run(read, capture_output=True, check=True)
    assert b"SIMULATION" in shown.stdout


def test_it_is_no_authority_of_cards(tmp_path: Path) -> None:
    first, second = (_root(tmp_path / name).certificate for name in "ab")
    assert first.subject != second.subject  # browsers' stores tell them apart by that
    assert "JPKI" not in first.subject.rfc4514_string()


def test_files_with_keys_are_their_owner_s_alone_and_the_root_s_file_has_none(
    tmp_path: Path,
) -> None:
    place = tmp_path / "tls"
    root = _root(place)
    _leaf(place)
    modes = {path.name: S_IMODE(path.stat().st_mode) for path in place.iterdir()}
    assert modes == {"authority.pem": 0o600, "portal.pem": 0o600, "root.pem": 0o600}
    assert S_IMODE(place.stat().st_mode) == 0o700
    assert store.with_keys(place) == [place / "authority.pem", place / "portal.pem"]
    assert b"PRIVATE" not in root.path.read_bytes()
    assert "key" not in repr(pair.load(place / "portal.pem")).lower()


@pytest.mark.parametrize(
    ("later", "renewed"),
    [
        pytest.param(59 * DAY, False, id="31 days left"),
        pytest.param(61 * DAY, True, id="29 days left"),
        pytest.param(91 * DAY, True, id="ended"),
        pytest.param(-2 * DAY, True, id="the machine's clock went back"),
    ],
)
def test_a_certificate_is_renewed_when_less_than_thirty_days_are_left(
    tmp_path: Path, later: timedelta, renewed: bool
) -> None:
    root, first = _root(tmp_path, at=NOW - 30 * DAY), _leaf(tmp_path)
    assert (_leaf(tmp_path, at=NOW + later) != first) is renewed
    assert _root(tmp_path, at=NOW + later).sha256 == root.sha256


def _other_names(place: Path) -> None:
    _leaf(place, "localhost", at=NOW)


def _damaged(place: Path) -> None:
    (place / "portal.pem").write_bytes(b"\xff")


def _of_another_root(place: Path) -> None:
    (place / "authority.pem").unlink()
    _root(place)


@pytest.mark.parametrize("spoil", [_other_names, _damaged, _of_another_root])
def test_a_certificate_that_does_not_serve_is_made_anew(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    _root(tmp_path)
    first = _leaf(tmp_path)
    spoil(tmp_path)
    assert _leaf(tmp_path) != first
    found = store.leaf(tmp_path, store.PORTAL)
    assert found is not None
    assert Names.in_leaf(found) == Names.of(LOCAL)


@pytest.mark.parametrize(
    ("hosts", "later", "replaced"),
    [
        pytest.param(["portal.test"], 0 * DAY, False, id="the same names"),
        pytest.param([], 0 * DAY, False, id="fewer names"),
        pytest.param(["other.test"], 0 * DAY, True, id="a new name"),
        pytest.param(["192.0.2.7"], 0 * DAY, True, id="a new address"),
        pytest.param([], profiles.ROOT_FOR - 100 * DAY, False, id="outlives a certificate"),
        pytest.param([], profiles.ROOT_FOR - 80 * DAY, True, id="ends before a certificate"),
    ],
)
def test_a_root_is_replaced_only_when_it_cannot_serve_and_is_remembered_without_its_key(
    tmp_path: Path, hosts: list[str], later: timedelta, replaced: bool
) -> None:
    first = _root(tmp_path, "portal.test")
    second = _root(tmp_path, *hosts, at=NOW + later)
    assert (second.sha256 != first.sha256) is replaced
    former = store.former_roots(tmp_path)
    assert [one.sha256 for one in former] == ([first.sha256] if replaced else [])
    assert not any(b"PRIVATE" in one.path.read_bytes() for one in former)
    assert Names.of(["portal.test", *LOCAL, *hosts]) <= second.names
    assert second.path.read_bytes() == second.pem


@pytest.mark.parametrize("content", [b"", b"\xff" * 99, b"-----BEGIN CERTIFICATE-----\n"])
def test_a_damaged_root_is_named_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "authority.pem").write_bytes(content)
    with pytest.raises(RootFileError, match=r"authority\.pem .*restore it, or remove it"):
        _root(tmp_path)


@pytest.mark.parametrize("host", [*LOCAL, "portal.test"])
def test_a_client_with_the_root_is_let_in_under_each_name(tmp_path: Path, host: str) -> None:
    now = Clock().now()
    root = _root(tmp_path, "portal.test", at=now)
    _leaf(tmp_path, *LOCAL, "portal.test", at=now)
    certificate = tmp_path / "portal.pem"
    version, cipher = shake_hands(certificate, trusting(root.path), host)
    assert version == "TLSv1.3"
    older = trusting(root.path)
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    version, cipher = shake_hands(certificate, older, host)
    assert version == "TLSv1.2"
    assert cipher in {"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"}


def _ended(place: Path, now: datetime) -> None:
    _leaf(place, at=now - 91 * DAY)


def _for_another_host(place: Path, now: datetime) -> None:
    _leaf(place, "127.0.0.1", at=now)


def _beyond_the_root(place: Path, now: datetime) -> None:
    """What somebody could make who has stolen the root's key."""
    authority = pair.load(place / "authority.pem")
    assert authority is not None
    key = ec.generate_private_key(ec.SECP256R1())
    names = Names.of(["bank.example"])
    wanted = profiles.leaf(
        key.public_key(), authority.certificate, names, now, os.urandom
    ).sign(authority.key, SHA256())
    (place / "portal.pem").write_bytes(Pair(wanted, key).pem)


@pytest.mark.parametrize(
    ("spoil", "host", "said"),
    [
        pytest.param(_ended, "localhost", "certificate has expired", id="ended"),
        pytest.param(_for_another_host, "localhost", "not valid for 'localhost'", id="host"),
        pytest.param(
            _beyond_the_root, "bank.example", "permitted subtree violation", id="constraints"
        ),
    ],
)
def test_a_client_refuses(
    tmp_path: Path, spoil: Callable[[Path, datetime], None], host: str, said: str
) -> None:
    now = Clock().now()
    root = _root(tmp_path, at=now - 100 * DAY)
    spoil(tmp_path, now)
    with pytest.raises(ssl.SSLCertVerificationError, match=said):
        shake_hands(tmp_path / "portal.pem", trusting(root.path), host)


def test_a_client_without_the_root_refuses(tmp_path: Path) -> None:
    now = Clock().now()
    _root(tmp_path, at=now)
    _leaf(tmp_path, at=now)
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        shake_hands(tmp_path / "portal.pem", trusting(None), "localhost")


@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize("weak", ["TLS 1.1", "CBC", "DHE", "RSA"])
def test_the_server_refuses_what_is_weak(tmp_path: Path, weak: str) -> None:
    now = Clock().now()
    root = _root(tmp_path, at=now)
    _leaf(tmp_path, at=now)
    client = trusting(root.path)
    if weak == "TLS 1.1":
        client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1
        client.set_ciphers("ALL:@SECLEVEL=0")
    else:
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        client.set_ciphers(
            {"CBC": "ECDHE-ECDSA-AES256-SHA384", "DHE": "kDHE", "RSA": "kRSA"}[weak]
        )
    with pytest.raises(ssl.SSLError, match=r"alert|PROTOCOL|protocol"):
        shake_hands(tmp_path / "portal.pem", client, "localhost")
