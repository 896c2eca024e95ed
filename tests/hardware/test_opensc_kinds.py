"""What OpenSC makes of each kind of card is what docs/cards.md says."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd
from tests.hardware.kit import COMMAND, simulated
from tests.hardware.opensc import dump, run, tool

PIN, PASSWORD = "1234", "ABC123"
PAGE = Path(__file__).parents[2] / "docs" / "cards.md"


class Kind(NamedTuple):
    """How a row of the page is issued."""

    option: str
    persona: str


KINDS = {
    "`card`": Kind("card", "sato-hanako"),
    "child": Kind("card", "tanaka-yui"),
    "`phone`": Kind("phone", "sato-hanako"),
    "`no_pin`": Kind("no_pin", "sato-hanako"),
    "`next`": Kind("next", "sato-hanako"),
}


def rows() -> dict[str, list[str]]:
    """The table of kinds: what is said of each."""
    section = PAGE.read_text().split("## Kinds")[1].split("##")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    return {name: said for name, _, *said in cells}


def test_the_page_speaks_of_every_kind() -> None:
    assert rows().keys() == KINDS.keys()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kinds") / "data"


@pytest.fixture(params=KINDS)
def kind(
    request: pytest.FixtureRequest, service: PrivatePcscd, data: Path, tmp_path: Path
) -> Iterator[str]:
    """The name of a kind, while a card of it lies in the reader."""
    option, persona = KINDS[request.param]
    card = tmp_path / "card.json"
    COMMAND.run(
        *("card", "new", "--out", card, "--data", data, "--kind", option),
        *("--persona", persona, "--pin", PIN, "--password", PASSWORD),
    )
    with simulated(service, card):
        yield request.param


def test_opensc_gets_along_with_a_kind_as_the_page_says(
    module: Path, kind: str, tmp_path: Path
) -> None:
    found = [
        "yes" if "PKCS#15 Card [JPKI]" in dump().printed else "no",
        _certificate("1", PIN, freely=True),
        _signature(module, 0, PIN, tmp_path),
        _certificate("2", PASSWORD, freely=False),
        _signature(module, 1, PASSWORD, tmp_path),
    ]
    assert found == rows()[kind]


def _certificate(number: str, pin: str, *, freely: bool) -> str:
    """Whether a certificate can be read; `freely` without its PIN, if it can be so."""
    if freely and run("pkcs15-tool", "--read-certificate", number).status == 0:
        return "yes"
    pinned = ("--verify-pin", "--auth-id", number.zfill(2), "--pin", pin)
    read = run("pkcs15-tool", *pinned, "--read-certificate", number)
    return ("after PIN" if freely else "yes") if read.status == 0 else "no"


def _signature(module: Path, slot: int, pin: str, place: Path) -> str:
    """Whether a signature is made that openssl finds to be the certificate's."""
    number = str(slot + 1)
    (place / "letter").write_bytes(b"a letter to be signed\n")
    what = ("--sign", "--id", number.zfill(2), "-m", "SHA256-RSA-PKCS")
    files = ("-i", "letter", "-o", "signature")
    made = tool(module, slot, "--login", "--pin", pin, *what, *files, cwd=place)
    if made.status != 0:
        return "no"
    pinned = ("--verify-pin", "--auth-id", number.zfill(2), "--pin", pin)
    read = run("pkcs15-tool", *pinned, "--read-certificate", number).printed
    (place / "certificate").write_text(read[read.index("-----BEGIN") :])
    key = run("openssl", "x509", "-in", "certificate", "-noout", "-pubkey", cwd=place)
    (place / "key").write_text(key.printed)
    check = ("openssl", "dgst", "-sha256", "-verify", "key", "-signature", "signature")
    return "yes" if run(*check, "letter", cwd=place).shows("^Verified OK$") else "no"
