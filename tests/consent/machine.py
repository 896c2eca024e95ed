"""Persons, apps, prohibitions and clock steps at random, beside a model of a few lines."""

import asyncio
import shutil
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from os import urandom
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from consent import service
from consent.model import (
    MYSELF,
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Effect,
    Event,
    Evidence,
    Granter,
    Notice,
    Prohibition,
    Prohibitor,
    Recipient,
    Supervision,
    Terms,
    Usage,
)
from consent.service import Change, Lift, Prohibit, Proposal, Reduction
from consent.token import AccessToken, Issuance
from mynaportal_sim.apps import store as apps
from mynaportal_sim.database import Database
from mynaportal_sim.domains.base import Record
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.records.demand import Demand, Released
from mynaportal_sim.records.model import Query
from tests.mynaportal_sim.records.kit import NOW, World, a_resident

RESIDENT = UUID(int=77)
APPS = ("app-1", "app-2")
KINDS = {"checkup": "Observation", "medication": "MedicationDispense", "basic": "Patient"}
YEARS = (2021, 2023, 2025)
LAST = date(2026, 12, 31)
NEVER = 9999
"""Rules of one test all end here and begin in one of the years, so that less is told by one."""

apps_ = st.sampled_from(APPS)
kinds = st.sampled_from(tuple(KINDS))
wanted = st.dictionaries(kinds, st.sampled_from(YEARS), min_size=1)


@dataclass
class Given:
    """What the model knows of a consent: by kind the first year, and what is left of it.

    `asked` are the first years of the rules that give, whatever is kept back beside them; `by`
    is the mandate under which it was given, `rested_by` the one under which it rests.
    """

    version: UUID
    years: dict[str, int]
    until: datetime
    uses: int | None
    asked: dict[str, int]
    used: set[str] = field(default_factory=set)
    state: str = "granted"
    by: UUID | None = None
    rested_by: UUID | None = None


