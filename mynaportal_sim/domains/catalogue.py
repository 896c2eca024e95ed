"""The kinds of data and the purposes that this portal knows."""

from collections.abc import Mapping

from consent.catalogue import Catalogue, Purpose
from mynaportal_sim.domains import basic, medication
from mynaportal_sim.domains.base import Domain, Resource, Title
from mynaportal_sim.domains.checkup import domain as checkup

DOMAINS: tuple[Domain, ...] = (basic.DOMAIN, checkup.DOMAIN, medication.DOMAIN)

_DPV = "https://w3id.org/dpv#"

PURPOSES = (
    Purpose(
        "self-care",
        "ご自身の健康管理",
        "Managing your own health",
        f"{_DPV}PersonalisedBenefits",
        label_easy="自分の健康（けんこう）のため",
    ),
    Purpose(
        "consultation",
        "医療・健康の相談",
        "Medical and health advice",
        label_easy="病気や健康（けんこう）について、聞くため",
    ),
    Purpose(
        "fitness",
        "運動・食事の提案",
        "Exercise and nutrition suggestions",
        label_easy="いい運動（うんどう）や食事を教えるため",
    ),
    Purpose(
        "insurance",
        "保険の見積もりと契約",
        "Insurance quotes and contracts",
        label_easy="保険（ほけん）のお金を調べたり、保険に入ったりするため",
    ),
    Purpose(
        "research",
        "医学研究への協力",
        "Taking part in medical research",
        f"{_DPV}ResearchAndDevelopment",
        label_easy="病気の研究（けんきゅう）を手伝うため",
    ),
)


HEALTH = frozenset(domain.category.code for domain in (checkup.DOMAIN, medication.DOMAIN))
"""The categories that an emergency or medical research reaches without consent."""


def catalogue() -> Catalogue:
    """Categories and purposes in the order in which a person should read them."""
    return Catalogue.of((domain.category for domain in DOMAINS), PURPOSES)


def entitle(category: str, resource: Resource) -> Title:
    """What a person calls a record of a category."""
    return _DOMAIN_OF[category].entitle(resource)


_DOMAIN_OF = {domain.category.code: domain for domain in DOMAINS}

CATEGORIES_OF: Mapping[str, frozenset[str]] = {
    resource_type: frozenset(
        domain.category.code for domain in DOMAINS if resource_type in domain.resource_types
    )
    for resource_type in sorted({name for domain in DOMAINS for name in domain.resource_types})
}
"""The categories whose data appear as resources of a FHIR type."""
