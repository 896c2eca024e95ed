"""What happens to erasures, as units of work; each step is an entry of the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Connection

from consent.instants import rfc3339
from consent.ledger import store as ledger
from consent.ledger.entry import Entry, Value
from consent.store.outbox import Notice
from mynaportal_sim.erasure import store
from mynaportal_sim.erasure.certificate import Expected, check
from mynaportal_sim.erasure.claims import Claims
from mynaportal_sim.erasure.errors import NoSuchErasureError
from mynaportal_sim.erasure.faults import Refusal
from mynaportal_sim.erasure.model import ErasureCase, State, Step, Word
from mynaportal_sim.jose import PublicKey
from mynaportal_sim.opaque import Randomness


@dataclass(frozen=True, slots=True)
class Attestation:
    """A certificate that an app brings for one case, and the keys that it may be signed by.

    `recipients` are the keys of those recipients who certify themselves, by name.
    """

    app_id: str
    version_id: UUID
    certificate: str
    issuer: str
    keys: Sequence[PublicKey]
    recipients: Mapping[str, Sequence[PublicKey]]


def open_cases(
    connection: Connection, notices: Iterable[Notice], now: datetime, randomness: Randomness
) -> None:
    """Ask apps to erase what ended consents had given them, once for each version."""
    for notice in notices:
        case = None if notice.erase_by is None else _case(notice, notice.erase_by, now)
        if case is not None and store.add(connection, case):
            told: dict[str, Value] = {
                "ended": case.ended,
                "on_end": case.on_end.value,
                "erase_by": rfc3339(case.due_at),
            }
            _enter(connection, case, told, now, randomness)


def acknowledge(
    connection: Connection, app_id: str, version_id: UUID, now: datetime, randomness: Randomness
) -> ErasureCase:
    """Note that an app knows what it must erase; repeated, it changes nothing.

    Raises:
        NoSuchErasureError: the app has no such duty.
        ErasureSettledError: the app has said more before.
    """
    case = _locked(connection, app_id, version_id)
    if case.state is State.ACKNOWLEDGED:
        return case
    moved = case.after(Step.ACKNOWLEDGE, now)
    store.save(connection, moved)
    _enter(connection, moved, {"erase_by": rfc3339(moved.due_at)}, now, randomness)
    return moved


def attest(
    connection: Connection, brought: Attestation, now: datetime, randomness: Randomness
) -> ErasureCase | Refusal:
    """Take a certificate, or note what is wrong with it; the same again changes nothing.

    Raises:
        NoSuchErasureError: the app has no such duty.
        ErasureSettledError: another certificate was taken before, and this says no more.
    """
    case = _locked(connection, brought.app_id, brought.version_id)
    if case.certificate == brought.certificate:
        return case
    expected = Expected(case, brought.issuer, brought.keys, brought.recipients)
    said = check(brought.certificate, expected, now)
    if isinstance(said, Refusal):
        refused_at = now.replace(microsecond=0)
        store.save(connection, replace(case, fault=said.fault.value, refused_at=refused_at))
        return said
    awaited = said.awaited(brought.recipients)
    word = Word(said.step(awaited), brought.certificate, said.retained_until, awaited)
    moved = replace(case.certified(word, now), fault="", refused_at=None)
    store.save(connection, moved)
    _enter(connection, moved, _attested(said, moved), now, randomness)
    return moved


def _locked(connection: Connection, app_id: str, version_id: UUID) -> ErasureCase:
    case = store.lock(connection, app_id, version_id)
    if case is None:
        raise NoSuchErasureError
    return case


def _case(notice: Notice, due_at: datetime, now: datetime) -> ErasureCase:
    return ErasureCase(
        version_id=notice.version_id,
        arrangement_id=notice.arrangement_id,
        app_id=notice.app_id,
        app_name=notice.app_name,
        holder=notice.holder,
        ended=notice.what,
        ended_at=notice.happened,
        on_end=notice.on_end,
        due_at=due_at,
        categories=notice.categories,
        passed_on=notice.passed_on,
        state=State.REQUESTED,
        state_since=now.replace(microsecond=0),
    )


def _attested(said: Claims, moved: ErasureCase) -> dict[str, Value]:
    erased = [one for one in said.passed_on if one.own is not None and not one.own.retains]
    told: dict[str, Value] = {
        "count": said.total,
        "method": said.method.value,
        "derived": said.derived.value,
        "passed_on": [one.name for one in said.passed_on],
        "recipients_certified": len(erased),
        "recipients_awaited": len(moved.awaited),
        "certificate_hash": sha256(moved.certificate.encode()).hexdigest(),
    }
    if said.retained_until is not None:
        told |= {"law": said.law, "until": rfc3339(said.retained_until)}
    return told


def _enter(
    connection: Connection,
    case: ErasureCase,
    told: dict[str, Value],
    now: datetime,
    randomness: Randomness,
) -> None:
    """Enter what a case has come to."""
    fields: dict[str, Value] = {
        "app_id": case.app_id,
        "app_name": case.app_name,
        "arrangement": str(case.arrangement_id),
        "consent_version": str(case.version_id),
        "categories": list(case.categories),
        **told,
    }
    entry = Entry(f"erasure.{case.state.value}", fields, case.holder)
    ledger.append(connection, entry, now, randomness)
