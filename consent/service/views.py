"""How a resident's consents stand, and the last look before data are released."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent import store
from consent.model import MYSELF, Arrangement, ConsentVersion, Granter, Status, standing
from consent.service.wishes import History

_COVERING = frozenset({Status.GRANTED, Status.EXHAUSTED})


def in_force(
    connection: Connection, resident_id: UUID, app_id: str, now: datetime
) -> tuple[ConsentVersion, ...]:
    """The versions by which an app may have something of a resident from `now` on."""
    return tuple(
        version
        for version in covering(connection, resident_id, app_id, now)
        if version.status(now) is Status.GRANTED
    )


def covering(
    connection: Connection, resident_id: UUID, app_id: str, now: datetime
) -> tuple[ConsentVersion, ...]:
    """The versions in force, and those used up, which cover the tokens whose use has begun."""
    versions = standing(store.versions_of_app(connection, resident_id, app_id))
    return tuple(version for version in versions if version.status(now) in _COVERING)


def of_app(
    connection: Connection, resident_id: UUID, app_id: str
) -> tuple[ConsentVersion, ...]:
    """All that a resident ever answered to one app, in no order."""
    return store.versions_of_app(connection, resident_id, app_id)


def arrangement(
    connection: Connection, resident_id: UUID, arrangement_id: UUID
) -> Arrangement | None:
    """One arrangement of a resident's, by its id."""
    known = store.arrangements_of(connection, resident_id)
    return next((one for one in known if one.id == arrangement_id), None)


def newest(
    connection: Connection, resident_id: UUID, arrangement_id: UUID
) -> ConsentVersion | None:
    """The newest version under an arrangement that was ever granted, however it stands now."""
    versions = store.versions_of_arrangement(connection, resident_id, arrangement_id)
    return next(iter(standing(versions)), None)


def granter_of(connection: Connection, resident_id: UUID, version_id: UUID) -> Granter:
    """Who gave an answer; the person themselves where there is none of this id."""
    found = store.version(connection, resident_id, version_id)
    return MYSELF if found is None else found.granter


def last_granted(
    connection: Connection, resident_id: UUID, app_id: str, service: str
) -> ConsentVersion | None:
    """The newest version that a resident ever granted one service of an app."""
    known = [
        one.id
        for one in store.arrangements_of(connection, resident_id)
        if (one.app_id, one.service) == (app_id, service)
    ]
    return newest(connection, resident_id, known[0]) if known else None


def recheck(
    connection: Connection,
    resident_id: UUID,
    arrangement_id: UUID,
    version_id: UUID,
    now: datetime,
) -> bool:
    """Whether a version still gives something at `now`, and will until the transaction ends.

    The last look before data is released: it waits for a withdrawal that is under way, and a
    withdrawal that comes later waits for it.
    """
    validity = store.lock_granted(connection, resident_id, arrangement_id, version_id)
    return validity is not None and validity[0] <= now < validity[1]


def has_begun(connection: Connection, version: ConsentVersion, token_id: str) -> bool:
    """Whether a use by this token has begun; what follows in it is not counted again."""
    return store.has_use(connection, version.resident_id, version.id, token_id)


def begin_use(
    connection: Connection, version: ConsentVersion, token_id: str, now: datetime
) -> bool:
    """Count a use by this token, once however often this is called; False if none is left.

    Of two tokens that come for the last use at once, one gets it.
    """
    if has_begun(connection, version, token_id):
        return True
    return store.count_use(connection, version, now) and store.add_use(
        connection, version.resident_id, version.id, token_id
    )


def of_resident(connection: Connection, resident_id: UUID) -> tuple[History, ...]:
    """All that a resident ever answered, by arrangement, newest first."""
    answers: dict[UUID, list[ConsentVersion]] = {}
    for version in store.versions_of_resident(connection, resident_id):
        answers.setdefault(version.arrangement_id, []).append(version)
    return tuple(
        History(
            arrangement,
            tuple(sorted(answers[arrangement.id], key=lambda one: one.number, reverse=True)),
        )
        for arrangement in store.arrangements_of(connection, resident_id)
    )
