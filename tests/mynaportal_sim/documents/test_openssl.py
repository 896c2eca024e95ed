"""`openssl cms` takes what a card signs beside a document, and makes what is taken here."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from card_reader.document.format import Format
from card_reader.spec import CardKind
from mynaportal_sim.documents.verify import judge
from tests.mynaportal_sim.documents.conftest import DOCUMENT, Signatory


def _openssl(place: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = ["openssl", "cms", *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, check=False)


@pytest.fixture
def place(tmp_path: Path, signatory: Signatory) -> Path:
    """A folder with the document, the authorities, and somebody's key and certificate."""
    roots = [one.certificate.public_bytes(Encoding.PEM) for one in signatory.authorities.every]
    key = signatory.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name, content in {
        "document": DOCUMENT,
        "roots.pem": b"".join(roots),
        "key.pem": key,
        "signer.pem": signatory.certificate.public_bytes(Encoding.PEM),
    }.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


HASHES = {CardKind.CARD: "sha256", CardKind.NEXT: "sha384"}
VERIFY = ("-verify", "-binary", "-inform", "DER", "-in", "signature", "-CAfile", "roots.pem")


@pytest.mark.parametrize(("content", "well"), [(DOCUMENT, True), (DOCUMENT + b" ", False)])
def test_openssl_takes_what_a_card_signs_for_the_document_alone(
    signatory: Signatory, place: Path, content: bytes, well: bool
) -> None:
    (place / "signature").write_bytes(signatory.sign(Format.CMS))
    (place / "content").write_bytes(content)
    done = _openssl(place, *VERIFY, "-cades", "-content", "content")
    assert (done.returncode == 0) is well, done.stderr
    assert not well or done.stdout == DOCUMENT


@pytest.mark.parametrize("more", [(), ("-cades",), ("-keyid",), ("-nosmimecap", "-cades")])
def test_what_openssl_signs_holds(
    signatory: Signatory, place: Path, more: tuple[str, ...]
) -> None:
    made = _openssl(
        place,
        *("-sign", "-binary", "-in", "document", "-outform", "DER", "-out", "signature"),
        *(
            "-signer",
            "signer.pem",
            "-inkey",
            "key.pem",
            "-md",
            HASHES[signatory.data.kind],
            *more,
        ),
    )
    assert made.returncode == 0, made.stderr
    signature = (place / "signature").read_bytes()
    now = datetime.now(UTC)  # noqa: TID251  openssl's own
    verdict = judge(DOCUMENT, signature, signatory.trusted(now=now))
    assert verdict.holds, verdict.findings
