"""The counter itself: a resident gets a card.

The register is written before the file: a crash in between leaves entries that no card uses,
never a card that nobody knows. Cards that exist are kept, entered where they are missing, and
completed where they were made before there was more to put on them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from card_reader.emulator.personalise import CardData, complete_card, read_card, write_card
from card_reader.spec import CardKind
from mynaportal_sim.database import Database
from mynaportal_sim.issuing import holdings, staging
from mynaportal_sim.issuing.cards import Counter
from mynaportal_sim.issuing.entitled import refused, replaceable, signing_card
from mynaportal_sim.issuing.errors import NotEntitledError
from mynaportal_sim.issuing.keys import Pool
from mynaportal_sim.issuing.register import register
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki import authority, card_issuer
from mynaportal_sim.pki.model import Family
from mynaportal_sim.residents.model import Resident
from mynaportal_sim.settings import Settings

PHONES = "phones"
"""The folder of what lies on phones, in that of the cards."""


def counter_of(
    settings: Settings,
    now: datetime,
    randomness: Randomness,
    families: Iterable[Family] = Family,
) -> Counter:
    """The counter alone; of these families, authorities that are missing are made."""
    directory = settings.authorities
    return Counter(
        authority.ensure(directory, now, randomness, families),
        settings.issuer,
        randomness,
        card_issuer.ensure(directory, now, randomness),
        ready_keys(settings),
        settings.ocsp_url,
    )


def ready_keys(settings: Settings) -> Pool:
    """Keys for cards to come, which were made ahead."""
    return Pool(settings.data / "ready-keys")


def issue_card(
    database: Database,
    counter: Counter,
    resident: Resident,
    path: Path,
    now: datetime,
    kind: CardKind = CardKind.CARD,
) -> CardData:
    """Make `path` a new card of `resident`, in place of any card that it held.

    What a phone holds is good until the card's signing certificate ends. A person has one
    phone: another takes its place.

    Raises:
        NotEntitledError: they can have no such card.
    """
    held = database.run(holdings.of_resident, resident.id)
    if (refusal := refused(resident, kind, held, now)) is not None:
        raise NotEntitledError(str(refusal))
    card = signing_card(held, now) if kind is CardKind.PHONE else None
    limit = card.signing.not_after if card is not None and card.signing is not None else None
    [keys] = counter.keys(1, kind)
    data = counter.make(resident, keys, now, kind, limit)
    database.run(register, counter.authorities, [(resident, data)], now)
    write_card(path, data)
    return data


def personalise_all(
    database: Database,
    counter: Counter,
    residents: Sequence[Resident],
    directory: Path,
    now: datetime,
) -> None:
    """See to it that each resident has a registered card, `<directory>/<persona>.json`.

    Keys, certificates, PINs and tries of cards that are there stay as they are; the dead, and
    whose last card was lost or returned, get no other.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = {resident.persona: directory / f"{resident.persona}.json" for resident in residents}
    for path in paths.values():
        staging.finish(database, path)
        staging.finish(database, directory / PHONES / path.name)
    lacking, left = lacking_cards(database, residents, directory)
    made = {
        resident.persona: counter.make(resident, keys, now)
        for resident, keys in zip(lacking, counter.keys(len(lacking)), strict=True)
    }
    cards = [
        (resident, made.get(resident.persona) or read_card(paths[resident.persona]))
        for resident in residents
        if resident not in left
    ]
    database.run(register, counter.authorities, cards, now)
    for persona, data in made.items():
        write_card(paths[persona], data)
    _complete(counter, cards, paths)


def lacking_cards(
    database: Database, residents: Iterable[Resident], directory: Path
) -> tuple[list[Resident], list[Resident]]:
    """Whose card's file is not there: those who get one, and those who stay without."""
    lacking: list[Resident] = []
    left: list[Resident] = []
    for resident in residents:
        if not (directory / f"{resident.persona}.json").exists():
            held = database.run(holdings.of_resident, resident.id)
            (lacking if replaceable(resident, held) else left).append(resident)
    return lacking, left


def _complete(
    counter: Counter, cards: Sequence[tuple[Resident, CardData]], paths: Mapping[str, Path]
) -> None:
    bare = [(resident, card) for resident, card in cards if counter.lacks_contents(card)]
    for (resident, card), keys in zip(bare, counter.keys(len(bare)), strict=True):
        contents = counter.completed(card, resident, keys.own).contents
        if contents is not None:
            complete_card(paths[resident.persona], contents)
