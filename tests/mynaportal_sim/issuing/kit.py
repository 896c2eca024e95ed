"""A counter with everything behind it, and what people come to it with."""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice, product
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from sqlalchemy import Connection

from card_reader.emulator.personalise import CardData, read_card
from card_reader.spec import CardKind, Kind
from consent import service
from consent.ledger.store import of_holder
from consent.mandate import Bands
from consent.model import (
    ConsentRule,
    DeclaredPurpose,
    Evidence,
    Notice,
    Recipient,
    Role,
    Supervision,
    Terms,
)
from consent.service import Proposal
from mynaportal_sim.database import Database
from mynaportal_sim.issuing.cards import Counter
from mynaportal_sim.issuing.counter import issue_card
from mynaportal_sim.issuing.effects import Deed
from mynaportal_sim.issuing.keys import Pool, new_keys
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.making import Desk, make
from mynaportal_sim.issuing.model import Standing
from mynaportal_sim.issuing.office import Office, deal_with, look
from mynaportal_sim.issuing.refusals import Refusal
from mynaportal_sim.issuing.wishes import Wish, changed
from mynaportal_sim.login import sessions
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.pki import authority, card_issuer
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.model import Family
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.records.generate import follow
from mynaportal_sim.residents import households, personas
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Municipality, Name, Resident
from tests.mynaportal_sim.issuing.seeing import Seen, seen

NOW = datetime(2026, 11, 23, 3, 4, 5, tzinfo=UTC)
RENEWABLE = datetime(2030, 1, 10, 3, tzinfo=UTC)
"""Within three months before the period of stay of PERMITTED ends, and with it their card."""
OVER = datetime(2030, 4, 2, 3, tzinfo=UTC)
PERMITTED, ADULT, CHILD = "nguyen-van-an", "sato-hanako", "tanaka-yui"
TOKYO = Municipality("13101", "東京都", "千代田区", "Tokyo-to", "Chiyoda-ku")

WISHES: dict[LifeEvent, Wish] = {
    **{event: Wish(event=event) for event in LifeEvent},
    LifeEvent.CHANGE_NAME: Wish(
        event=LifeEvent.CHANGE_NAME,
        name=Name("NGUYEN", "VAN BINH"),
        kana=Name("グエン", "ヴァン\u3000ビン"),
        certify=True,
    ),
    LifeEvent.MOVE: Wish(
        event=LifeEvent.MOVE, address="東京都千代田区千代田１番１号", municipality=TOKYO
    ),
    LifeEvent.UNBLOCK: Wish(event=LifeEvent.UNBLOCK, pin="4321", password="NEW123"),
    LifeEvent.EXTEND_PERMIT: Wish(event=LifeEvent.EXTEND_PERMIT, until=date(2033, 3, 31)),
}
"""A wish for each event with which nothing is wrong."""


