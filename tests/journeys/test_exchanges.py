"""What agencies exchanged is shown for seven years; then its body goes, and the proof stays."""

import json
from pathlib import Path
from time import monotonic, sleep

from tests.journeys.conftest import mostly_on
from tests.journeys.kit import PERSONA, START_WITHIN, Portal

pytestmark = mostly_on("sqlite")


def _kept(portal: Portal) -> list[dict[str, object]]:
    listed = portal.run("exchange", "list", "--resident", PERSONA, "--json")
    found: list[dict[str, object]] = json.loads(listed)
    return found


def _erasures(portal: Portal) -> set[str]:
    entries = json.loads(portal.run("ledger", "list", "--limit", "400", "--json"))
    said = [one["fields"] for one in entries if one["type"] == "ledger.erased"]
    return {index for fields in said for index in fields["entries"]}


def test_after_eight_years_nothing_of_an_exchange_can_be_read(
    own_portal: Portal, tmp_path: Path
) -> None:
    named = ("--inquirer", "清瀬市", "--provider", "立川市", "--resident", PERSONA)
    own_portal.run(
        "exchange", "record", *named, "--item", "所得の状況", "--purpose", "最後の照会"
    )
    own_portal.until_indexed()
    before = _kept(own_portal)
    [last] = [one for one in before if one["purpose"] == "最後の照会"]
    assert len(before) > 5
    proof = tmp_path / "exchange.tlog-proof"
    own_portal.run(
        "ledger", "prove", str(last["index"]), "--show", "items", "--out", str(proof)
    )

    own_portal.run("clock", "forward", f"{8 * 366}d")
    assert _kept(own_portal) == []
    deadline = monotonic() + START_WITHIN
    while not {str(one["index"]) for one in before} <= _erasures(own_portal):
        assert monotonic() < deadline
        sleep(0.2)
    own_portal.until_indexed()
    own_portal.run("ledger", "verify")
    own_portal.run("ledger", "verify", str(proof))
    own_portal.run(
        "ledger", "prove", str(last["index"]), "--show", "items", status=1
    )  # nobody can open it any more
