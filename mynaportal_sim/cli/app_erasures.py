"""`mynasim app erasures`: what apps must erase, and what they certify."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from consent.instants import rfc3339
from mynaportal_sim.apps import store as apps
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.app_log import LimitOption, app_of
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.erasure import store
from mynaportal_sim.erasure.model import ErasureCase, Status


def erasures(
    client_id: Annotated[
        str | None, typer.Argument(metavar="CLIENT_ID", help="Of one app only.")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    limit: LimitOption = 50,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show what apps must erase since consents have ended, the nearest deadline first.

    Examples: mynasim app erasures · mynasim app erasures CLIENT_ID --overdue --json
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        named = database.run(apps.every) if client_id is None else []
        ids = [app.client_id for app in named]
        if client_id is not None:
            ids = [app_of(database, client_id).client_id]
        found = [
            case
            for app_id in ids
            for case in database.run(store.of_app, app_id, 1_000_000, settled=True)
            if not overdue or case.status(now) is Status.OVERDUE
        ]
    found = sorted(found, key=lambda case: (case.deadline, case.version_id))[:limit]
    table = Table("app", "arrangement", "ended", "by", "status", "categories", "awaited")
    for case in found:
        ended = f"{case.ended} {rfc3339(case.ended_at)}"
        cells = (case.app_name or case.app_id, str(case.arrangement_id), ended)
        more = (case.status(now).value, " ".join(case.categories))
        awaited = "、".join(one.name for one in case.awaited)
        table.add_row(*map(plain, (*cells, rfc3339(case.deadline), *more, awaited)))
    nothing = "Nothing is overdue." if overdue else "Nothing had to be erased yet."
    say([_document(case, now) for case in found], table if found else nothing, json)


def _document(case: ErasureCase, now: datetime) -> dict[str, object]:
    return {
        "app_id": case.app_id,
        "app_name": case.app_name,
        "arrangement": str(case.arrangement_id),
        "consent_version": str(case.version_id),
        "ended": case.ended,
        "ended_at": rfc3339(case.ended_at),
        "on_end": case.on_end.value,
        "erase_by": rfc3339(case.deadline),
        "categories": list(case.categories),
        "passed_on": list(case.passed_on),
        "awaited": [
            {"name": one.name, "until": one.until and rfc3339(one.until)}
            for one in case.awaited
        ],
        "status": case.status(now).value,
        "since": rfc3339(case.state_since),
        "certificate": case.certificate,
    }
