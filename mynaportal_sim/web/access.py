"""Who could get a person's data at this moment, and by what; with the way to end it."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from consent import service
from consent.instants import rfc3339
from consent.model import ConsentVersion, Prohibition
from consent.policy import Deny, Permit
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.access_keys import Key
from mynaportal_sim.disclosure.present import Arranged, JudgedKey, Present
from mynaportal_sim.oauth import holdings
from mynaportal_sim.web.acting import WholeDep
from mynaportal_sim.web.entry import basis_line, reason_line
from mynaportal_sim.web.kept import Portal, PortalDep, category_labels, purpose_line
from mynaportal_sim.web.render import Page, PageDep

router = APIRouter()


class Given(NamedTuple):
    """A kind of data, with the first and the last day of the records that may be had."""

    category: str
    first: date
    last: date


class StepOut(NamedTuple):
    """What the decision made of one consent: its answer, and why not, empty if it counts."""

    number: int
    answered: datetime
    reason: str


class KeyOut(NamedTuple):
    """An access key of the app's, and why it is good for nothing, empty if it is good."""

    since: datetime
    ends: datetime
    revoked: datetime | None
    works: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ArrangedOut:
    """How one arrangement stands, in words."""

    app: str
    app_name: str
    purpose: str
    legal_basis: str
    supervisor: str
    given: list[Given]
    valid_until: datetime
    permitted: bool
    reachable: bool
    reason: str
    consent: str
    withdraw: str
    trace: list[StepOut]
    keys: list[KeyOut]

    @classmethod
    def of(
        cls, one: Arranged, versions: dict[UUID, ConsentVersion], portal: Portal, page: Page
    ) -> "ArrangedOut":
        """`one` in the reader's language; `versions` are the person's by their ids."""
        version, decision = one.version, one.decision
        address = f"/consents/{version.arrangement_id}"
        terms, purpose = version.terms, version.terms.purpose
        return cls(
            app=version.app_id,
            app_name=version.app_name,
            purpose=purpose_line(portal.catalogue, purpose.code, purpose.text, page),
            legal_basis=basis_line(terms.legal_basis.value, page),
            supervisor=terms.supervision.officer.strip(),
            given=_given(decision, portal, page),
            valid_until=terms.valid_until,
            permitted=one.permitted,
            reachable=one.reachable,
            reason=reason_line(decision.reason, page) if isinstance(decision, Deny) else "",
            consent=f"{address}/{version.id}",
            withdraw=f"{address}/withdraw?version={version.id}" if one.permitted else "",
            trace=[
                StepOut(
                    versions[step.version_id].number,
                    versions[step.version_id].answered_at,
                    reason_line(step.reason, page) if step.reason else "",
                )
                for step in decision.trace
            ],
            keys=[_key(judged, page) for judged in one.keys],
        )

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        return asdict(self) | {
            "given": [
                {"category": one.category, "from": str(one.first), "to": str(one.last)}
                for one in self.given
            ],
            "valid_until": rfc3339(self.valid_until),
            "trace": [
                {**step._asdict(), "answered": rfc3339(step.answered)} for step in self.trace
            ],
            "keys": [
                {
                    **key._asdict(),
                    "since": rfc3339(key.since),
                    "ends": rfc3339(key.ends),
                    "revoked": key.revoked and rfc3339(key.revoked),
                }
                for key in self.keys
            ],
        }


@router.get("/access")
async def access(page: PageDep, resident: WholeDep, portal: PortalDep) -> Response:
    """Show each app that could get something now, and each that could and no longer can."""
    seen = await portal.db.read(_look, resident.resident_id)
    present = Present(seen.versions, seen.declared, portal.now, seen.prohibitions)
    by_id = {version.id: version for version in seen.versions}
    found = [ArrangedOut.of(one, by_id, portal, page) for one in present.arranged(seen.keys)]
    if page.for_program:
        at = rfc3339(portal.now)
        return page.data({"at": at, "arrangements": [one.plain for one in found]})
    values: dict[str, object] = {
        "reachable": [one for one in found if one.reachable],
        "permitted": [one for one in found if one.permitted and not one.reachable],
        "ended": [one for one in found if not one.permitted and not one.reachable],
        "now": portal.now,
    }
    return page("access.html", values)


class _Sight(NamedTuple):
    """A person's answers, the keys to them, what apps declare, and what is prohibited."""

    versions: list[ConsentVersion]
    keys: list[Key]
    declared: dict[str, int]
    prohibitions: list[Prohibition]


def _look(connection: Connection, resident_id: UUID) -> _Sight:
    """All that tells who could get something now, on one snapshot."""
    histories = service.of_resident(connection, resident_id)
    held = holdings.of_arrangements(connection, [one.arrangement.id for one in histories])
    versions = [version for history in histories for version in history.versions]
    return _Sight(
        versions,
        held,
        apps.purpose_versions(connection),
        service.prohibitions(connection, resident_id),
    )


def _given(decision: Permit | Deny, portal: Portal, page: Page) -> list[Given]:
    if isinstance(decision, Deny):
        return []
    return [
        Given(
            category_labels(portal.catalogue, [allowed.category], page)[0],
            allowed.period_from,
            allowed.period_to,
        )
        for share in decision.filter.shares
        for allowed in share.allowances
    ]


def _key(judged: JudgedKey, page: Page) -> KeyOut:
    key, decision = judged
    reason = reason_line(decision.reason, page) if isinstance(decision, Deny) else ""
    return KeyOut(key.since, key.ends, key.revoked, judged.works, reason)
