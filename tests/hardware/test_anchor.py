"""The authority of a card that may be real is read from it, and nothing else is."""

from hashlib import sha256
from os import urandom
from pathlib import Path

from card_reader.apdu import Command, Ins
from card_reader.emulator.card import Card
from card_reader.emulator.references import JPKI_PIN
from card_reader.emulator.store import tries
from card_reader.spec import EF, JPKI_AID, Kind
from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd
from mynaportal_sim.clock import Clock
from mynaportal_sim.pki import authority
from mynaportal_sim.settings import Settings
from mynaportal_sim.world import upgrade
from tests.hardware.kit import COMMAND, Recorded, inserted
from tests.mynaportal_sim.pki.unmarked import Reissued, unmarked


def test_an_anchor_comes_from_a_card_by_two_selections_and_reading(
    service: PrivatePcscd, card: Path, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path)
    upgrade(settings.database_url)
    real = authority.create(Kind.USER_AUTHENTICATION, Clock().now(), urandom)
    ca = unmarked(real.certificate, real)
    recorded = Recorded(Reissued(Card.load(card), ca, ca))
    add = ("pki", "anchor", "add", "--data", tmp_path, "--from-card", "--fingerprint")
    with inserted(service, recorded):
        told = COMMAND.answer(*add, sha256(ca).hexdigest(), "--yes")
    assert isinstance(told, dict)
    assert (told["sha256"], told["simulation"]) == (sha256(ca).hexdigest(), False)
    sent = [Command.parse(one) for one in recorded.sent]
    chosen = {one.data for one in sent if one.ins == Ins.SELECT}
    assert chosen == {JPKI_AID, EF.AUTHENTICATION_CA.to_bytes(2, "big")}
    assert {one.ins for one in sent} == {Ins.SELECT, Ins.READ_BINARY}
    assert tries(card, JPKI_PIN) == 3
