"""Debian's OpenSC accepts the card as a JPKI card."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from card_reader.emulator.personalise import CardData, read_card
from card_reader.statement import digest_info
from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd
from tests.hardware.kit import simulated
from tests.hardware.opensc import dump, pem, run, tool

pytestmark = pytest.mark.usefixtures("module", "healthy")
PIN, PASSWORD = "1234", "ABC123"
MESSAGE = b"a letter to be signed\n"


@pytest.fixture(scope="module")
def data(issued: Path) -> CardData:
    return read_card(issued)


@pytest.fixture(scope="module")
def healthy(
    service: PrivatePcscd, issued: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A card whose tries no test spends for good."""
    copy = tmp_path_factory.mktemp("healthy") / "card.json"
    copy.write_bytes(issued.read_bytes())
    with simulated(service, copy) as name:
        yield name


def test_the_reader_and_the_card_are_known(healthy: str) -> None:
    assert run("opensc-tool", "-l").shows(rf"^0 +Yes +{re.escape(healthy)}$")
    named = run("opensc-tool", "-r", healthy, "-n")
    assert named.printed.strip().splitlines()[-1] == "jpki"


def test_the_card_is_laid_out_as_a_pkcs15_card() -> None:
    shown = dump()
    assert shown.shows(
        r"^PKCS#15 Card \[JPKI\]",
        r"PIN \[User Authentication PIN\]",
        r"PIN \[Digital Signature PIN\]",
    )
    assert re.findall(r"Tries left +: (\d)", shown.printed) == ["3", "5"]
    assert len(re.findall(r"Private RSA Key", shown.printed)) == 2
    assert len(re.findall(r"ModLength +: 2048", shown.printed)) == 2
    assert len(re.findall(r"X\.509 Certificate", shown.printed)) == 4


@pytest.mark.parametrize(
    ("number", "name"),
    [("1", "auth_certificate"), ("3", "auth_ca"), ("4", "signing_ca")],
    ids=["authentication", "its CA", "signing CA"],
)
def test_certificates_are_read_byte_for_byte(data: CardData, number: str, name: str) -> None:
    read = run("pkcs15-tool", "--read-certificate", number)
    assert pem(read) == getattr(data, name)


def test_openssl_builds_the_chain(tmp_path: Path) -> None:
    for name, number in (("leaf", "1"), ("ca", "3")):
        read = run("pkcs15-tool", "--read-certificate", number).printed
        (tmp_path / name).write_text(read[read.index("-----BEGIN") :])
    # OpenSSL knows no critical extension of policies without being told to ignore it.
    verified = run("openssl", "verify", "-CAfile", tmp_path / "ca", tmp_path / "leaf")
    assert verified.shows(r"leaf: OK$")


def test_the_signing_certificate_needs_its_password(data: CardData) -> None:
    refused = run("pkcs15-tool", "--read-certificate", "2")
    assert refused.status != 0
    assert refused.shows("Certificate read failed")
    pinned = ("--verify-pin", "--auth-id", "02", "--pin", PASSWORD)
    assert pem(run("pkcs15-tool", *pinned, "--read-certificate", "2")) == (
        data.signing_certificate
    )


def test_pkcs11_shows_two_tokens(module: Path) -> None:
    shown = run("pkcs11-tool", "--module", module, "-L")
    assert shown.shows(
        r"token label +: JPKI \(User Authentication PIN\)",
        r"token label +: JPKI \(Digital Signature PIN\)",
        r"pin min/max +: 4/4",
        r"pin min/max +: 6/16",
    )


def test_pkcs11_shows_objects_to_those_who_may_see_them(module: Path) -> None:
    free = tool(module, 0, "-O")
    assert len(re.findall(r"^Certificate Object", free.printed, re.MULTILINE)) == 3
    hidden = tool(module, 1, "-O")
    assert "Certificate Object" not in hidden.printed
    login = ("--login", "--pin", PASSWORD)
    assert tool(module, 1, *login, "-O").shows("^Certificate Object", "^Private Key Object")


@pytest.mark.parametrize(("slot", "pin"), [(0, PIN), (1, PASSWORD)], ids=["auth", "signing"])
def test_opensc_finds_no_fault_with_the_token(module: Path, slot: int, pin: str) -> None:
    tested = tool(module, slot, "--login", "--pin", pin, "--test")
    assert tested.printed.strip().splitlines()[-1] == "No errors"


@pytest.mark.parametrize(
    ("slot", "number", "pin", "mechanism"),
    [
        pytest.param(0, "01", PIN, "SHA256-RSA-PKCS", id="authentication, SHA-256"),
        pytest.param(0, "01", PIN, "RSA-PKCS", id="authentication, DigestInfo"),
        pytest.param(1, "02", PASSWORD, "SHA256-RSA-PKCS", id="signing, SHA-256"),
    ],
)
def test_signatures_verify_with_openssl(
    module: Path, tmp_path: Path, slot: int, number: str, pin: str, mechanism: str
) -> None:
    (tmp_path / "letter").write_bytes(MESSAGE)
    (tmp_path / "info").write_bytes(digest_info(MESSAGE))
    given = "info" if mechanism == "RSA-PKCS" else "letter"
    login = ("--login", "--pin", pin)
    what = ("--sign", "--id", number, "-m", mechanism, "-i", given, "-o", "signature")
    signed = tool(module, slot, *login, *what, cwd=tmp_path)
    assert signed.status == 0, signed.printed
    unlock = ("--verify-pin", "--auth-id", number, "--pin", pin)
    read = run("pkcs15-tool", *unlock, "--read-certificate", str(int(number))).printed
    (tmp_path / "certificate").write_text(read[read.index("-----BEGIN") :])
    key = run("openssl", "x509", "-in", "certificate", "-noout", "-pubkey", cwd=tmp_path)
    (tmp_path / "key").write_text(key.printed)
    check = (
        "openssl",
        "dgst",
        "-sha256",
        "-verify",
        "key",
        "-signature",
        "signature",
        "letter",
    )
    assert run(*check, cwd=tmp_path).shows("^Verified OK$")


def test_ssh_can_use_the_keys(module: Path) -> None:
    listed = run("ssh-keygen", "-D", module)
    keys = re.findall(r"^ssh-rsa ", listed.printed, re.MULTILINE)
    assert len(keys) == 3, listed.printed  # the person's and both CAs'
