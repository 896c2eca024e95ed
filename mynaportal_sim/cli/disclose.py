"""`mynasim disclose`: data without consent, for an authority whom a law lets have them."""

import asyncio
import json as json_text
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from secrets import token_bytes
from typing import Annotated
from uuid import UUID, uuid4

import typer

from consent.catalogue import LegalBasis
from consent.errors import ConsentError
from consent.instants import rfc3339
from consent.service import research
from consent.service.without import Call, Continuation, Opening, Subject
from consent.without import RULES, Refused, Wish
from mynaportal_sim import keys
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.disclose_bases import bases
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.persons import Person, ResidentOption, person
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.phr.render import View
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.records.access import Door
from mynaportal_sim.records.lawful import Handed, policy_of
from mynaportal_sim.settings import Settings

app = typer.Typer(
    help="Get a person's data without consent, where a law provides (同意によらない提供).",
    no_args_is_help=True,
)
app.command()(bases)

_BASES = {basis.value: basis for basis in RULES}


def _basis(text: str) -> LegalBasis:
    if (found := _BASES.get(text.upper())) is None:
        raise typer.BadParameter(f"{text!r} is none; `mynasim disclose bases` lists all")
    return found


AuthorityOption = Annotated[
    str, typer.Option(metavar="NAME", help="The authority, by its name.")
]
OfficerOption = Annotated[str, typer.Option(metavar="ID", help="The officer who looks.")]


@app.command()
def records(  # noqa: PLR0913  one parameter per option
    *,
    resident: ResidentOption,
    basis: Annotated[
        LegalBasis,
        typer.Option(parser=_basis, metavar="BASIS", help="As `disclose bases` lists them."),
    ],
    authority: AuthorityOption,
    officer: OfficerOption,
    reason: Annotated[str, typer.Option(help="Why, for the person and the reviewer to read.")],
    category: Annotated[
        list[str], typer.Option(help="A kind of data, such as medication; repeat for several.")
    ],
    hours: Annotated[
        int, typer.Option(min=1, max=10_000, help="For how long the officer may look.")
    ] = 1,
    told_after_days: Annotated[
        int, typer.Option(min=0, max=10_000, help="How many days later the person is told.")
    ] = 0,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Open a case and hand over what it reaches; it is logged, told to the person and reviewed.

    Example: mynasim disclose records --resident sato-hanako --basis BREAK-GLASS
    --authority 東京消防庁 --officer 救急隊員0417 --category medication
    --reason "意識のない状態で搬送中。服用中の薬と禁忌を知る必要がある"
    """
    known = catalogue().categories
    if unknown := set(category) - set(known):
        raise CommandError(f"{min(unknown)} is unknown; choose of {', '.join(known)}")
    settings = settings_of(data=data, db=db)
    wish = Wish(
        basis=basis,
        authority=authority,
        officer=officer,
        reason=reason,
        categories=frozenset(category),
        lasts=timedelta(hours=hours),
        told_after=timedelta(days=told_after_days),
    )
    with opened(settings) as database:
        who = person(database, settings, resident)
        call = Opening(Subject(*who), uuid4(), wish, _now(settings))
        _answer(_handed(database, settings, who, call), json)


@app.command()
def again(
    case: Annotated[UUID, typer.Argument(help="The number of the case.")],
    *,
    resident: ResidentOption,
    officer: OfficerOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Look again under a case that has not run out; that is logged, too.

    Example: mynasim disclose again 0f0e0d0c-0b0a-4908-8706-050403020100
    --resident sato-hanako --officer 救急隊員0417
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        who = person(database, settings, resident)
        call = Continuation(Subject(*who), case, officer, _now(settings))
        _answer(_handed(database, settings, who, call), json)


@app.command()
def notify(
    *,
    resident: ResidentOption,
    authority: AuthorityOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Notify a person that their medical data may go to research, unless they object.

    Example: mynasim disclose notify --resident sato-hanako --authority 認定作成事業者
    """
    settings = settings_of(data=data, db=db)
    now = _now(settings)
    with opened(settings) as database:
        who = person(database, settings, resident)
        new = database.run(research.notify, who.holder, authority, now, token_bytes)
    from_ = now + policy_of(settings).notice_beforehand
    said = "The person is notified." if new else "The person was notified before."
    document: dict[str, object] = {"notified": new}
    if new:
        document["usable_from"] = rfc3339(from_)
        said = f"{said} Without an objection, data may go out from {rfc3339(from_)} on."
    say(document, said, json)


@dataclass(frozen=True, slots=True)
class _Answered:
    """What the gate answered, and by which names the authority knows the records."""

    answer: Handed | Refused
    resident_id: UUID
    pseudonyms: Pseudonyms


def _handed(database: Database, settings: Settings, who: Person, call: Call) -> _Answered:
    door = Door(database, policy_of(settings), token_bytes)
    try:
        answer = asyncio.run(door.without_consent(call))
    except ConsentError as error:
        raise CommandError(str(error)) from None
    return _Answered(answer, who.resident_id, keys.pseudonyms(settings.keys))


def _answer(answered: _Answered, json: bool) -> None:
    answer = answered.answer
    if isinstance(answer, Refused):
        objection = answer.objection
        document: dict[str, object] = {"refused": objection.value, "ja": objection.sentence_ja}
        say(document, f"Refused ({objection.value}): {objection.sentence_en}", json)
        raise typer.Exit(1)
    case = answer.case
    resources = _resources(answer, answered)
    counted = Counter(str(one["resourceType"]) for one in resources)
    document = {
        "case": str(case.id),
        "legal_basis": case.basis.value,
        "unverified": case.basis.unverified,
        "until": rfc3339(case.until),
        "told_from": rfc3339(case.told_from),
        "review_by": rfc3339(case.review_by),
        "records": resources,
    }
    said = (
        f"Case {case.id} is open until {rfc3339(case.until)}.\n"
        f"Handed over: {', '.join(f'{count} {name}' for name, count in counted.items())}"
        " (--json prints them).\n"
        f"The person is told from {rfc3339(case.told_from)} on; "
        f"somebody else reviews it by {rfc3339(case.review_by)}."
    )
    say(document, said, json)


def _resources(answer: Handed, answered: _Answered) -> list[dict[str, object]]:
    """The records as FHIR, by names that only this authority knows them by."""
    reader = f"authority/{answer.case.authority}"
    view = View(answered.resident_id, partial(answered.pseudonyms.logical_id, reader), "")
    return [json_text.loads(view.resource(one, answer.hidden)) for one in answer.records]


def _now(settings: Settings) -> datetime:
    return Clock(settings.clock).now().replace(microsecond=0)