@dataclass
class Town:
    """A municipality with its counter, on a database and a folder of its own."""

    office: Office
    now: datetime = NOW

    def resident(self, persona: str) -> Resident:
        found = self.office.database.run(residents.by_persona, persona)
        assert found is not None
        return found

    def wish(self, persona: str, wish: Wish, card: Path | None = None) -> Refusal | Standing:
        return deal_with(self.office, self.resident(persona), wish, self.now, card)

    def let(self, persona: str, *events: LifeEvent) -> None:
        """Let these events happen, one after the other."""
        for event in events:
            found = self.wish(persona, WISHES[event])
            assert isinstance(found, Standing), (event, str(found))

    def file(self, persona: str) -> CardData | None:
        path = self.office.card_of(persona)
        return read_card(path) if path.exists() else None

    def standing(self, persona: str) -> Standing:
        return look(self.office.database, self.resident(persona), self.file(persona))

    def log_in(self, persona: str) -> None:
        """Give a person a session."""
        person = sessions.Person(self.resident(persona).id, Channel.SOFT)
        now = self.now

        def begin(connection: Connection) -> None:
            before = sessions.begin(connection, now, os.urandom)
            sessions.log_in(connection, before.id, person, now, os.urandom)

        self.office.database.run(begin)

    def give_a_proxy(self, principal: Resident, agent: Resident) -> None:
        """Let one person act for another, as the two agreed."""
        relation = households.Relation(
            principal=principal.persona, agent=agent.persona, role=Role.PROXY, evidence="委任状"
        )
        given = households.mandate_of(principal, agent, relation, Bands(), self.now)
        holder = self.office.pseudonyms.holder(principal.id)
        added = (given, holder, self.now, os.urandom)
        assert self.office.database.run(service.register, *added)

    def give_a_card(self, persona: str, kind: CardKind) -> None:
        """Give a person a card of a kind, or a phone's certificates, without an event."""
        office, is_phone = self.office, kind is CardKind.PHONE
        path = office.phone_of(persona) if is_phone else office.card_of(persona)
        path.parent.mkdir(exist_ok=True)
        given = (office.counter, self.resident(persona), path, self.now, kind)
        issue_card(office.database, *given)

    def consent(self, persona: str) -> None:
        """Let a person have agreed to something."""
        resident = self.resident(persona)
        rules = (ConsentRule("checkup", date(2020, 1, 1), date(2026, 12, 31)),)
        proposal = Proposal(
            id=uuid4(),
            resident_id=resident.id,
            app_id="walking-app",
            app_name="あるく",
            service="phr",
            terms=Terms(
                rules=rules,
                purpose=DeclaredPurpose("self-care", "健診結果をグラフで表示するため"),
                recipients=(Recipient("あるく株式会社"),),
                valid_from=self.now,
                valid_until=self.now + timedelta(days=90),
                notice=Notice("1", "ja"),
                supervision=Supervision("個人情報保護管理者"),
            ),
            evidence=Evidence("agent", "jpki"),
            holder=self.office.pseudonyms.holder(resident.id),
        )
        self.office.database.run(service.answer, proposal, rules, self.now, os.urandom)

    def bodies(self, persona: str) -> list[str]:
        """What the ledger keeps of a person beside the log, entry by entry."""
        holder = self.office.pseudonyms.holder(self.resident(persona).id)
        until = self.now + timedelta(days=1)
        found = self.office.database.run(of_holder, holder, until, 1000, None)
        return [(one.body or b"").decode() for one in found]

    def see(self, persona: str) -> Seen:
        """All that there is to see of a person."""
        given = (self.office, persona, self.file(persona), self.now)
        return self.office.database.run(seen, *given)


def town(database: Database, folder: Path, counter: Counter) -> Town:
    """A town whose residents are settled and have no cards."""
    settled = personas.load(None, NOW.date())
    database.run(personas.settle, settled, os.urandom)
    return Town(Office(database, counter, Pseudonyms(bytes(32)), folder, follow))


def prepared(place: Town, wish: Wish) -> Deed:
    """An event just before it happens."""
    standing, office = place.standing(ADULT), place.office
    desk = Desk(office.counter, standing, wish, place.now)
    becomes = changed(standing.resident, wish, place.now)
    made = make(desk, becomes, place.file(ADULT))
    return Deed(uuid4(), desk, becomes, made, office.pseudonyms, office.follow)


class Inexhaustible(Pool):
    """A pool that has no time for keys: who takes gets what others got before."""

    def __init__(self, keys: list[RSAPrivateKey]) -> None:
        super().__init__(Path("/nowhere"))
        self._ready = cycle(keys)

    def take(self, count: int) -> list[RSAPrivateKey]:
        return list(islice(self._ready, count))


def quick_counter(*, contents: bool = False) -> Counter:
    """A counter that makes cards in no time, with or without what lies beside JPKI."""
    authorities = Authorities(
        authority.create(kind, NOW, os.urandom, family)
        for family, kind in product(Family, Kind)
    )
    [keys, others] = new_keys(2)
    pool = Inexhaustible([keys.own, others.own])
    issuer = card_issuer.create(NOW, os.urandom) if contents else None
    return Counter(authorities, "http://localhost:8400", os.urandom, issuer, pool)
