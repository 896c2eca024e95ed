"""`mynasim card change-pin`: give a PIN of a card another value."""

from collections.abc import Callable, Sequence
from enum import StrEnum, unique
from typing import Annotated

import typer

from card_reader.client.common import Common
from card_reader.client.jpki import Jpki
from card_reader.client.juki import Juki
from card_reader.client.pin import Reference
from card_reader.client.session import Session
from card_reader.client.text import Text
from card_reader.errors import CommandRefusedError
from card_reader.hardening import keep_pins_out_of_dumps
from card_reader.spec import Kind
from mynaportal_sim.cli import pin_entry
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.card_source import CardOption, ReaderOption, presented
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import JsonOption
from mynaportal_sim.cli.pin_entry import PinDescriptorOption, PinOption


@unique
class Changeable(StrEnum):
    """The PINs that a person may change."""

    AUTH = "auth"
    SIGNING = "signing"
    TEXT = "text"
    REGISTER = "register"


Place = Callable[[Session], Reference]
"""Selects an application and names its PIN."""

_PLACES: dict[Changeable, Sequence[Place]] = {
    Changeable.AUTH: (lambda session: Jpki(session).reference(Kind.USER_AUTHENTICATION),),
    Changeable.SIGNING: (lambda session: Jpki(session).reference(Kind.SIGNING),),
    Changeable.TEXT: (lambda session: Text(session).pin,),
    Changeable.REGISTER: (
        lambda session: Juki(session).pin,
        lambda session: Common(session).pin,
    ),
}
"""Where each lies: that of the register is one for its holder, but two for the card."""


def change_pin(  # noqa: PLR0913  options of a command
    *,
    kind: Annotated[Changeable, typer.Option("--kind", help="Which PIN.")] = Changeable.AUTH,
    card: CardOption = None,
    reader: ReaderOption = None,
    pin: PinOption = None,
    pin_fd: PinDescriptorOption = None,
    new_pin: Annotated[
        str | None,
        typer.Option(
            "--new-pin", metavar="PIN", help="The new one; without it, you are asked."
        ),
    ] = None,
    new_pin_fd: Annotated[
        int | None,
        typer.Option("--new-pin-fd", metavar="N", min=0, help="Read it from this descriptor."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Change a PIN of a card: the present one is asked for, then the new one twice.

    The tries left are shown first. Nothing is sent before the new PIN has its form, so that
    a slip costs no try. A card without the simulation mark is left alone.

    Examples:

    mynasim card change-pin --card hanako.json

    mynasim card change-pin --card hanako.json --kind register
    """
    keep_pins_out_of_dumps()
    with presented(card, reader) as transport:
        session = Session(transport)
        _demand_simulation(session, kind)
        places = _PLACES[kind]
        tries = [pin_entry.some_tries(place(session)) for place in places]
        reference, left = places[0](session), min(tries)
        pin_entry.confirm_last(reference.rule, left)
        current = pin_entry.entered(reference.rule, left, pin, pin_fd)
        new = pin_entry.chosen(reference.rule, new_pin, new_pin_fd)
        _change(session, places, current, new, last=left == 1)
    said = f"{reference.rule.name_ja}を変更しました。 The {reference.rule.name} was changed."
    say({"kind": kind.value, "changed": True}, said, json)


def _demand_simulation(session: Session, kind: Changeable) -> None:
    jpki = Jpki(session)
    if not jpki.is_simulation():
        raise CommandRefusedError(
            "This card does not carry the simulation mark: its PINs are not changed from here."
        )
    if kind is Changeable.SIGNING and not jpki.holds(Kind.SIGNING):
        raise CommandError("this card has no signing certificate, so no password for one")


def _change(
    session: Session, places: Sequence[Place], current: str, new: str, *, last: bool
) -> None:
    """Verify the present PIN wherever it lies before any of it is changed."""
    if len(places) > 1:
        for place in places:
            place(session).verify(current, allow_last_try=last)
    for place in places:
        place(session).change(current, new, allow_last_try=last)
