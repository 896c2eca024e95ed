"""The same with those who act for a person, beside a model of a few lines more."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from os import urandom
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    initialize,
    multiple,
    precondition,
    rule,
)

from consent import service
from consent.errors import (
    MandateMovedError,
    MandateNotInForceError,
    NoSuchInvitationError,
    NotEntitledError,
)
from consent.mandate import Act, Mandate, MandateEvent, MandateState, Party, Scope
from consent.model import (
    ConsentRule,
    Event,
    Granter,
    Role,
)
from consent.service import Change, Known, MandateChange
from tests.consent.machine import LAST, NEVER, RESIDENT, Given, Machine, apps_, wanted


@dataclass
class Mandated:
    """What the model knows of a mandate; its code is good until `accepted_by`."""

    granter: Granter
    acts: frozenset[str]
    until: datetime
    agent: UUID | None
    state: str = "active"
    accepted_by: datetime | None = None


AGENTS = tuple(UUID(int=number) for number in (1, 2, 3))

agents_ = st.sampled_from(AGENTS)
BOTH = frozenset({"grant", "withdraw"})
acts_ = st.sampled_from((BOTH, BOTH, {"grant"}, {"withdraw"}, ())).map(frozenset)
_MOVES = {
    ("proposed", MandateEvent.END): "ended",
    ("active", MandateEvent.SUSPEND): "suspended",
    ("suspended", MandateEvent.RESUME): "active",
    ("active", MandateEvent.END): "ended",
    ("suspended", MandateEvent.END): "ended",
    ("active", MandateEvent.REVOKE): "revoked",
    ("suspended", MandateEvent.REVOKE): "revoked",
}


class Acting(Machine):
    """The same with proxies and guardians, whose time runs out and who are sent away."""

    mandates = Bundle("mandates")
    codes = Bundle("codes")

    def __init__(self) -> None:
        super().__init__()
        self.mandated: dict[UUID, Mandated] = {}
        self.kept_away: set[UUID] = set()

    @initialize(target=mandates)
    def have_one_of_each(self) -> object:
        """So that what stands can be told from the first step on."""
        roles = (Role.PROXY, Role.GUARDIAN, Role.ADULT_GUARDIAN)
        pairs = zip(roles, AGENTS, strict=True)
        return multiple(*(self._appoint(role, agent, BOTH, 20) for role, agent in pairs))

    @initialize(targets=(mandates, codes))
    def have_asked_one(self) -> UUID:
        return self._propose(BOTH, 20)

    @rule(
        target=mandates,
        role=st.sampled_from((Role.PROXY, Role.GUARDIAN, Role.ADULT_GUARDIAN)),
        agent=agents_,
        acts=acts_,
        days=st.sampled_from((1, 20)),
    )
    def appoint(self, role: Role, agent: UUID, acts: frozenset[str], days: int) -> UUID:
        return self._appoint(role, agent, acts, days)

    @rule(targets=(mandates, codes), acts=acts_, days=st.sampled_from((1, 20)))
    def propose(self, acts: frozenset[str], days: int) -> UUID:
        return self._propose(acts, days)

    @rule(code=codes, agent=agents_ | st.just(RESIDENT))
    def accept(self, code: UUID, agent: UUID) -> None:
        """One other person accepts, once, in time, and unless they are kept away."""
        known = self.mandated[code]
        waits = known.state == "proposed" and known.accepted_by is not None
        in_time = known.accepted_by is not None and self.now < known.accepted_by
        if not (waits and in_time) or agent in {RESIDENT, *self.kept_away}:
            with pytest.raises(NoSuchInvitationError):
                self._accepts(code, agent)
            return
        self._accepts(code, agent)
        known.agent, known.state = agent, "active"

    @rule(mandate=mandates, event=st.sampled_from(sorted({event for _, event in _MOVES})))
    def move(self, mandate: UUID, event: MandateEvent) -> None:
        known = self.mandated[mandate]
        becomes = _MOVES.get((known.state, event)) if self.now < known.until else None
        ends = event is MandateEvent.END and known.granter.role is Role.PROXY
        party = Party.PRINCIPAL if ends else Party.AUTHORITY
        wish = MandateChange(
            event, RESIDENT, mandate, party, self.holder, "command", "so decided"
        )
        if becomes is None:
            with pytest.raises(MandateMovedError):
                self.database.run(service.change_mandate, wish, self.now, urandom)
            return
        self.database.run(service.change_mandate, wish, self.now, urandom)
        known.state = becomes
        if becomes == "revoked":
            self._all_ends(mandate)

    @rule(agent=agents_)
    def keep_away(self, agent: UUID) -> None:
        """All that they gave ends, also what was to stay when their mandate ended."""
        wish = (RESIDENT, agent, self.holder, self.now, urandom)
        assert self.database.run(service.block, *wish) is (agent not in self.kept_away)
        if agent not in self.kept_away:
            for mandate, known in self.mandated.items():
                if known.agent == agent:
                    self._all_ends(mandate)
        self.kept_away.add(agent)

    @rule(agent=agents_)
    def let_near(self, agent: UUID) -> None:
        """They act again under what still stands, and what ended stays ended."""
        wish = (RESIDENT, agent, self.holder, self.now, urandom)
        assert self.database.run(service.unblock, *wish) is (agent in self.kept_away)
        self.kept_away.discard(agent)

    @rule(mandate=mandates, app=apps_, asked=wanted)
    def grant_for(self, mandate: UUID, app: str, asked: dict[str, int]) -> None:
        known = self.mandated[mandate]
        rules = [ConsentRule(kind, date(year, 1, 1), LAST) for kind, year in asked.items()]
        wish = (app, rules, rules, (None, 30), known.granter)
        refusal = self._refusal(known, self.given.get(app), asked)
        if refusal is not None:
            with pytest.raises(refusal):
                self._answer(*wish)
            return
        version = self._answer(*wish)
        until = self.now + timedelta(days=30)
        if known.granter.lapses_at is not None:
            until = min(until, known.granter.lapses_at)
        self.given[app] = Given(version.id, dict(asked), until, None, dict(asked), by=mandate)

    @precondition(lambda self: self.alive())
    @rule(mandate=mandates, data=st.data())
    def change_for(self, mandate: UUID, data: st.DataObject) -> None:
        """Who acts resumes what they suspended themselves, and nothing else."""
        app = data.draw(st.sampled_from(self.alive()))
        known, given = self.mandated[mandate], self.given[app]
        moved = {"granted": Event.SUSPEND, "suspended": Event.RESUME}[given.state]
        event = data.draw(st.sampled_from((moved, moved, Event.WITHDRAW)))
        [version] = [one for one in self._versions(app) if one.id == given.version]
        about = (RESIDENT, version.arrangement_id, version.id, "soft", self.holder)
        wish = replace(Change(event, uuid4(), *about), acting=known.granter)
        refusal: type[Exception] | None = None
        if not self._may(known, "grant" if event is Event.RESUME else "withdraw"):
            refusal = MandateNotInForceError
        elif event is Event.RESUME and not self._alike(given.rested_by, known):
            refusal = NotEntitledError
        if refusal is not None:
            with pytest.raises(refusal):
                self.database.run(service.change, wish, self.now, urandom)
            return
        self.database.run(service.change, wish, self.now, urandom)
        becomes = {Event.SUSPEND: "suspended", Event.RESUME: "granted"}
        given.state = becomes.get(event, "withdrawn")
        given.rested_by = mandate if event is Event.SUSPEND else None

    def _refusal(
        self, known: Mandated, before: Given | None, asked: dict[str, int]
    ) -> type[Exception] | None:
        """Why nobody may answer so: they could not take away what the answer replaces."""
        if not self._may(known, "grant"):
            return MandateNotInForceError
        if before is None or before.state == "withdrawn" or self.now >= before.until:
            return None
        if before.state == "suspended" and not self._alike(before.rested_by, known):
            return NotEntitledError
        less = any(asked.get(kind, NEVER) > year for kind, year in before.asked.items())
        return MandateNotInForceError if less and not self._may(known, "withdraw") else None

    def alive(self) -> list[str]:
        """The apps with a consent that is in force or rests."""
        return sorted(app for app, one in self.given.items() if one.state != "withdrawn")

    def _alike(self, mandate: UUID | None, known: Mandated) -> bool:
        """Whether one undoes what was done under a mandate: their own, or their office's."""
        if mandate is None:
            return False
        other = self.mandated[mandate].granter
        office = other.role is known.granter.role and other.role is not Role.PROXY
        return office or other.mandate_id == known.granter.mandate_id

    def _may(self, known: Mandated, act: str) -> bool:
        stands = known.state == "active" and self.now < known.until
        return stands and act in known.acts and known.agent not in self.kept_away

    def _all_ends(self, mandate: UUID) -> None:
        for given in self.given.values():
            if given.by == mandate and given.state in {"granted", "suspended"}:
                given.state = "withdrawn"

    def _appoint(self, role: Role, agent: UUID, acts: frozenset[str], days: int) -> UUID:
        """A guardian's mandate ends with the age of the person, and what was given with it."""
        until, guardian = self.now + timedelta(days=days), role is Role.GUARDIAN
        mandate = replace(
            self._mandate(acts, until),
            agent=agent,
            role=role,
            valid_until=None if guardian else until,
            lapses_at=until if guardian else None,
            state=MandateState.ACTIVE,
        )
        self.database.run(service.register, mandate, self.holder, self.now, urandom)
        granter = Granter(role, mandate.id, mandate.lapses_at)
        self.mandated[mandate.id] = Mandated(granter, acts, until, agent)
        return mandate.id

    def _propose(self, acts: frozenset[str], days: int) -> UUID:
        """Nobody acts under a mandate that nobody has accepted."""
        until = self.now + timedelta(days=days)
        mandate = self._mandate(acts, until)
        invited = (mandate, mandate.id.hex, self._known)
        self.database.run(service.invite, *invited, self.now, urandom)
        granter = Granter(Role.PROXY, mandate.id)
        a_week = min(until, self.now + timedelta(days=7))
        self.mandated[mandate.id] = Mandated(granter, acts, until, None, "proposed", a_week)
        return mandate.id

    @property
    def _known(self) -> Known:
        return Known(lambda _: self.holder, "soft")

    def _accepts(self, code: UUID, agent: UUID) -> Mandate:
        return self.database.run(
            service.accept, code.hex, agent, self._known, self.now, urandom
        )

    def _mandate(self, acts: frozenset[str], until: datetime) -> Mandate:
        """One that waits for a proxy."""
        return Mandate(
            id=uuid4(),
            principal=RESIDENT,
            agent=None,
            role=Role.PROXY,
            scope=Scope(frozenset(map(Act, acts))),
            valid_from=self.now,
            valid_until=until,
            lapses_at=None,
            evidence="",
            state=MandateState.PROPOSED,
            state_since=self.now,
        )
