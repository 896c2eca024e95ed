"""Whether stored answers are still what was answered, by what the ledger committed to then."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum, unique
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent import store
from consent.ledger import store as ledger
from consent.model import ConsentVersion
from consent.receipt import answer_sha256
from mynaportal_sim.signing.found import ANSWERS
from mynaportal_sim.signing.verify import ANSWER


@unique
class Fault(StrEnum):
    """What can be wrong with a stored answer."""

    CHANGED = "changed"  # since it was answered
    UNKNOWN = "unknown"  # to the ledger, so that nobody ever gave it


class Stray(NamedTuple):
    """A stored answer that is not what was answered."""

    version: ConsentVersion
    fault: Fault


class Held(NamedTuple):
    """How many answers were held against the ledger, and which do not hold."""

    looked_at: int
    strays: list[Stray]


def held(connection: Connection, resident_id: UUID, holder: bytes, now: datetime) -> Held:
    """Hold each stored answer of a person against its entry; a unit of work.

    What was entered before entries had the hash, or was erased, is taken as it is. That the
    entries themselves are whole is for the ledger's own verifier.
    """
    entered, erased = _entered(connection, holder, now)
    answers = [
        one for one in store.versions_of_resident(connection, resident_id) if one.number > 0
    ]
    strays = []
    for version in sorted(answers, key=lambda one: (one.arrangement_id, one.number)):
        fields = entered.get(str(version.id))
        if fields is None:
            if not erased:
                strays.append(Stray(version, Fault.UNKNOWN))
        elif ANSWER in fields and fields[ANSWER]["value"] != answer_sha256(version):
            strays.append(Stray(version, Fault.CHANGED))
    return Held(len(answers), strays)


# Any: an entry's body is JSON.
def _entered(
    connection: Connection, holder: bytes, now: datetime
) -> tuple[dict[str, Mapping[str, Any]], bool]:
    """The fields of each answer's entry, by the answer's id; whether some were erased."""
    found = ledger.of_holder_and_types(connection, holder, now, ANSWERS)
    bodies = [json.loads(one.body)["fields"] for one in found if one.body is not None]
    by_id = {str(fields["consent_version"]["value"]): fields for fields in bodies}
    return by_id, len(bodies) < len(found)
