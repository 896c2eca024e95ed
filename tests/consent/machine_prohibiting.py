"""The same with those who prohibit for a person, and those who may not lift it."""

from os import urandom
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, consumes, initialize, multiple, rule

from consent import service
from consent.errors import ConsentError, MandateNotInForceError, NotYoursError
from consent.mandate import Band
from consent.model import MYSELF, Granter, Prohibition, Prohibitor, Role
from consent.service import Lift, Prohibit
from tests.consent.machine import APPS, RESIDENT, Machine, apps_, kinds
from tests.consent.machine_acting import AGENTS, BOTH, Acting

bands = st.sampled_from(("guardian", "assent", "own", "adult"))


class Prohibiting(Acting):
    """What another placed is lifted by them, or by the person once they decide something."""

    decrees = Bundle("decrees")

    def __init__(self) -> None:
        super().__init__()
        self.placed_by: dict[UUID, UUID] = {}

    @initialize(target=Acting.mandates)
    def have_one_of_each_prohibit(self) -> object:
        """So that there is something to lift from the first step on."""
        roles = (Role.PROXY, Role.PROXY, Role.GUARDIAN, Role.ADULT_GUARDIAN)
        acting = [self._appoint(role, AGENTS[0], BOTH, 20) for role in roles]
        for mandate in acting[1:]:
            self._prohibit(mandate, APPS[1], "basic")
        return multiple(*acting)

    @rule(mandate=Acting.mandates, app=st.none() | apps_, kind=st.none() | kinds)
    def prohibit_for(self, mandate: UUID, app: str | None, kind: str | None) -> None:
        self._prohibit(mandate, app, kind)

    @rule(mandate=Acting.mandates, data=st.data())
    def lift_for(self, mandate: UUID, data: st.DataObject) -> None:
        """Whoever may grant lifts what they placed, or their office did, and nothing else."""
        known, ban = self.mandated[mandate], data.draw(st.sampled_from(sorted(self.placed_by)))
        refusal: type[ConsentError] | None = None
        if not self._may(known, "grant"):
            refusal = MandateNotInForceError
        elif not self._alike(self.placed_by[ban], known):
            refusal = NotYoursError
        self._lift(ban, known.granter, "adult", refusal)

    @rule(mandate=Acting.mandates, ban=Machine.bans)
    def lift_the_persons(self, mandate: UUID, ban: UUID) -> None:
        """Nobody lifts for a person what the person prohibited."""
        known = self.mandated[mandate]
        refusal = NotYoursError if self._may(known, "grant") else MandateNotInForceError
        self._lift(ban, known.granter, "adult", refusal)

    @rule(data=st.data(), band=bands)
    def lift_oneself(self, data: st.DataObject, band: str) -> None:
        """A person who decides nothing alone yet lifts nothing that was placed for them."""
        ban = data.draw(st.sampled_from(sorted(self.placed_by)))
        self._lift(ban, MYSELF, band, None if band in {"own", "adult"} else NotYoursError)

    @rule(target=decrees, by=st.sampled_from(("authority", "court")), kind=kinds)
    def decree(self, by: str, kind: str) -> Prohibition:
        what = Prohibition(uuid4(), Prohibitor(by), None, kind)
        wish = Prohibit(RESIDENT, what, self.holder, "command", reason="so decided")
        self.database.run(service.prohibit, wish, self.now, urandom)
        self.banned[what.id] = (None, kind)
        return what

    @rule(decreed=decrees, mandate=Acting.mandates)
    def overrule(self, decreed: Prohibition, mandate: UUID) -> None:
        """Neither the person nor who acts for them lifts what others decreed."""
        known = self.mandated[mandate]
        may = self._may(known, "grant")
        refusal = NotYoursError if may else MandateNotInForceError
        self._lift(decreed.id, known.granter, "adult", refusal)
        self._lift(decreed.id, MYSELF, "adult", NotYoursError)

    @rule(decreed=consumes(decrees))
    def reverse(self, decreed: Prohibition) -> None:
        wish = Lift(RESIDENT, decreed.id, decreed.by, self.holder, "command")
        self.database.run(service.lift, wish, self.now, urandom)
        del self.banned[decreed.id]

    def _prohibit(self, mandate: UUID, app: str | None, kind: str | None) -> None:
        """Whoever may withdraw may prohibit."""
        known, what = self.mandated[mandate], Prohibition(uuid4(), Prohibitor.PERSON, app, kind)
        wish = Prohibit(RESIDENT, what, self.holder, "soft", acting=known.granter)
        if not self._may(known, "withdraw"):
            with pytest.raises(MandateNotInForceError):
                self.database.run(service.prohibit, wish, self.now, urandom)
            return
        self.database.run(service.prohibit, wish, self.now, urandom)
        self.banned[what.id] = (app, kind)
        self.placed_by[what.id] = mandate

    def _lift(
        self, ban: UUID, acting: Granter, band: str, refusal: type[ConsentError] | None
    ) -> None:
        about = (RESIDENT, ban, Prohibitor.PERSON, self.holder, "soft")
        wish = Lift(*about, acting=acting, band=Band(band))
        if refusal is not None:
            with pytest.raises(refusal):
                self.database.run(service.lift, wish, self.now, urandom)
            return
        self.database.run(service.lift, wish, self.now, urandom)
        self.banned.pop(ban, None)  # once lifted, to lift it again changes nothing
