"""`mynasim consent list` and `change`: how consents stand, and what an authority does."""

from enum import StrEnum
from secrets import token_bytes
from typing import Annotated
from uuid import UUID, uuid4

import typer
from rich.table import Table
from sqlalchemy import Connection

from consent import service
from consent.errors import ConsentError
from consent.instants import rfc3339
from consent.model import Actor, ConsentVersion, Event
from consent.service import Change
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.consent_prohibit import CHANNEL
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.persons import Person, ResidentOption, person
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock


class Measure(StrEnum):
    """What an authority can do to a consent."""

    REVOKE = "revoke"
    INVALIDATE = "invalidate"
    SUSPEND = "suspend"
    RESUME = "resume"


def list_consents(
    *,
    resident: ResidentOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show every answer of a person, and how it stands, the newest first.

    Example: mynasim consent list --resident sato-hanako
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        who = person(database, settings, resident)
        found = database.run(_answers, who.resident_id)
    table = Table("arrangement", "no.", "app", "status", "by", "categories", "until")
    for one in found:
        cells = (
            str(one.arrangement_id),
            str(one.number),
            one.app_name,
            one.status(now).value,
            one.state_by.value,
            " ".join(sorted(one.terms.categories)),
            rfc3339(one.terms.valid_until),
        )
        table.add_row(*map(plain, cells))
    documents: list[dict[str, object]] = [
        {
            "arrangement": str(one.arrangement_id),
            "consent_version": str(one.id),
            "number": one.number,
            "app": one.app_id,
            "app_name": one.app_name,
            "status": one.status(now).value,
            "by": one.state_by.value,
            "since": rfc3339(one.state_since),
            "categories": sorted(one.terms.categories),
            "valid_until": rfc3339(one.terms.valid_until),
        }
        for one in found
    ]
    say(documents, table if found else f"{resident} has answered nobody.", json)


def change(  # noqa: PLR0913, PLR0917  one parameter per option
    measure: Annotated[Measure, typer.Argument(help="What to do to it.")],
    arrangement: Annotated[UUID, typer.Argument(help="As `consent list` shows it.")],
    resident: ResidentOption,
    reason: Annotated[str, typer.Option(help="Why, for the person to read.")],
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Revoke, invalidate, suspend or resume a consent, as an authority does.

    Example: mynasim consent change revoke 0f0e0d0c-0b0a-4908-8706-050403020100
    --resident sato-hanako --reason "API利用の取消し"
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        who = person(database, settings, resident)
        current = database.run(service.newest, who.resident_id, arrangement)
        if current is None:
            raise CommandError(
                f"no such consent; see `mynasim consent list --resident {resident}`"
            )
        wish = _wish(measure, current, who, reason)
        try:
            changed = database.run(service.change, wish, now, token_bytes)
        except ConsentError as error:
            raise CommandError(str(error)) from None
    status = changed.status(now).value
    document = {"arrangement": str(arrangement), "status": status, "reason": reason}
    say(document, f"The consent is {status} now.", json)


def _answers(connection: Connection, resident_id: UUID) -> list[ConsentVersion]:
    histories = service.of_resident(connection, resident_id)
    return [version for history in histories for version in history.versions]


def _wish(measure: Measure, current: ConsentVersion, who: Person, reason: str) -> Change:
    return Change(
        event=Event(measure.value),
        key=uuid4(),
        resident_id=who.resident_id,
        arrangement_id=current.arrangement_id,
        version_id=current.id,
        channel=CHANNEL,
        holder=who.holder,
        actor=Actor.AUTHORITY,
        reason=reason,
    )
