"""OpenSC and a card whose state changes, or which does not lie alone."""

import re
from pathlib import Path

import pytest

from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd
from tests.hardware.kit import simulated
from tests.hardware.opensc import dump, run, tool

PIN, PASSWORD = "1234", "ABC123"


@pytest.mark.usefixtures("reader")
def test_wrong_pins_cost_tries_until_the_card_locks(module: Path) -> None:
    assert tool(module, 0, "--login", "--pin", "9999", "-O").shows("CKR_PIN_INCORRECT")
    assert dump().shows(r"Tries left +: 2")
    assert tool(module, 0, "--login", "--pin", PIN, "-O").status == 0
    assert dump().shows(r"Tries left +: 3")
    verify = ("pkcs15-tool", "--verify-pin", "--auth-id", "01", "--pin")
    for _ in range(3):
        wrong = run(*verify, "9999")
        assert wrong.status != 0
        assert wrong.shows("PIN code or key incorrect")
    assert dump().shows(r"Tries left +: 0")
    assert run("pkcs11-tool", "--module", module, "-L").shows("user PIN locked")
    right = run(*verify, PIN)
    assert right.status != 0
    assert right.shows("Reference data not usable")
    assert tool(module, 0, "--login", "--pin", PIN, "-O").shows("CKR_GENERAL_ERROR")
    assert tool(module, 1, "--login", "--pin", PASSWORD, "--test").shows("^No errors$")


@pytest.mark.usefixtures("module")
def test_two_cards_lie_side_by_side(
    service: PrivatePcscd, reader: str, issued: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second.json"
    second.write_bytes(issued.read_bytes())
    with simulated(service, second, slot=1) as other:
        assert run("opensc-tool", "-l").shows(re.escape(reader), re.escape(other))
        for name in (reader, other):
            assert run("opensc-tool", "-r", name, "-n").shows("^jpki$")
