"""A private smart card service, and cards to put into its only reader.

Before anything is sent, the tests make sure that no other reader is in reach; and before any
VERIFY, that the card carries the simulation mark.
"""

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from card_reader import pcsc
from mynaportal_sim.cli.benchmarks.private_pcscd import (
    SOCKET_VARIABLE,
    PrivatePcscd,
    missing,
    private_pcscd,
)
from tests.hardware.kit import COMMAND, simulated

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.hardware)


@pytest.fixture(scope="session")
def service() -> Iterator[PrivatePcscd]:
    """The service at the only place where this process and its children look for one."""
    lacking = missing() or (
        None if find_spec("smartcard") else "pyscard is not installed: ./mynasim set-up reader"
    )
    if lacking:
        pytest.skip(lacking)
    place = Path(os.environ[SOCKET_VARIABLE]).parents[1]
    with private_pcscd(place) as it:
        assert tuple(slot.name for slot in pcsc.slots()) == it.readers
        yield it


@pytest.fixture(scope="session")
def module() -> Path:
    """OpenSC's PKCS#11 module."""
    if shutil.which("pkcs11-tool") is None:
        pytest.skip("OpenSC is not installed: apt-get install opensc")
    return next(Path("/usr/lib").glob("*/opensc-pkcs11.so"))


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card as `card new` makes it, with the signing password ABC123."""
    folder = tmp_path_factory.mktemp("issued")
    card = folder / "card.json"
    COMMAND.run(
        *("card", "new", "--out", card, "--data", folder / "data"),
        *("--pin", "1234", "--password", "ABC123"),
    )
    return card


@pytest.fixture
def card(issued: Path, tmp_path: Path) -> Path:
    """A card of a test's own."""
    copy = tmp_path / "card.json"
    copy.write_bytes(issued.read_bytes())
    return copy


@pytest.fixture
def reader(service: PrivatePcscd, card: Path) -> Iterator[str]:
    """The name of the reader in which `card` lies; it is a simulated one."""
    with simulated(service, card) as name:
        yield name
