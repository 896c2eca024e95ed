"""Which card a command works on: an emulated one in a file, or one that lies on a reader."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from card_reader import pcsc
from card_reader.transport import Powered
from mynaportal_sim.cli.failures import CommandError

CARD_VARIABLE = "MYNASIM_CARD"
READER_VARIABLE = "MYNASIM_READER"

_NAME_ONE = (
    "name a card: --card FILE for an emulated one (`mynasim card new` makes one), or"
    " --reader NAME for one on a reader (`mynasim card list` shows them)"
)
CardOption = Annotated[
    Path | None,
    typer.Option(
        "--card", metavar="FILE", help=f"An emulated card's file. [env: {CARD_VARIABLE}]"
    ),
]
ReaderOption = Annotated[
    str | None,
    typer.Option(
        "--reader",
        metavar="NAME",
        help=f"The card on this reader; part of its name will do. [env: {READER_VARIABLE}]",
    ),
]


@contextmanager
def presented(card: Path | None, reader: str | None) -> Iterator[Powered]:
    """The one card that the options, or else the environment, name.

    Raises:
        CommandError: both are named, or neither.
        CardError: it cannot be used.
    """
    if card is None and reader is None:
        card, reader = from_environment()
    if card is not None and reader is not None:
        raise CommandError("name one card: either --card FILE or --reader NAME")
    if card is not None:
        # Emulating takes more modules than any command that only names a card.
        from card_reader.emulator.card import Card  # noqa: PLC0415

        yield Card.load(card)
    elif reader is not None:
        with pcsc.opened(reader) as opened:
            yield opened
    else:
        raise CommandError(_NAME_ONE)


def only_card() -> str:
    """The reader that holds the only card there is.

    Raises:
        CommandError: there is none, or more than one.
        CardError: readers cannot be asked.
    """
    holding = [slot.name for slot in pcsc.slots() if slot.holds_card]
    if len(holding) == 1:
        return holding[0]
    found = f"{len(holding)} readers hold a card" if holding else "no reader holds a card"
    raise CommandError(f"{found}: {_NAME_ONE}")


def from_environment() -> tuple[Path | None, str | None]:
    """The card file or reader that MYNASIM_CARD or MYNASIM_READER names."""
    card, reader = os.environ.get(CARD_VARIABLE), os.environ.get(READER_VARIABLE)
    return Path(card) if card else None, reader or None
