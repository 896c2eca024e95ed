"""A portal with two residents, and what an app is released of one of them."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from os import urandom
from uuid import UUID, uuid4

from sqlalchemy import Connection

from card_reader.spec.person import Sex
from consent import service
from consent.ledger import store as ledger
from consent.ledger.entry import Value, read_body, read_leaf
from consent.model import (
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Event,
    Evidence,
    Notice,
    Recipient,
    Supervision,
    Terms,
    Usage,
)
from consent.service import Change, Proposal
from consent.token import AccessToken, Issuance
from mynaportal_sim.apps import store as apps
from mynaportal_sim.database import Database
from mynaportal_sim.domains.base import Record
from mynaportal_sim.domains.catalogue import DOMAINS
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.records.access import Gate
from mynaportal_sim.records.demand import Answer, Demand, Released
from mynaportal_sim.records.model import Query, Read
from mynaportal_sim.residents.model import CardOrder, Municipality, Name, Resident

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
APP = "app-1"
OBSERVATIONS = Query("Observation", count=1000)


@dataclass(frozen=True, slots=True)
class World:
    """One portal with two residents, of whom the app knows the first."""

    database: Database
    pseudonyms: Pseudonyms
    resident: Resident
    neighbour: Resident

    @property
    def gate(self) -> Gate:
        return Gate(self.database, self.pseudonyms, urandom, self.resident_of)

    def resident_of(self, connection: Connection, token: AccessToken) -> UUID | None:
        return apps.resident_of(connection, token.client_id, token.subject)

    def grant(self, *rules: ConsentRule, usage: Usage = Usage()) -> ConsentVersion:  # noqa: B008
        """What the resident lets the app have, for 90 days."""
        proposal = Proposal(
            id=uuid4(),
            resident_id=self.resident.id,
            app_id=APP,
            app_name="健康ノート",
            service="phr",
            terms=Terms(
                rules=rules,
                purpose=DeclaredPurpose("self-care", "健診結果をグラフで表示するため"),
                recipients=(Recipient("健康ノート株式会社"),),
                valid_from=NOW,
                valid_until=NOW + timedelta(days=90),
                notice=Notice("1", "ja"),
                supervision=Supervision("個人情報保護委員会"),
                usage=usage,
            ),
            evidence=Evidence("agent", "jpki"),
            holder=self.pseudonyms.holder(self.resident.id),
        )
        return self.database.run(service.answer, proposal, rules, NOW, urandom)

    def token(self, version: ConsentVersion) -> AccessToken:
        """A token as the authorization server derives it from a consent."""
        issuance = Issuance(
            issuer="http://localhost",
            subject=self.database.run(apps.subject, self.pseudonyms, APP, self.resident.id),
            audience="http://localhost/fhir",
            jti=uuid4().hex,
            scope="patient/Observation.rs",
            auth_time=NOW,
            acr="urn:mynasim:acr:jpki-user-authentication",
        )
        return AccessToken.derive(version, issuance, NOW)


def rule(category: str, first: str = "2020-01-01", last: str = "2026-12-31") -> ConsentRule:
    return ConsentRule(category, date.fromisoformat(first), date.fromisoformat(last))


def a_resident(persona: str, born: date) -> Resident:
    return Resident(
        id=UUID(bytes=urandom(16), version=4),
        persona=persona,
        name=Name("佐藤", "花子"),
        kana=Name("サトウ", "ハナコ"),
        romaji=Name("Sato", "Hanako"),
        born=born,
        sex=Sex.FEMALE,
        address="東京都千代田区霞が関1-1-1",
        municipality=Municipality("13101", "東京都", "千代田区", "Tokyo", "Chiyoda"),
        my_number="123456789012",
        card=CardOrder(),
        note_ja="-",
        note_en="-",
    )


def codes_of(record: Record) -> set[str]:
    """The codings of an observation's code, as system|code."""
    code = record.resource["code"]
    assert isinstance(code, dict)
    codings = code["coding"]
    assert isinstance(codings, list)
    return {f"{one['system']}|{one['code']}" for one in codings if isinstance(one, dict)}


def ask(world: World, token: AccessToken, wish: Query | Read) -> Answer:
    demand = Demand(token, wish, f"GET {wish.resource_type}", NOW)
    return asyncio.run(world.gate.access(demand))


def released(world: World, token: AccessToken, wish: Query | Read) -> Released:
    answer = ask(world, token, wish)
    assert isinstance(answer, Released)
    return answer


def observations(world: World) -> list[Record]:
    return [
        record
        for domain in DOMAINS
        for record in domain.records(world.resident, NOW.date())
        if record.resource_type == "Observation"
    ]


def logged(world: World) -> tuple[str, dict[str, Value]]:
    """Type and fields of the newest ledger entry."""
    [entry] = world.database.run(ledger.newest, 1)
    assert entry.body is not None
    openings = read_body(entry.body)
    fields = {name: opening.value for name, opening in openings.items()}
    return read_leaf(entry.leaf).type, fields


def withdraw(world: World, database: Database, version: ConsentVersion) -> None:
    wish = Change(
        Event.WITHDRAW,
        uuid4(),
        world.resident.id,
        version.arrangement_id,
        version.id,
        "browser",
        world.pseudonyms.holder(world.resident.id),
    )
    database.run(service.change, wish, NOW, urandom)
