"""What `mynasim up` says once the portal is there: where it is, and who can log in how."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Group
from rich.table import Table
from rich.text import Text

from card_reader.emulator import store
from card_reader.emulator.references import JPKI_PIN
from card_reader.errors import CardFileError
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.residents.model import CardState, Resident
from mynaportal_sim.settings import Mode, Settings
from mynaportal_sim.tls import store as certificates


class Person(NamedTuple):
    """A persona with the PIN that their card has now: None where there is no card to read."""

    resident: Resident
    pin: str | None
    state: str

    @classmethod
    def of(cls, resident: Resident, settings: Settings) -> "Person":
        """The persona with the card in the portal's folder."""
        state = resident.card.state
        try:
            held = store.secret(settings.cards / f"{resident.persona}.json", JPKI_PIN)
        except CardFileError:
            return cls(resident, None, "no card")
        if not held.tries:
            state = CardState.PIN_LOCKED
        elif state is CardState.PIN_LOCKED:
            state = CardState.GOOD
        return cls(resident, held.value, "" if state is CardState.GOOD else state.value)


def announce(
    settings: Settings, residents: Sequence[Resident], app: str | None, json: bool
) -> None:
    """Say where the portal and the app at the URL `app` are, and who can log in."""
    shown = residents if settings.mode is Mode.DEV else []
    people = [Person.of(one, settings) for one in shown]
    app_url = None if app is None else f"{app}/"
    address = Text(f"\n{settings.issuer}/", "bold")
    place = Text(f"   (data in {settings.data}; stop with Ctrl-C)\n")
    beside = Text.assemble((app_url or "", "bold"), "   (a private app to connect)\n")
    trust = Text("`mynasim tls trust` has browsers and programs take its certificate\n")
    more = [*([beside] if app_url else []), *([trust] if settings.tls else [])]
    text = Group(address + place, *more, _table(people))
    root = certificates.root_file(settings.certificates) if settings.tls else None
    document = {
        "url": settings.issuer,
        "sample_app_url": app_url,
        "root": root and str(root),
        "personas": [
            {
                "id": one.resident.persona,
                "name": one.resident.name.full,
                "pin": one.pin,
                "note": one.resident.note_en,
            }
            for one in people
        ],
    }
    say(document, text, json)


def _table(people: Sequence[Person]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=bool(people))
    for heading in ("persona", "name", "PIN", "card", "what for"):
        table.add_column(heading)
    for one in people:
        resident = one.resident
        cells = (
            resident.persona,
            resident.name.full,
            one.pin or "",
            one.state,
            resident.note_en,
        )
        table.add_row(*map(plain, cells))
    return table
