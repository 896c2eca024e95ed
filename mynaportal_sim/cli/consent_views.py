"""`mynasim consent export` and `import`: a consent as other systems write it."""

import json as json_text
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from consent import service
from consent.instants import rfc3339
from consent.model import ConsentRule, ConsentVersion
from consent.model.plain import plain_terms
from consent.views.meaning import Understood
from consent.views.table import LOST
from mynaportal_sim import keys
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.persons import ResidentOption, person
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.disclosure import documents
from mynaportal_sim.disclosure.documents import Format

FormatOption = Annotated[
    Format,
    typer.Option(
        "--as", help="Whose format: HL7 FHIR R4, India's ABDM, Australia's CDR, SMART."
    ),
]


def export(
    resident: ResidentOption,
    format_: FormatOption,
    version: Annotated[
        UUID | None, typer.Argument(help="As `consent list --json` has it; else the newest.")
    ] = None,
    *,
    data: DataOption = None,
    db: DatabaseOption = None,
) -> None:
    """Print an answer of a person in another system's format, as JSON.

    What the format has no words for is left out where that gives less, and else is an error;
    `mynasim consent table --views` says which.

    Example: mynasim consent export --resident sato-hanako --as fhir
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        who = person(database, settings, resident)
        found = _answer(database, who.resident_id, version)
    if found is None:
        raise CommandError(
            f"no such answer; see `mynasim consent list --resident {resident} --json`"
        )
    told = documents.for_person(found, format_, keys.pseudonyms(settings.keys), now)
    typer.echo(json_text.dumps(told, ensure_ascii=False, indent=1))


def import_(
    file: Annotated[Path, typer.Argument(help="A consent as `consent export` writes it.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only say what it means; nothing else is offered.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Say what another system's consent means here, and what of it is not kept.

    What could be kept only by giving more is refused with its path. Nothing is stored: only
    the person consents.

    Example: mynasim consent import consent.json --check
    """
    if not check:
        raise CommandError("only a person consents; add --check to see what the file means")
    format_, understood = documents.meaning(_document(file))
    say(_plain(format_, understood), _shown(format_, understood), json)


def _answer(
    database: Database, resident_id: UUID, version: UUID | None
) -> ConsentVersion | None:
    histories = database.run(service.of_resident, resident_id)
    answers = [one for history in histories for one in history.versions]
    if version is None:
        return max(answers, key=lambda one: one.answered_at, default=None)
    return next((one for one in answers if one.id == version), None)


def _document(file: Path) -> object:
    """What a file holds. A member that is there twice would be read differently by others."""
    try:
        return json_text.loads(file.read_bytes(), object_pairs_hook=_members)
    except (ValueError, RecursionError):
        raise CommandError(f"{file} is no JSON, or names a member twice") from None


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is there twice")
    return members


def _plain(format_: Format, understood: Understood) -> dict[str, object]:
    terms = understood.terms
    return {
        "format": format_.value,
        "state": understood.state.value,
        "valid_from": rfc3339(terms.valid_from),
        "valid_until": rfc3339(terms.valid_until),
        "terms": plain_terms(terms),
        "uses": understood.uses,
        "ignored": list(understood.ignored),
        "lost": [loss._asdict() for loss in LOST[format_.value]],
    }


def _shown(format_: Format, understood: Understood) -> str:
    terms = understood.terms
    lines = [
        f"{format_.value}: read as {understood.state.value}",
        f"for {terms.purpose.code}: {terms.purpose.text}",
        f"to {', '.join(one.shown for one in terms.recipients)}, who may"
        f" {', '.join(sorted(terms.actions))}",
        f"from {rfc3339(terms.valid_from)} until {rfc3339(terms.valid_until)}",
        *map(_rule, terms.rules),
    ]
    if not terms.purpose.version:
        lines.append(
            "the purpose is not declared here: it gives nothing until it is, and agreed to"
        )
    lines += [f"not looked at: {path}" for path in understood.ignored]
    lines += [
        f"lost in this format: {loss.field} ({loss.becomes})" for loss in LOST[format_.value]
    ]
    return "\n".join(lines)


def _rule(rule: ConsentRule) -> str:
    days = f"{rule.period_from} to {rule.period_to}"
    if rule.rolling_days:
        days += f", the last {rule.rolling_days} days of it"
    held = [*rule.codes, *rule.labels, *map(str, rule.items)]
    only = f", only {' '.join(held)}" if held else ""
    return f"{rule.effect.value} {rule.category}, {days}{only}"
