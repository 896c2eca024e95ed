"""`mynasim app declare`, `review` and `declarations`: what an app wants, why, who looked."""

from datetime import datetime
from secrets import token_bytes
from typing import Annotated

import typer
from rich.text import Text

from consent.instants import rfc3339
from mynaportal_sim.apps import registration, service, texts
from mynaportal_sim.apps.model import DeclaredVersion
from mynaportal_sim.apps.registration import DEFAULT_PURPOSE
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.oauth.scopes import SCOPES

ClientArgument = Annotated[str, typer.Argument(help="The app, as `mynasim app list` names it.")]


def declare(  # noqa: PLR0913, PLR0917  one parameter per option
    client_id: ClientArgument,
    purpose_text: Annotated[str, typer.Option(help="The purpose in the app's words.")],
    purpose: Annotated[str, typer.Option(help="The purpose's code.")] = DEFAULT_PURPOSE,
    scope: Annotated[
        list[str],
        typer.Option(help="All it may ask for from now on; repeat. [default: as before]"),
    ] = [],  # noqa: B006  typer copies it
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Declare anew what an app wants and why: whoever agreed before is asked again.

    From the next access on the app is refused with purpose_changed until it has asked.

    Example: mynasim app declare app-1234 --purpose-text "健診結果の推移をグラフで表示するため"
    """
    scopes = " ".join(scope).split()
    registration.known("--purpose", (purpose,), catalogue().purposes)
    registration.known("--scope", scopes, SCOPES)
    texts.concrete(purpose_text)
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    wish = service.Declaration(client_id, purpose, purpose_text, frozenset(scopes))
    with opened(settings) as database:
        declared = database.run(service.declare, wish, now, token_bytes)
    document: dict[str, object] = {
        "client_id": client_id,
        "purpose": declared.code,
        "purpose_text": declared.text,
        "purpose_version": declared.version,
        "purpose_text_sha256": declared.text_sha256,
    }
    say(document, f"{client_id} declares version {declared.version}: {declared.text}", json)


def review(
    client_id: ClientArgument,
    version: Annotated[int, typer.Option(help="Of the declaration, as `declare` says it.")],
    by: Annotated[str, typer.Option(help="Who has reviewed it, for people to read.")],
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Enter who has reviewed what an app declares: people who are asked read the name.

    A declaration of later is reviewed anew; until then the page says that nobody has.

    Example: mynasim app review app-1234 --version 1 --by "模擬審査会"
    """
    texts.named("--by", by)
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        app = database.run(service.review, client_id, version, by, now, token_bytes)
    document: dict[str, object] = {
        "client_id": client_id,
        "purpose_version": version,
        "reviewer": app.reviewer,
    }
    say(document, f"Version {version} of {client_id} is reviewed by {by}.", json)


def declarations(
    client_id: ClientArgument,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show all that an app has ever declared, and who reviewed it; the last holds now.

    Example: mynasim app declarations app-1234
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        found = database.run(service.every_declaration, client_id)
    lines = [plain(line) for one in found for line in _lines(one)]
    say([one.plain for one in found], Text("\n").join(lines), json)


def _lines(one: DeclaredVersion) -> tuple[str, str, str]:
    review = "reviewed by nobody"
    if one.reviewer:
        review = f"reviewed by {one.reviewer}, {_when(one.reviewed_at)}"
    return (
        f"version {one.purpose.version}, declared {_when(one.declared_at)}, {review}",
        f"  {one.purpose.code}: {one.purpose.text}",
        f"  {' '.join(sorted(one.scopes))}",
    )


def _when(instant: datetime | None) -> str:
    return "nobody kept when" if instant is None else f"at {rfc3339(instant)}"
