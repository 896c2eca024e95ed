"""What an event writes on a card, kept beside it until the registers know of the event.

So a crash at any moment leaves the old card with old registers, or the new one with new ones
as soon as somebody looks: `finish` puts on the card what belongs to an event that has happened,
and drops what belongs to none.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from card_reader.emulator.personalise import CardData, read_card, write_card
from mynaportal_sim.database import Database
from mynaportal_sim.issuing import holdings

FOLDER = "staged"


def stage(target: Path, event_id: UUID, data: CardData) -> None:
    """Keep what an event is to make of the card file `target`."""
    place = _place(target, event_id)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_card(place, data)


def settle(target: Path, event_id: UUID, data: CardData) -> None:
    """Write what was staged, now that the event has happened.

    From `data`, since whoever looked in between dropped what belonged to no event yet.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_card(target, data)
    _drop(_place(target, event_id))


def finish(database: Database, target: Path) -> None:
    """Write what was staged for `target` by a process that died, as far as it has happened.

    Raises:
        CardFileError: a file is damaged, or cannot be written.
    """
    for staged, event_id in _staged(target):
        if database.run(holdings.has_happened, event_id):
            data = read_card(staged)
            if not (target.exists() and _same(read_card(target), data)):
                settle(target, event_id, data)
        _drop(staged)


def _place(target: Path, event_id: UUID) -> Path:
    return target.parent / FOLDER / f"{target.stem}.{event_id}.json"


def _drop(staged: Path) -> None:
    staged.unlink(missing_ok=True)
    staged.with_name(f"{staged.name}.lock").unlink(missing_ok=True)


def _same(one: CardData, other: CardData) -> bool:
    """Whether two are one card, whatever tries it has left; keys are told by certificates."""
    return _told_by(one) == _told_by(other)


def _told_by(data: CardData) -> tuple[object, ...]:
    certificates = (data.auth_certificate, data.signing_certificate)
    contents = data.contents
    files = None if contents is None else (contents.text.files, contents.visual.files)
    return certificates, data.pin, data.password, files


def _staged(target: Path) -> Iterator[tuple[Path, UUID]]:
    for staged in sorted((target.parent / FOLDER).glob(f"{target.stem}.*.json")):
        event_id = staged.stem.removeprefix(f"{target.stem}.")
        try:
            yield staged, UUID(event_id)
        except ValueError:
            continue
