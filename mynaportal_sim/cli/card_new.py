"""`mynasim card new`: another card, as the municipal counter would issue it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from secrets import token_bytes
from typing import Annotated

import typer

from card_reader.spec import AUTHENTICATION_PIN, SIGNING_PASSWORD, CardKind, PinRule
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.settings import Mode

DEFAULT_PERSONA = "sato-hanako"
_KINDS: Mapping[CardKind, str] = {
    CardKind.CARD: "a card",
    CardKind.PHONE: "a phone",
    CardKind.NO_PIN: "a card without a PIN",
    CardKind.NEXT: "a hypothetical next card",
}

_PinOption = Annotated[
    str | None, typer.Option("--pin", metavar="PIN", help=AUTHENTICATION_PIN.description)
]
_PasswordOption = Annotated[
    str | None,
    typer.Option("--password", metavar="PASSWORD", help=SIGNING_PASSWORD.description),
]
_CardKindOption = Annotated[
    CardKind,
    typer.Option(
        "--kind",
        help="Today's, the certificates in a phone, one that needs no PIN, or a hypothetical "
        "next one with keys on P-384.",
    ),
]


def new(  # noqa: PLR0913, PLR0917  options of a command
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The card file to make.")],
    persona: Annotated[
        str, typer.Option("--persona", metavar="ID", help="Whose card.")
    ] = DEFAULT_PERSONA,
    pin: _PinOption = None,
    password: _PasswordOption = None,
    kind: _CardKindOption = CardKind.CARD,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Issue another card to a persona, as the municipal counter would.

    All applications are put on it. A child under 15 gets no signing certificate.

    Example: mynasim card new --out card.json --persona sato-hanako --pin 1234 --password ABC123
    """
    _check_target(out)
    pin = _checked(AUTHENTICATION_PIN, pin)
    password = _checked(SIGNING_PASSWORD, password)
    # The other commands of this noun need no portal.
    from mynaportal_sim import world  # noqa: PLC0415
    from mynaportal_sim.issuing.cards import FAMILIES  # noqa: PLC0415
    from mynaportal_sim.issuing.counter import counter_of, issue_card  # noqa: PLC0415
    from mynaportal_sim.issuing.errors import NotEntitledError  # noqa: PLC0415

    settings = settings_of(data=data, db=db)
    if settings.mode is Mode.STRICT:
        raise CommandError("In strict mode there are no emulated cards; use dev mode for them.")
    now = Clock(settings.clock).now()
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    resident = world.settle(settings, persona, now)
    wanted = resident.card
    wanted = replace(wanted, pin=pin or wanted.pin, password=password or wanted.password)
    counter = counter_of(settings, now, token_bytes, [FAMILIES[kind]])
    with opened(settings) as database:
        try:
            issue_card(database, counter, replace(resident, card=wanted), out, now, kind)
        except NotEntitledError as error:
            raise CommandError(str(error)) from None
    described = {"card": str(out), "persona": persona, "kind": kind.value}
    say(described, f"{out}: {_KINDS[kind]} of {persona}", json)


def _check_target(out: Path) -> None:
    if out.exists():
        raise CommandError(f"{out} exists; name another file, or remove it first.")
    if not out.parent.is_dir():
        raise CommandError(f"{out.parent} is no folder; make it first, or name another file.")


def _checked(rule: PinRule, given: str | None) -> str | None:
    meant = None if given is None else rule.normalised(given)
    if meant is not None and not rule.accepts(meant):
        raise CommandError(f"The {rule.name} must have {rule.description}; give another.")
    return meant
