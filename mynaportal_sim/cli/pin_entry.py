"""How a PIN gets from a person to the card: typed unseen, or through a file descriptor."""

import sys
from getpass import getpass
from typing import Annotated

import typer

from card_reader.client.jpki import Jpki
from card_reader.client.pin import Reference
from card_reader.errors import LastTryError, MalformedPinError, PinBlockedError
from card_reader.hardening import keep_pins_out_of_dumps
from card_reader.spec import Kind, PinRule
from card_reader.status import SW
from mynaportal_sim.cli.failures import CommandError

PinOption = Annotated[
    str | None,
    typer.Option(
        "--pin", metavar="PIN", help="The PIN or password; without it, you are asked."
    ),
]
PinDescriptorOption = Annotated[
    int | None,
    typer.Option("--pin-fd", metavar="N", min=0, help="Read it from this file descriptor."),
]


def verify(jpki: Jpki, kind: Kind, given: str | None, descriptor: int | None) -> None:
    """Verify the PIN of `kind`: `given`, or a line from `descriptor`, or what a person types.

    Tries are asked for first. With one left a person must type "yes"; without a terminal it
    stops there. For a card without the simulation mark the PIN itself must be typed, after a
    "yes": no script shall spend the tries of a real card.

    Raises:
        PinBlockedError: no try is left; nothing was asked.
        LastTryError: one is left and nobody has confirmed.
        MalformedPinError: the PIN cannot be right; it was not sent.
        WrongPinError: it was wrong.
        CommandError: `descriptor` cannot be read, or the card may be a real one and nobody is
            there to confirm and type its PIN.
    """
    reference = jpki.reference(kind)
    left = some_tries(reference)
    if not jpki.is_simulation():
        _demand_a_person(given is None and descriptor is None)
    confirm_last(reference.rule, left)
    pin = entered(reference.rule, left, given, descriptor)
    reference.verify(pin, allow_last_try=left == 1)


def some_tries(reference: Reference) -> int:
    """How many tries a PIN has left. Raises PinBlockedError if there is none."""
    left = reference.tries()
    if not left:
        raise PinBlockedError(SW.REFERENCE_DATA_UNUSABLE)
    return left


def confirm_last(rule: PinRule, left: int) -> None:
    """Raises LastTryError if one try is left and nobody at a terminal says "yes"."""
    if left == 1 and not _confirmed(_LAST_TRY.format(rule)):
        raise LastTryError


def entered(rule: PinRule, left: int, given: str | None, descriptor: int | None) -> str:
    """`given`, or a line from `descriptor`, or what a person types unseen."""
    keep_pins_out_of_dumps()
    if given is not None:
        return given
    if descriptor is not None:
        return _line_of(descriptor)
    return getpass(_PROMPT.format(rule, left, ""))


def optional(rule: PinRule, left: int, hint: str = "") -> str:
    """What a person types unseen, perhaps nothing; `hint` follows the description."""
    keep_pins_out_of_dumps()
    return getpass(f"[Enter: 省略 skip] {_PROMPT.format(rule, left, hint)}")


_PROMPT = "{0.name_ja} ({0.name}: {0.description}{2}; tries left: {1}): "


def chosen(rule: PinRule, given: str | None, descriptor: int | None) -> str:
    """A new value for a PIN; a person types it twice, unseen.

    Raises:
        CommandError: the two differ, or nobody is there to type it.
        MalformedPinError: it has not the form that the card demands.
    """
    keep_pins_out_of_dumps()
    if given is not None or descriptor is not None:
        new = given if given is not None else _line_of(descriptor or 0)
    elif not sys.stdin.isatty():
        raise CommandError("nobody is here to choose a PIN; give it with --new-pin-fd")
    else:
        new = getpass(f"新しい{rule.name_ja} (new {rule.name}: {rule.description}): ")
    if not rule.accepts(rule.normalised(new)):
        raise MalformedPinError(f"The {rule.name} has {rule.description}.")
    if given is None and descriptor is None and getpass("もう一度 (again): ") != new:
        raise CommandError("the two entries differ; nothing was changed")
    return new


_LAST_TRY = """{0.name_ja} ({0.name}): one try is left.
あと1回間違えるとロックされます。A wrong entry blocks it."""
_REAL_CARD = """This card does not carry the simulation mark: it may be a real one.
実物のマイナンバーカードの可能性があります。間違えた回数はカードに残ります。"""


def _demand_a_person(to_be_typed: bool) -> None:
    if not to_be_typed:
        raise CommandError(
            "this card does not carry the simulation mark, so it may be a real one: its PIN is"
            " taken from the terminal only; leave out --pin and --pin-fd"
        )
    if not _confirmed(_REAL_CARD):
        raise CommandError(
            "this card does not carry the simulation mark, and nobody has confirmed that its"
            " PIN shall be used; repeat the command in a terminal and type yes"
        )


def _confirmed(warning: str) -> bool:
    if not sys.stdin.isatty():
        return False
    typer.echo(warning, err=True)
    typer.echo('続けるには yes と入力 / type "yes" to go on: ', nl=False, err=True)
    return sys.stdin.readline().strip() == "yes"


def _line_of(descriptor: int) -> str:
    try:
        with open(descriptor, encoding="utf-8", errors="replace", closefd=False) as lines:
            return lines.readline().rstrip("\r\n")
    except OSError as error:
        raise CommandError(
            f"File descriptor {descriptor} cannot be read ({error.strerror}); "
            "open it for the command, as in --pin-fd 3 3<FILE."
        ) from None
