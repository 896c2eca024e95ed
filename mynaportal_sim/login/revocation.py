"""Asking about a certificate before its login is judged: the responder first, else the list.

Nothing is asked unless the signature holds, so that nobody but a holder can use the portal to
learn of a certificate; nor of one under an added anchor, of which nobody here knows. It is
asked outside any unit of work, which then judges all of it again.
"""

from dataclasses import replace
from datetime import datetime

from mynaportal_sim.database import Database
from mynaportal_sim.login.checks import Presented, holder
from mynaportal_sim.login.trust import Trust
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki.ocsp.client import Question


async def asked(
    db: Database, presented: Presented, trust: Trust, now: datetime, randomness: Randomness
) -> Presented:
    """What was presented, with what the responder says of its certificate if that is asked."""
    if trust.ocsp is None:
        return presented
    valid = await db.read(holder, presented, trust, now)
    if valid is None or trust.leaves_unchecked(valid.issuer):
        return presented
    told = await trust.ocsp.ask(Question.of(valid, randomness), now)
    return replace(presented, valid=valid, told=told)
