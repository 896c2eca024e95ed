"""The agent as a small program of its own, which `mynasim agent run` becomes."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from card_reader.agent.cards import Cards, InFile, OnReaders
from card_reader.agent.login import Login
from card_reader.agent.pin import Asker
from card_reader.agent.run import run
from card_reader.agent.server import Clock
from card_reader.agent.settings import PinUi, Settings
from card_reader.agent.terminal import Descriptor, Terminal
from card_reader.agent.window_process import Windowed, lacking
from card_reader.errors import AgentError, CardError, PortTakenError

PORT_TAKEN = 3
"""Exit code where something listens on the port already."""


def main() -> None:
    """Run the agent that the one argument describes."""
    settings = Settings.from_json(sys.argv[1])
    try:
        cards, asker = cards_of(settings), asker_of(settings)
        by_keys = settings.pin_ui in {PinUi.AUTO, PinUi.PINPAD}
        login = Login(cards, asker, settings.version, by_keys, monotonic=monotonic)
        run(settings, login, Clock(lambda: datetime.now(UTC), monotonic), os.urandom)
    except CardError as error:
        sys.stderr.write(f"mynasim: {error}\n")
        sys.exit(PORT_TAKEN if isinstance(error, PortTakenError) else 1)


def cards_of(settings: Settings) -> Cards:
    """Where the cards are. Raises CardFileError for a file that is no card's."""
    if settings.card is None:
        return OnReaders(settings.reader)
    place = InFile(Path(settings.card))
    place.readers()
    return place


def asker_of(settings: Settings) -> Asker:
    """Whom to ask, and by what. Raises AgentError if that cannot be."""
    if settings.pin_fd is not None:
        if settings.card is None:
            raise AgentError(
                "--pin-fd is for emulated cards; a person types the PIN of one on a reader.",
                "Leave it out, or name an emulated card with --card.",
            )
        return Descriptor(settings.pin_fd)
    without = lacking()
    if settings.pin_ui == PinUi.WINDOW and without:
        raise AgentError(f"No window can be shown: {without}.", "Or say --pin-ui terminal.")
    return Terminal() if settings.pin_ui == PinUi.TERMINAL or without else Windowed()


if __name__ == "__main__":
    main()
