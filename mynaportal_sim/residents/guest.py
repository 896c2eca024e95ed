"""The guest: whom a card is taken for that was not made here. Invented, and the same for all.

The register of residents does not list them: they have no My Number and get no card.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import Connection

from card_reader.spec.person import Sex
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.residents import store
from mynaportal_sim.residents.model import CardOrder, Municipality, Name, Resident


def settle(connection: Connection, randomness: Randomness) -> Resident:
    """The guest, made if there is none yet; a unit of work, safe twice."""
    made = _guest(UUID(bytes=randomness(16), version=4))
    store.add(connection, made)
    return store.guest(connection) or made


def _guest(resident_id: UUID) -> Resident:
    return Resident(
        id=resident_id,
        persona=store.GUEST,
        name=Name("ゲスト", ""),
        kana=Name("ゲスト", ""),
        romaji=Name("Guest", ""),
        born=date(1990, 1, 1),
        sex=Sex.NOT_APPLICABLE,
        address="東京都清瀬市緑風台１丁目１番１号",
        municipality=Municipality("13221", "東京都", "清瀬市", "Tokyo-to", "Kiyose-shi"),
        my_number="",
        card=CardOrder(),
        note_ja="実在の人ではありません",
        note_en="nobody real",
    )
