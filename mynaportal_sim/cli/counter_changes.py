"""Events that bring something to the counter: a name, an address, a day, a PIN."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated

import typer

from mynaportal_sim.cli.counter_dealing import CardOption, PersonaArgument, deal, dev_settings
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption
from mynaportal_sim.cli.state import opened
from mynaportal_sim.issuing import telling
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.wishes import Wish
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Municipality, Name

CertifyOption = Annotated[
    bool, typer.Option("--certify", help="Have a new signing certificate issued with it.")
]
PinOption = Annotated[str | None, typer.Option(metavar="PIN", help="The new PIN, 4 digits.")]
PasswordOption = Annotated[
    str | None, typer.Option(metavar="PASSWORD", help="The new password for signatures.")
]


def _day(text: str) -> date:
    """A day as 2030-03-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write it as 2030-03-31") from None


_UNTIL = typer.Option(parser=_day, metavar="DAY", help="The last day of the period of stay.")
UntilOption = Annotated[date | None, _UNTIL]


def move(  # noqa: PLR0913  options of a command
    persona: PersonaArgument,
    *,
    address: Annotated[str, typer.Option(help="The new one, as the register writes it.")],
    municipality: Annotated[
        str | None, typer.Option(metavar="CODE", help="Where it lies, if not where it did.")
    ] = None,
    certify: CertifyOption = False,
    card: CardOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """The person moves: the signing certificate ends, the other one stays.

    Example: mynasim counter move sato-hanako --address 東京都清瀬市松風台４丁目５番 --certify
    """
    place = None if municipality is None else _municipality(municipality, data, db)
    wish = Wish(event=LifeEvent.MOVE, address=address, municipality=place, certify=certify)
    deal(persona, wish, (card, data, db, json))


def change_name(  # noqa: PLR0913  options of a command
    persona: PersonaArgument,
    *,
    family: Annotated[str, typer.Option(help="The family name from now on.")],
    given: Annotated[str, typer.Option(help="The given name from now on.")] = "",
    kana: Annotated[
        str | None, typer.Option(metavar="FAMILY,GIVEN", help="How it is read, in katakana.")
    ] = None,
    romaji: Annotated[
        str | None, typer.Option(metavar="FAMILY,GIVEN", help="The same in Latin letters.")
    ] = None,
    certify: CertifyOption = False,
    card: CardOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """The name changes: the signing certificate ends, the other one stays.

    A reading that is not given is not known from then on.

    Example: mynasim counter change-name sato-hanako --family 鈴木 --given 花 --kana スズキ,ハナ
    """
    wish = Wish(
        event=LifeEvent.CHANGE_NAME,
        name=Name(family, given),
        kana=None if kana is None else _name(kana),
        romaji=None if romaji is None else _name(romaji),
        certify=certify,
    )
    deal(persona, wish, (card, data, db, json))


def _with_new_pins(
    event: LifeEvent, promise: str, example: str = "sato-hanako --pin 4321"
) -> Callable[..., None]:
    """The command of an event with which PINs may be set, and a period of stay entered."""

    def command(  # noqa: PLR0913  options of a command
        persona: PersonaArgument,
        *,
        pin: PinOption = None,
        password: PasswordOption = None,
        until: UntilOption = None,
        card: CardOption = None,
        data: DataOption = None,
        db: DatabaseOption = None,
        json: JsonOption = False,
    ) -> None:
        wish = Wish(event=event, pin=pin, password=password, until=until)
        deal(persona, wish, (card, data, db, json))

    name = telling.name_of(event)
    command.__doc__ = f"{promise}\n\nExample: mynasim counter {name} {example}"
    return command


def unblock(  # noqa: PLR0913  options of a command
    persona: PersonaArgument,
    *,
    pin: PinOption = None,
    password: PasswordOption = None,
    text_pin: Annotated[
        str | None, typer.Option(metavar="PIN", help="The new one of 券面事項入力補助用.")
    ] = None,
    register_pin: Annotated[
        str | None, typer.Option(metavar="PIN", help="The new one of 住民基本台帳用.")
    ] = None,
    card: CardOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Set PINs or the password anew: all tries are there again, and nothing is blocked.

    Example: mynasim counter unblock kobayashi-sakura --pin 4321
    """
    wish = Wish(
        event=LifeEvent.UNBLOCK,
        pin=pin,
        password=password,
        text_pin=text_pin,
        register_pin=register_pin,
    )
    deal(persona, wish, (card, data, db, json))


def extend_permit(
    persona: PersonaArgument,
    *,
    until: Annotated[date, _UNTIL],
    card: CardOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """The period of stay is extended, and with it the card and new certificates.

    Example: mynasim counter extend-permit nguyen-van-an --until 2033-03-31
    """
    wish = Wish(event=LifeEvent.EXTEND_PERMIT, until=until)
    deal(persona, wish, (card, data, db, json))


def _with_password(event: LifeEvent, promise: str, example: str) -> Callable[..., None]:
    """The command of an event with which the password for signatures may be set."""

    def command(
        persona: PersonaArgument,
        *,
        password: PasswordOption = None,
        card: CardOption = None,
        data: DataOption = None,
        db: DatabaseOption = None,
        json: JsonOption = False,
    ) -> None:
        deal(persona, Wish(event=event, password=password), (card, data, db, json))

    name = telling.name_of(event)
    command.__doc__ = f"{promise}\n\nExample: mynasim counter {name} {example}"
    return command


COMMANDS: Mapping[LifeEvent, Callable[..., None]] = {
    LifeEvent.MOVE: move,
    LifeEvent.CHANGE_NAME: change_name,
    LifeEvent.ISSUE: _with_new_pins(
        LifeEvent.ISSUE,
        "Issue a card to somebody who has none, or has returned it.",
        "nguyen-van-an --until 2033-03-31",
    ),
    LifeEvent.REISSUE: _with_new_pins(
        LifeEvent.REISSUE, "Issue a new card in place of one; the old certificates are revoked."
    ),
    LifeEvent.ADD_PHONE: _with_new_pins(
        LifeEvent.ADD_PHONE, "Put certificates of their own on the person's phone."
    ),
    LifeEvent.UNBLOCK: unblock,
    LifeEvent.EXTEND_PERMIT: extend_permit,
    LifeEvent.COME_OF_AGE: _with_password(
        LifeEvent.COME_OF_AGE,
        "Issue the first signing certificate, from 15 years on.",
        "mori-hikari",
    ),
    LifeEvent.CERTIFY: _with_password(
        LifeEvent.CERTIFY,
        "Issue a new signing certificate after one that was revoked.",
        "ito-misaki",
    ),
}
"""The commands of events that take options, by their events."""


def _name(text: str) -> Name:
    family, _comma, given = text.partition(",")
    return Name(family.strip(), given.strip())


def _municipality(code: str, data: DataOption, db: DatabaseOption) -> Municipality:
    """A municipality in which somebody lives whom the portal knows.

    Raises:
        CommandError: nobody does.
    """
    with opened(dev_settings(data, db)) as database:
        people = database.run(residents.everyone)
    known = {one.municipality.code: one.municipality for one in people}
    if code not in known:
        listed = ", ".join(f"{one.code} {one.name}" for one in known.values())
        raise CommandError(f"there is no municipality {code} here; choose from {listed}")
    return known[code]
