"""How the ledger puts an access: who asked for what, by which consent, with what outcome."""

from collections.abc import Collection

from consent import service
from consent.ledger.entry import Entry, Value
from consent.model import ConsentVersion, Granter
from consent.policy import Reason
from mynaportal_sim.domains.catalogue import CATEGORIES_OF
from mynaportal_sim.records.demand import Demand, TokenFault
from mynaportal_sim.records.model import Page


def permitted(
    demand: Demand,
    page: Page,
    categories: Collection[str],
    version: ConsentVersion | None,
    holder: bytes,
) -> Entry:
    """An access that is about to happen; `count` records of `categories` at most leave.

    How many of them were `planted` is in each entry, so that none gives away that any were.
    """
    released: dict[str, Value] = {
        "categories": sorted(categories),
        "count": len(page.records),
        "planted": sum(record.planted for record in page.records),
    }
    return Entry("access.permitted", _common(demand, version) | released, holder)


def listed(version: ConsentVersion, page: Page, acting: Granter, holder: bytes) -> Entry:
    """Whoever acts for the person is shown which of their records a consent is about."""
    fields: dict[str, Value] = {
        "app_id": version.app_id,
        "app_name": version.app_name,
        "arrangement": str(version.arrangement_id),
        "consent_version": str(version.id),
        "categories": sorted({record.category for record in page.records}),
        "count": len(page.records),
        "acting_role": acting.role.value,
        "acting_mandate": str(acting.mandate_id),
    }
    return Entry("access.listed", fields, holder)


def refused(
    demand: Demand,
    reason: Reason | TokenFault,
    version: ConsentVersion | None,
    holder: bytes | None,
) -> Entry:
    """An access that did not happen, with the categories it would have touched."""
    wanted: dict[str, Value] = {
        "categories": sorted(CATEGORIES_OF[demand.wish.resource_type]),
        "reason": reason.value,
    }
    return Entry("access.refused", _common(demand, version) | wanted, holder)


def _common(demand: Demand, version: ConsentVersion | None) -> dict[str, Value]:
    token = demand.token
    fields: dict[str, Value] = {
        "app_id": token.client_id,
        "arrangement": str(token.arrangement_id),
        "consent_version": str(token.version_id),
        "request": demand.shown,
    }
    if version is not None:
        terms = version.terms
        fields |= {
            "app_name": version.app_name,
            "purpose": terms.purpose.code,
            "purpose_text": terms.purpose.text,
            "legal_basis": terms.legal_basis.value,
            "supervisor": terms.supervision.officer,
        }
        fields |= service.given_by(version.granter)
    return fields
