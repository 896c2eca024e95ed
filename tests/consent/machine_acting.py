"""The same with those who act for a person, beside a model of a few lines more."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from os import urandom
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    precondition,
    rule,
)

from consent import service
from consent.errors import MandateMovedError, MandateNotInForceError, NotEntitledError
from consent.mandate import Act, Mandate, MandateEvent, MandateState, Party, Scope
from consent.model import (
    ConsentRule,
    Event,
    Granter,
    Role,
)
from consent.service import Change, MandateChange
from tests.consent.machine import LAST, NEVER, RESIDENT, Given, Machine, apps_, wanted


@dataclass
class Mandated:
    """What the model knows of a mandate."""

    granter: Granter
    acts: frozenset[str]
    until: datetime
    agent: UUID
    state: str = "active"
    blocked: bool = False


acts_ = st.frozensets(st.sampled_from(("grant", "withdraw")))
_MOVES = {
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

    def __init__(self) -> None:
        super().__init__()
        self.mandated: dict[UUID, Mandated] = {}

    @rule(
        target=mandates,
        role=st.sampled_from((Role.PROXY, Role.GUARDIAN)),
        acts=acts_,
        days=st.sampled_from((1, 20)),
    )
    def appoint(self, role: Role, acts: frozenset[str], days: int) -> UUID:
        """A guardian's mandate ends with the age of the person, and what was given with it."""
        until, guardian = self.now + timedelta(days=days), role is Role.GUARDIAN
        mandate = Mandate(
            id=uuid4(),
            principal=RESIDENT,
            agent=uuid4(),
            role=role,
            scope=Scope(frozenset(map(Act, acts))),
            valid_from=self.now,
            valid_until=None if guardian else until,
            lapses_at=until if guardian else None,
            evidence="",
            state=MandateState.ACTIVE,
            state_since=self.now,
        )
        self.database.run(service.register, mandate, self.holder, self.now, urandom)
        granter = Granter(role, mandate.id, mandate.lapses_at)
        assert mandate.agent is not None
        self.mandated[mandate.id] = Mandated(granter, acts, until, mandate.agent)
        return mandate.id

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

    @rule(mandate=mandates)
    def keep_away(self, mandate: UUID) -> None:
        known = self.mandated[mandate]
        wish = (RESIDENT, known.agent, self.holder, self.now, urandom)
        assert self.database.run(service.block, *wish) is not known.blocked
        if not known.blocked:
            self._all_ends(mandate)
        known.blocked = True

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
        elif event is Event.RESUME and not self._rests_by(given, known):
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
        if before.state == "suspended" and not self._rests_by(before, known):
            return NotEntitledError
        less = any(asked.get(kind, NEVER) > year for kind, year in before.asked.items())
        return MandateNotInForceError if less and not self._may(known, "withdraw") else None

    def alive(self) -> list[str]:
        """The apps with a consent that is in force or rests."""
        return sorted(app for app, one in self.given.items() if one.state != "withdrawn")

    def _rests_by(self, given: Given, known: Mandated) -> bool:
        """A proxy's own, or any guardian's for a guardian."""
        if given.rested_by is None:
            return False
        other = self.mandated[given.rested_by].granter
        both = {other.role, known.granter.role}
        return both == {Role.GUARDIAN} or other.mandate_id == known.granter.mandate_id

    def _may(self, known: Mandated, act: str) -> bool:
        stands = known.state == "active" and not known.blocked and self.now < known.until
        return stands and act in known.acts

    def _all_ends(self, mandate: UUID) -> None:
        for given in self.given.values():
            if given.by == mandate and given.state in {"granted", "suspended"}:
                given.state = "withdrawn"
