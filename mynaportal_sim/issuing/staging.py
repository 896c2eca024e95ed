"""What an event writes on a card, kept beside it until the registers know of the event.

So a crash at any moment leaves the old card with old registers, or the new one with new ones
as soon as somebody looks: `finish` puts on the card what belongs to an event that has happened,
and drops what belongs to none. Whoever looks while an event happens waits for its end.
A card file that cannot be read is never deleted: what takes its place sets it aside first.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from glob import escape
from pathlib import Path
from uuid import UUID

from card_reader.emulator.disk import locked, move
from card_reader.emulator.personalise import CardData, read_card, settle_card, stage_card
from card_reader.errors import CardFileError
from mynaportal_sim.database import Database
from mynaportal_sim.issuing import holdings

FOLDER = "staged"
_ASIDE = "damaged"


@contextmanager
def writing(
    target: Path, event_id: UUID, data: CardData, before: CardData | None
) -> Iterator[None]:
    """Write `data` on the card file `target` once the event has happened, which is in here.

    Args:
        before: what the same card held as the event was made; None where it is another card,
            after which nothing is written any more that was staged for the old one.

    Raises:
        CardFileError: the file cannot be written.
    """
    place = _place(target, event_id)
    for folder in (target.parent, place.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(target):
        stage_card(place, data, before)
        yield
        if before is None:
            for older in [staged for staged, _ in _staged(target) if staged != place]:
                _drop(older)
        _settle(place, target, event_id)


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
                _settle(staged, target, event_id)
            _drop(staged)


def set_aside(target: Path) -> tuple[str, ...]:
    """The names of files that lay where `target` does and could not be read, oldest first."""
    found = target.parent.glob(f"{escape(target.name)}.*.{_ASIDE}")
    return tuple(sorted(one.name for one in found))


def _settle(staged: Path, target: Path, event_id: UUID) -> None:
    _make_room(target, event_id)
    settle_card(staged, target)
    _drop(staged)


def _make_room(target: Path, event_id: UUID) -> None:
    """Give a file that is no sound card a name of its own."""
    with locked(target):
        try:
            if target.exists():
                read_card(target)
        except CardFileError:
            move(target, target.with_name(f"{target.name}.{event_id}.{_ASIDE}"))


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
