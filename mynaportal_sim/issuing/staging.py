"""What an event writes on a card, kept beside it until the registers know of the event.

So a crash at any moment leaves the old card with old registers, or the new one with new ones
as soon as somebody looks: `finish` puts on the card what belongs to an event that has happened,
and drops what belongs to none. Whoever looks while an event happens waits for its end.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from glob import escape
from pathlib import Path
from uuid import UUID

from card_reader.emulator.disk import locked
from card_reader.emulator.personalise import CardData, settle_card, stage_card
from mynaportal_sim.database import Database
from mynaportal_sim.issuing import holdings

FOLDER = "staged"


@contextmanager
def writing(
    target: Path, event_id: UUID, data: CardData, before: CardData | None
) -> Iterator[None]:
    """Write `data` on the card file `target` once the event has happened, which is in here.

    Args:
        before: what the same card held as the event was made; None where it is another card.

    Raises:
        CardFileError: the file cannot be written.
    """
    place = _place(target, event_id)
    for folder in (target.parent, place.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(target):
        stage_card(place, data, before)
        yield
        _settle(place, target)


def finish(database: Database, target: Path) -> None:
    """Write what was staged for `target` by a process that died, as far as it has happened.

    Raises:
        CardFileError: a file is damaged, or cannot be written.
    """
    if next(_staged(target), None) is None:
        return
    with _alone(target):
        for staged, event_id in _staged(target):
            if database.run(holdings.has_happened, event_id):
                _settle(staged, target)
            _drop(staged)


def _settle(staged: Path, target: Path) -> None:
    settle_card(staged, target)
    _drop(staged)


def _alone(target: Path) -> AbstractContextManager[None]:
    """Let no other process or thread stage or settle for the same card."""
    return locked(_folder(target) / target.stem)


def _folder(target: Path) -> Path:
    return target.parent / FOLDER


def _place(target: Path, event_id: UUID) -> Path:
    return _folder(target) / f"{target.stem}.{event_id}.json"


def _drop(staged: Path) -> None:
    staged.unlink(missing_ok=True)
    staged.with_name(f"{staged.name}.lock").unlink(missing_ok=True)


def _staged(target: Path) -> Iterator[tuple[Path, UUID]]:
    for staged in sorted(_folder(target).glob(f"{escape(target.stem)}.*.json")):
        event_id = staged.stem.removeprefix(f"{target.stem}.")
        try:
            yield staged, UUID(event_id)
        except ValueError:
            continue
