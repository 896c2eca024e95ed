"""`mynasim card list`: the readers, and what is in them."""

from rich.table import Table

from card_reader import pcsc
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.errors import CardError, ReaderBusyError, StatusError
from card_reader.pcsc import Slot
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.options import JsonOption

_SAID = {
    "empty": "empty",
    "busy": "in use by another program",
    "simulated": "a simulated card",
    "unmarked": "a JPKI card without the simulation mark: it may be a real one",
    "other": "a card without the JPKI application",
    "silent": "a card that does not answer",
}
_NOTHING = (
    "There is no card reader. Connect one, or put an emulated card in a virtual one with"
    " `mynasim card present FILE`."
)


def list_readers(json: JsonOption = False) -> None:
    """Show the readers and what is in them. Reads nothing that names a person; spends no try.

    Example: mynasim card list
    """
    found = {slot.name: content(slot) for slot in pcsc.slots()}
    table = Table("reader", "what is in it", box=None, pad_edge=False)
    for name, what in found.items():
        table.add_row(plain(name), _SAID[what])
    document = [{"reader": name, "card": what} for name, what in found.items()]
    say(document, table if found else _NOTHING, json)


def content(slot: Slot) -> str:
    """What a reader holds: a key of the table above."""
    if not slot.holds_card:
        return "empty"
    try:
        with pcsc.opened(slot.name) as reader:
            return "simulated" if Jpki(Session(reader)).is_simulation() else "unmarked"
    except ReaderBusyError:
        return "busy"
    except StatusError:
        return "other"
    except CardError:
        return "silent"
