"""The parsers of what cards, and those who ask OCSP, send survive a million inputs each."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import OCSPNonce, load_der_x509_certificate
from cryptography.x509.ocsp import OCSPRequestBuilder

from card_reader.emulator.personalise import CardData, write_card
from card_reader.tlv import encode
from tests.card_reader.emulator.kit import COMMON, JPKI, JUKI, TEXT, VISUAL, read, verify

ROOT = Path(__file__).parents[2]
MANY, FEW = 1_000_000, 2_000
IN_MEMORY = Path("/dev/shm")  # where a VERIFY waits for no disk


@pytest.fixture
def place() -> Iterator[Path]:
    with TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        (Path(folder) / "corpus").mkdir()
        yield Path(folder)


@pytest.fixture
def seeds(whole: CardData) -> dict[str, list[bytes]]:
    """What the fuzzer begins with: inputs that are understood."""
    talks = [
        (JPKI, read(10), "802A009701AA00"),
        (JPKI, verify(0x18, "1234"), "802A039701AA00", "00240198043837363" + "5"),
        (TEXT, verify(0x11, "2345"), read(1), "802A000001AA00"),
        (VISUAL, verify(0x11, "550217"), read(1)),
        (COMMON, "00B2010C00", "0088009901AA00"),
        (JUKI, verify(0x1C, "3456"), "8032009C0438373635"),
        ("00CA7F21000000", "00A4040C07A0000001510000", "0084000010"),
    ]
    spoken = [[bytes.fromhex(command) for command in talk] for talk in talks]
    return {
        "apdu": [b"".join(bytes((len(one),)) + one for one in talk) for talk in spoken],
        "tlv": [encode(0xFF20, encode(0xDF22, b"name") + encode(0xDF23, bytes(200)) + b"\xff")],
        "der": [whole.auth_certificate, whole.auth_ca],
        "ocsp": [_question(whole, SHA256(), None), _question(whole, SHA384(), bytes(32))],
    }


def _question(whole: CardData, digest: HashAlgorithm, nonce: bytes | None) -> bytes:
    about, issuer = map(load_der_x509_certificate, (whole.auth_certificate, whole.auth_ca))
    builder = OCSPRequestBuilder().add_certificate(about, issuer, digest)
    if nonce is not None:
        builder = builder.add_extension(OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


@pytest.mark.parametrize("name", ["apdu", "tlv", "der", "ocsp"])
@pytest.mark.parametrize(
    "runs", [FEW, pytest.param(MANY, marks=pytest.mark.deep)], ids=["few", "many"]
)
def test_no_input_breaks_a_parser(
    whole: CardData, seeds: dict[str, list[bytes]], place: Path, name: str, runs: int
) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this Python or machine")
    write_card(place / "card.json", whole)
    for number, seed in enumerate(seeds[name]):
        (place / "corpus" / str(number)).write_bytes(seed)
    command = (sys.executable, "-m", "tests.card_reader.fuzzed", name, str(place), str(runs))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"Done {runs} runs" in done.stderr