class Machine(RuleBasedStateMachine):
    """One resident, two apps."""

    template: Path
    records: list[Record]
    tokens = Bundle("tokens")
    bans = Bundle("bans")

    def __init__(self) -> None:
        super().__init__()
        self.place = TemporaryDirectory()
        copied = Path(self.place.name) / "world.sqlite3"
        shutil.copy(self.template, copied)
        self.database = Database(f"sqlite:///{copied}")
        self.names = Pseudonyms(b"p" * 32)
        resident = replace(a_resident("sato-hanako", date(1985, 4, 12)), id=RESIDENT)
        self.world = World(self.database, self.names, resident, resident)
        self.holder = self.names.holder(RESIDENT)
        self.now = NOW
        self.given: dict[str, Given] = {}
        self.banned: dict[UUID, tuple[str | None, str | None]] = {}

    def teardown(self) -> None:
        self.database.close()
        self.place.cleanup()

    @initialize(target=tokens)
    def have_given_some(self) -> AccessToken:
        """So that there is something to lose from the first step on."""
        self._grant(APPS[0], dict.fromkeys(KINDS, YEARS[0]), None, 30)
        return self._token(APPS[0])

    @rule(
        app=apps_,
        asked=wanted,
        uses=st.sampled_from((None, None, 1, 2)),
        days=st.sampled_from((1, 30)),
    )
    def grant(self, app: str, asked: dict[str, int], uses: int | None, days: int) -> None:
        self._grant(app, asked, uses, days)

    @rule(app=apps_, asked=wanted, kept_back=kinds)
    def grant_but_for(self, app: str, asked: dict[str, int], kept_back: str) -> None:
        """A rule that keeps back never gives, whatever stands beside it."""
        rules = [ConsentRule(kind, date(year, 1, 1), LAST) for kind, year in asked.items()]
        deny = ConsentRule(kept_back, date(1900, 1, 1), LAST, effect=Effect.DENY)
        version = self._answer(app, [*rules, deny], [deny, *reversed(rules)], (None, 30))
        left = {kind: NEVER if kind == kept_back else year for kind, year in asked.items()}
        until = self.now + timedelta(days=30)
        self.given[app] = Given(version.id, left, until, None, dict(asked))

    @rule(app=apps_, asked=wanted)
    def deny(self, app: str, asked: dict[str, int]) -> None:
        """A refusal leaves what was granted before it."""
        self._answer(
            app, [ConsentRule(kind, date(2021, 1, 1), LAST) for kind in asked], [], (None, 30)
        )

    @rule(app=apps_, asked=wanted)
    def put_off(self, app: str, asked: dict[str, int]) -> None:
        """A question that waits gives nothing, and takes nothing."""
        rules = [ConsentRule(kind, date(2021, 1, 1), LAST) for kind in asked]
        self.database.run(
            service.defer, self._proposal(app, rules, (None, 30)), self.now, urandom
        )

    @rule(app=apps_, event=st.sampled_from((Event.SUSPEND, Event.RESUME, Event.WITHDRAW)))
    def change(self, app: str, event: Event) -> None:
        given = self.given.get(app)
        legal = {Event.SUSPEND: "granted", Event.RESUME: "suspended"}
        if given is None or given.state == "withdrawn":
            return
        if given.state != legal.get(event, given.state):
            return
        [version] = [one for one in self._versions(app) if one.id == given.version]
        wish = Change(
            event, uuid4(), RESIDENT, version.arrangement_id, version.id, "soft", self.holder
        )
        for _ in range(2):  # one key is one event
            self.database.run(service.change, wish, self.now, urandom)
        becomes = {Event.SUSPEND: "suspended", Event.RESUME: "granted"}
        given.state = becomes.get(event, "withdrawn")
        given.rested_by = None

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def reduce(self, data: st.DataObject) -> None:
        app = data.draw(st.sampled_from(sorted(self.given)))
        given = self.given[app]
        if len(given.years) < 2 or not self._in_force(given):
            return
        stop = data.draw(st.sampled_from(sorted(given.years)))
        [version] = [one for one in self._versions(app) if one.id == given.version]
        wish = Reduction(
            uuid4(),
            RESIDENT,
            version.arrangement_id,
            version.id,
            frozenset({stop}),
            version.terms.notice,
            version.evidence,
            self.holder,
            MYSELF,
        )
        narrower = self.database.run(service.reduce, wish, self.now, urandom)
        years = {kind: year for kind, year in given.years.items() if kind != stop}
        asked = {kind: year for kind, year in given.asked.items() if kind != stop}
        kept = replace(given, version=narrower.id, years=years, asked=asked, used=set())
        self.given[app] = kept

    @rule(target=bans, app=st.none() | apps_, kind=st.none() | kinds)
    def prohibit(self, app: str | None, kind: str | None) -> UUID:
        what = Prohibition(uuid4(), Prohibitor.PERSON, app, kind)
        wish = Prohibit(RESIDENT, what, self.holder, "soft")
        self.database.run(service.prohibit, wish, self.now, urandom)
        self.banned[what.id] = (app, kind)
        return what.id

    @rule(ban=consumes(bans))
    def lift(self, ban: UUID) -> None:
        wish = Lift(RESIDENT, ban, Prohibitor.PERSON, self.holder, "soft")
        self.database.run(service.lift, wish, self.now, urandom)
        del self.banned[ban]

    @rule(days=st.sampled_from((0.1, 0.5, 1, 4, 15, 31)))
    def wait(self, days: float) -> None:
        self.now += timedelta(days=days)

    @precondition(lambda self: self.in_force())
    @rule(target=tokens, data=st.data())
    def token(self, data: st.DataObject) -> AccessToken:
        """A token of a consent in force, which fetches at once and may again later."""
        app = data.draw(st.sampled_from(self.in_force()))
        return self._token(app)

    @rule(token=tokens)
    def fetch(self, token: AccessToken) -> None:
        self._fetch(token)

    def in_force(self) -> list[str]:
        """The apps that a token can be had for."""
        return sorted(app for app, given in self.given.items() if self._in_force(given))

    def _grant(self, app: str, asked: dict[str, int], uses: int | None, days: int) -> None:
        rules = [ConsentRule(kind, date(year, 1, 1), LAST) for kind, year in asked.items()]
        version = self._answer(app, rules, rules, (uses, days))
        until = self.now + timedelta(days=days)
        self.given[app] = Given(version.id, dict(asked), until, uses, dict(asked))

    def _token(self, app: str) -> AccessToken:
        given = self.given[app]
        [version] = [one for one in self._versions(app) if one.id == given.version]
        subject = self.database.run(apps.subject, self.names, app, RESIDENT)
        issuance = Issuance(
            "http://x", subject, "http://x/fhir", uuid4().hex, "s", self.now, "acr"
        )
        token = AccessToken.derive(version, issuance, self.now)
        self._fetch(token)
        return token

    def _fetch(self, token: AccessToken) -> None:
        """What the gate releases is what the model expects, and nothing else."""
        for kind, resource_type in KINDS.items():
            demand = Demand(token, Query(resource_type, count=1000), "GET", self.now)
            answer = asyncio.run(self.world.gate.access(demand))
            expected = self._expected(token, kind)
            assert isinstance(answer, Released) is (expected is not None), (answer, kind)
            if expected is not None and isinstance(answer, Released):
                shown = {record.id for record in answer.page.records}
                assert shown == self._since(kind, expected)
                self._count(token)

    def _count(self, token: AccessToken) -> None:
        """A token uses what it fetches by once, however often it fetches."""
        given = self.given[token.client_id]
        if given.uses is not None and token.jti not in given.used:
            given.uses -= 1
            given.used.add(token.jti)

    @invariant()
    def at_most_one_consent_stands(self) -> None:
        for app in APPS:
            granted = [one for one in self._versions(app) if one.state == "granted"]
            assert len(granted) <= 1

    def _expected(self, token: AccessToken, kind: str) -> int | None:
        """The first year that may be had, None for nothing."""
        given = self.given.get(token.client_id)
        if given is None or given.version != token.version_id or given.state != "granted":
            return None
        if self.now >= given.until or kind not in given.years:
            return None
        if given.uses == 0 and token.jti not in given.used:
            return None
        if any(
            a in (None, token.client_id) and k in (None, kind) for a, k in self.banned.values()
        ):
            return None
        return given.years[kind]

    def _since(self, kind: str, year: int) -> set[UUID]:
        """The ids of all records of a kind from a year on."""
        return {
            record.id
            for record in self.records
            if record.resource_type == KINDS[kind]
            and year != NEVER
            and (record.on is None or date(year, 1, 1) <= record.on <= LAST)
        }

    def _in_force(self, given: Given) -> bool:
        return (
            given.state == "granted"
            and self.now < given.until
            and given.uses != 0
            and bool(given.years)
        )

    def _versions(self, app: str) -> tuple[ConsentVersion, ...]:
        return self.database.run(service.of_app, RESIDENT, app)

    def _answer(
        self,
        app: str,
        asked: list[ConsentRule],
        granted: list[ConsentRule],
        limits: tuple[int | None, int],
        granter: Granter = MYSELF,
    ) -> ConsentVersion:
        proposal = replace(self._proposal(app, asked, limits), granter=granter)
        return self.database.run(service.answer, proposal, granted, self.now, urandom)

    def _proposal(
        self, app: str, asked: list[ConsentRule], limits: tuple[int | None, int]
    ) -> Proposal:
        uses, days = limits
        return Proposal(
            id=uuid4(),
            resident_id=RESIDENT,
            app_id=app,
            app_name=app,
            service="fhir",
            terms=Terms(
                rules=tuple(asked),
                purpose=DeclaredPurpose("self-care", "健診結果の推移を見るため"),
                recipients=(Recipient(app),),
                valid_from=self.now,
                valid_until=self.now + timedelta(days=days),
                notice=Notice("1", "ja"),
                supervision=Supervision("田中一郎"),
                usage=Usage(uses),
            ),
            evidence=Evidence("soft", "jpki"),
            holder=self.holder,
        )
