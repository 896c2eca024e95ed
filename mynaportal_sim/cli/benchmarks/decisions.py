"""How fast consent is decided on, beside PyPI's casbin and cedarpy."""

import json
import subprocess
from datetime import date, datetime
from uuid import UUID, uuid4

from consent.model import (
    DEFAULT_VALIDITY,
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Evidence,
    Notice,
    Recipient,
    State,
    Supervision,
    Terms,
)
from consent.policy import AccessRequest, Permit, decide
from mynaportal_sim.cli.benchmarks.errors import BenchError, NoPeerError
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.cli.benchmarks.scratch import SOURCES, installed
from mynaportal_sim.cli.benchmarks.server import own_environment
from mynaportal_sim.cli.benchmarks.timing import per_second
from mynaportal_sim.clock import Clock

CONSENTS = 50
APPS = 10
CATEGORIES = ("basic", "checkup", "medication")


def decisions(rig: Rig) -> Figure:
    """Decisions per second and core, on the access of a token and on that of an app."""
    now = Clock().now()
    resident_id = uuid4()
    consents = [_consent(resident_id, number, now) for number in range(CONSENTS)]
    named = consents[CONSENTS // 2]
    by_app = AccessRequest(resident_id, named.app_id, frozenset({"checkup"}))
    by_token = AccessRequest(
        resident_id, named.app_id, frozenset({"checkup"}), named.arrangement_id, named.id
    )
    for request in (by_token, by_app):
        if not isinstance(decide(request, consents, now), Permit):
            raise BenchError("decide() refuses what the consents give")
    tokens = per_second(lambda: decide(by_token, consents, now), rig.effort)
    apps = per_second(lambda: decide(by_app, consents, now), rig.effort)
    note = f"over all five of the app's consents {apps:,.0f}/s"
    try:
        peers = _peers(rig)
    except NoPeerError as error:
        return Figure(tokens, f"{note}; peers not measured: {error}")
    said = ", ".join(f"{name} {rate:,.0f}/s" for name, rate in peers.items())
    best = max(peers.values())
    return Figure(tokens, f"{note}; peers: {said}", best, apps / best)


def _peers(rig: Rig) -> dict[str, float]:
    """Decisions per second of other engines, asked for all of the app's consents too.

    Raises:
        NoPeerError: they cannot be installed.
    """
    python = installed(rig.directory / "engines", "engines")
    command = (str(python), "-I", str(SOURCES / "engines" / "peer.py"), str(rig.effort.seconds))
    done = subprocess.run(  # noqa: S603  a literal
        command, capture_output=True, text=True, check=False, env=own_environment()
    )
    if done.returncode != 0:
        raise BenchError(f"casbin and cedarpy ended: {done.stderr[-600:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _consent(resident_id: UUID, number: int, now: datetime) -> ConsentVersion:
    rules = tuple(
        ConsentRule(category, date(2022, 1, 1), date(2026, 12, 31)) for category in CATEGORIES
    )
    app = f"app-{number % APPS}"
    return ConsentVersion(
        resident_id=resident_id,
        id=uuid4(),
        arrangement_id=uuid4(),
        number=1,
        supersedes=None,
        app_id=app,
        app_name=app,
        asked=rules,
        terms=Terms(
            rules=rules,
            purpose=DeclaredPurpose("self-care", "健診結果の推移をグラフで表示するため"),
            recipients=(Recipient(app),),
            valid_from=now,
            valid_until=now + DEFAULT_VALIDITY,
            notice=Notice("1", "ja"),
            supervision=Supervision("個人情報保護責任者"),
        ),
        evidence=Evidence("agent", "jpki"),
        state=State.GRANTED,
        answered_at=now,
        state_since=now,
    )
