"""`mynasim app login`: the part of a person with a card, for tests with no person."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.spec import Kind
from card_reader.transport import Transport
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.card_source import ReaderOption, presented
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DataOption, JsonOption, settings_of
from mynaportal_sim.cli.portal_client import portal_client, unreached
from mynaportal_sim.cli.second_browser import ALL, SecondBrowser
from mynaportal_sim.residents.model import DEFAULT_PASSWORD, DEFAULT_PIN
from mynaportal_sim.settings import Settings


def login(  # noqa: PLR0913  one parameter per option
    *,
    auth_url: Annotated[
        str, typer.Option(help="The URL to which the app would send the person's browser.")
    ],
    persona: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Whose card signs, unless another is named."),
    ] = None,
    consent: Annotated[
        str, typer.Option(metavar="all|none|CATEGORY,…", help="What the person answers.")
    ] = ALL,
    card: Annotated[
        Path | None, typer.Option(metavar="FILE", help="[default: the persona's in DIR]")
    ] = None,
    reader: ReaderOption = None,
    pin: Annotated[
        str, typer.Option(help="The emulated card's PIN.", show_default=False)
    ] = DEFAULT_PIN,
    sign: Annotated[
        Kind | None, typer.Option(help="Sign what is handed over, by this certificate.")
    ] = None,
    password: Annotated[
        str, typer.Option(help="The emulated card's signing password.", show_default=False)
    ] = DEFAULT_PASSWORD,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Log in with a persona's card, answer the consent page, print the final redirect URL.

    With --sign the card signs the answer too, so that its receipt proves it for years. Uses the
    portal's public HTTP and the card, and nothing else. With one try left it stops.

    Example: mynasim app login --auth-url "$URL" --persona sato-hanako --consent checkup
    """
    settings = settings_of(data=data)
    if persona is not None and card is None and reader is None:
        card = _card_of(settings, persona)
    secret = password if sign is Kind.SIGNING else pin
    answer = _Answer(consent, sign, secret)
    with presented(card, reader) as transport, portal_client(settings) as http:
        redirect = _walked(http, auth_url, transport, pin, answer)
    say({"redirect": redirect}, redirect, json)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the person answers, and by which certificate they sign it, if they do."""

    consent: str
    sign: Kind | None
    secret: str = field(repr=False)


def _walked(
    http: httpx.Client, auth_url: str, transport: Transport, pin: str, answer: _Answer
) -> str:
    parts = urlsplit(auth_url)
    portal = f"{parts.scheme}://{parts.netloc}"
    browser = SecondBrowser(http, portal)
    try:
        interaction = browser.open(auth_url)
        jpki = _simulated(transport)
        browser.log_in(jpki, pin, interaction)
        if answer.sign is None:
            return browser.answer(interaction, answer.consent)
        return browser.sign(interaction, answer.consent, jpki, answer.sign, answer.secret)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise CommandError("--auth-url is no http or https URL") from None
    except httpx.TransportError as error:
        raise CommandError(unreached(error, portal)) from None


def _simulated(transport: Transport) -> Jpki:
    jpki = Jpki(Session(transport))
    if not jpki.is_simulation():
        raise CommandError(
            "this card does not carry the simulation mark; `app login` uses simulated ones only"
        )
    return jpki


def _card_of(settings: Settings, persona: str) -> Path:
    path = settings.cards / f"{persona}.json"
    if not path.exists():
        known = ", ".join(sorted(one.stem for one in settings.cards.glob("*.json"))) or "none"
        raise CommandError(f"{settings.cards} has no card of {persona!r}; there are: {known}")
    return path
