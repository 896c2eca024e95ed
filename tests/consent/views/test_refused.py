"""What other systems' consents say and ours cannot is refused, by its path."""

from copy import deepcopy
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from consent.catalogue import LegalBasis
from consent.errors import CannotSayError, NotUnderstoodError
from consent.model import Action, ConsentRule, DeclaredPurpose, Effect, Granter, Recipient, Role
from consent.views import fhir
from consent.views.fhir import words
from consent.views.meaning import UNDECLARED
from tests.consent.views.kit import FORMATS, HOUR, NAMING, NOW, PLAIN, Format

RULE = "provision.provision.0"
DETAIL = "0.consentDetail"
PERMISSION = f"{DETAIL}.permission"
CHECKUP = {"system": words.CATEGORY, "code": "checkup"}
NESTED = {"type": "deny", "class": [CHECKUP]}
LABELLED = NESTED | {"securityLabel": [{"code": "PSY"}]}
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
VISIT = [{"careContextReference": "visit-1"}]
UNKNOWN = [{"url": "https://example.invalid/only-if"}]
OF_A_YEAR = "date=ge2024-01-01&date=le2024-12-31"
DISPENSED = f"patient/MedicationDispense.rs?{OF_A_YEAR}".replace("date", "whenhandedover")
# Where in a document something else stands, None where nothing does; and how far below that
# place, or how many steps above it (<), the complaint is.
REFUSED = [
    # A rule within a rule would be lost, or applied everywhere, if it were flattened.
    ("fhir", f"{RULE}.provision", [NESTED], ""),
    ("fhir", "provision.type", "permit", ""),
    ("fhir", "provision.class", [CHECKUP], ""),
    ("fhir", f"{RULE}.type", None, ""),
    ("fhir", f"{RULE}.purpose", [], ""),
    ("fhir", f"{RULE}.dataPeriod", None, ""),
    ("fhir", f"{RULE}.class", None, ""),
    ("fhir", f"{RULE}.class.0.system", "http://hl7.org/fhir/resource-types", ""),
    ("fhir", f"{RULE}.data", [{"meaning": "related"}], ".0.meaning"),
    ("fhir", f"{RULE}.securityLabel", [{"code": "R"}, {"code": "V"}], ""),
    ("fhir", "provision.provision", [LABELLED], ".0.securityLabel"),
    ("fhir", f"{RULE}.code", [{"coding": [{"code": "1"}, {"code": "2"}]}], ".0.coding"),
    ("fhir", f"{RULE}.modifierExtension", UNKNOWN, ".0"),
    ("fhir", "modifierExtension", UNKNOWN, ""),
    ("fhir", "implicitRules", "urn:x", ""),
    ("fhir", "provision.modifierExtension", UNKNOWN, ".0"),
    ("fhir", "provision.period", None, ""),
    ("fhir", "provision.period.end", None, ""),
    ("fhir", "provision.period.end", "2027", ""),
    ("fhir", "provision.period.end", "2037-01-01", "<<"),
    ("fhir", "provision.actor", None, ""),
    ("fhir", "provision.actor.0.reference.reference", "Organization/1", ""),
    ("fhir", "provision.actor.0.role.coding.0.code", "CST", "<"),
    ("fhir", "contained.0.address", None, ""),
    ("fhir", "provision.action", None, ""),
    ("fhir", "provision.action.0.coding.0.code", "use", "<"),
    ("fhir", "provision.purpose", None, ""),
    ("fhir", "provision.purpose.0.system", ACT_REASON, ""),
    ("fhir", "scope.coding.0.code", "research", "<"),
    ("fhir", "status", "not-done", ""),
    ("fhir", "policyRule", None, ""),
    ("fhir", "policyRule.coding.0.code", "APPI-69", "<"),
    ("smart", "scope", "patient/Observation.rs", ""),
    ("smart", "scope", "patient/Coverage.rs", ""),
    ("smart", "scope", f"patient/Observation.rs?{OF_A_YEAR}", ""),
    ("smart", "scope", f"patient/MedicationDispense.rs?{OF_A_YEAR}", ""),
    ("smart", "scope", f"{DISPENSED}&status=completed", ""),
    ("smart", "scope", DISPENSED.replace("le2024", "le2023"), "<"),
    ("smart", "scope", DISPENSED.replace("ge2024-01-01", "ge2024"), ""),
    ("smart", "scope", f"openid {DISPENSED}", ""),
    ("smart", "active", "yes", ""),
    ("smart", "exp", None, ""),
    ("smart", "exp", 0, "<"),
    ("smart", "client_id", None, ""),
    ("abdm", "0.status", "PAUSED", ""),
    ("abdm", f"{PERMISSION}.accessMode", "QUERY", ""),
    ("abdm", f"{PERMISSION}.dataEraseAt", None, ""),
    ("abdm", f"{PERMISSION}.dateRange.to", None, ""),
    ("abdm", f"{PERMISSION}.frequency", {"unit": "HOUR", "value": 1}, ".repeats"),
    ("abdm", f"{DETAIL}.purpose.code", "BTG", ""),
    ("abdm", f"{DETAIL}.hiTypes", ["WellnessRecord"], ".0"),
    ("abdm", f"{DETAIL}.careContexts", VISIT, ".0.careContextReference"),
    ("abdm", f"{DETAIL}.requester", None, ""),
    ("cdr", "status", "paused", ""),
    ("cdr", "sharing_duration", 400 * 86_400, ""),
    ("cdr", "sharing_expires_at", None, ""),
    ("cdr", "data_clusters.0.to", None, ""),
    ("cdr", "consents", [{"type": "use", "uses": ["view"]}], ""),
    ("cdr", "consents.1.uses", ["sell"], ".0"),
]  # fmt: skip


def altered(document: Any, place: str, value: object) -> Any:
    """The document with another value at a place, or without it where that is None."""
    document = deepcopy(document)
    *way, last = (int(key) if key.isdecimal() else key for key in place.split("."))
    inner = document
    for key in way:
        inner = inner[key]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return document


def path_of(place: str, further: str) -> str:
    """The path by which a complaint names a place, or one below or above it."""
    keys = place.split(".")
    above = further.count("<")
    keys = keys[: len(keys) - above] if above else [*keys, *further.split(".")[1:]]
    return "$" + "".join(f"[{key}]" if key.isdecimal() else f".{key}" for key in keys)


@pytest.mark.parametrize(
    ("name", "place", "value", "further"),
    REFUSED,
    ids=[f"{name}:{place}={value}"[:60] for name, place, value, _ in REFUSED],
)
def test_it_is_refused_with_its_path(
    name: str, place: str, value: object, further: str
) -> None:
    format_ = Format(name)
    with pytest.raises(NotUnderstoodError) as refused:
        format_.read(altered(format_.tell(PLAIN), place, value))
    assert refused.value.path == path_of(place, further)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.name)
def test_what_is_told_of_a_plain_consent_is_understood(format_: Format) -> None:
    read = format_.read(format_.tell(PLAIN))
    assert read.terms.rules == PLAIN.terms.rules
    unsaid = DeclaredPurpose("", "", UNDECLARED)
    assert read.terms.purpose == (unsaid if format_.name == "smart" else PLAIN.terms.purpose)
    assert read.terms.valid_until in {PLAIN.terms.valid_until, PLAIN.terms.valid_until - HOUR}
    assert set(read.ignored) <= {"$.policyRule.text"}


def test_a_denial_without_days_is_of_all_of_them() -> None:
    document = fhir.tell(PLAIN, NOW, NAMING)
    denied = altered(document, "provision.provision", [NESTED])
    provision: Any = document["provision"]
    denied = altered(document, "provision.provision", [*provision["provision"], NESTED])
    rule = fhir.read(denied).terms.rules[1]
    assert (rule.effect, rule.period_from.year, rule.period_to.year) == (Effect.DENY, 1, 9999)


def test_a_label_of_another_system_is_met_by_itself_alone() -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    document = altered(fhir.tell(PLAIN, NOW, NAMING), f"{RULE}.securityLabel", [label])
    (rule,) = fhir.read(document).terms.rules
    assert rule.labels == (f"{label['system']}|R",)


def test_the_app_is_not_told_who_answered() -> None:
    proxy = replace(PLAIN, granter=Granter(Role.PROXY, UUID(int=7)))
    copies = [fhir.tell(one, NOW, NAMING, for_app=True) for one in (PLAIN, proxy)]
    assert copies[0] == copies[1]
    assert "performer" in fhir.tell(PLAIN, NOW, NAMING)


def test_the_app_s_copy_tells_nothing_of_what_is_kept_back_and_is_not_read_back() -> None:
    kept = replace(PLAIN.terms.rules[0], category="medication", effect=Effect.DENY)
    rules = (*PLAIN.terms.rules, kept)
    version = replace(PLAIN, terms=replace(PLAIN.terms, rules=rules))
    document = fhir.tell(version, NOW, NAMING, for_app=True)
    assert "medication" not in str(document)
    with pytest.raises(NotUnderstoodError, match="not whole"):
        fhir.read(document)


CANNOT_BE_SAID = [
    ("abdm", {"rules": (replace(PLAIN.terms.rules[0], category="basic"),)}, "rules"),
    ("abdm", {"purpose": replace(PLAIN.terms.purpose, code="fun")}, "purpose"),
    ("abdm", {"recipients": (Recipient("x", "DE"),)}, "recipients"),
    ("cdr", {"actions": frozenset({Action.TRAIN_MODEL})}, "actions"),
    ("cdr", {"minimum_cell": 10}, "minimum cell"),
    ("cdr", {"legal_basis": LegalBasis.LAW}, "legal basis"),
    ("cdr", {"research_terms": ("DUO:0000042",)}, "research terms"),
    ("cdr", {"rules": (replace(PLAIN.terms.rules[0], rolling_days=30),)}, "rules"),
]


@pytest.mark.parametrize(
    ("name", "changes", "what"),
    CANNOT_BE_SAID,
    ids=[f"{name}:{what}" for name, _, what in CANNOT_BE_SAID],
)
def test_what_a_format_cannot_say_without_giving_more_is_not_told(
    name: str, changes: dict[str, Any], what: str
) -> None:
    with pytest.raises(CannotSayError) as refused:
        Format(name).tell(replace(PLAIN, terms=replace(PLAIN.terms, **changes)))
    assert refused.value.what.startswith(what)


def test_artefacts_of_one_consent_are_read_as_one() -> None:
    first = PLAIN.terms.rules[0]
    rules = (first, ConsentRule("medication", first.period_from, first.period_from))
    told = Format("abdm").tell(replace(PLAIN, terms=replace(PLAIN.terms, rules=rules)))
    assert len(told) == 2
    assert set(Format("abdm").read(told).terms.rules) == set(rules)
    with pytest.raises(NotUnderstoodError, match="differ in more"):
        Format("abdm").read(altered(told, "1.status", "REVOKED"))


def test_an_artefact_of_another_country_gives_what_it_says_at_its_strictest() -> None:
    told = altered(
        Format("abdm").tell(PLAIN), "0.consentDetail.purpose", {"text": "t", "code": "PATRQT"}
    )
    hourly = {"unit": "HOUR", "value": 1, "repeats": 0}
    told = altered(told, "0.consentDetail.permission.frequency", hourly)
    days = {"from": "2020-01-01T10:00:00.000Z", "to": "2020-12-31T10:00:00.000Z"}
    read = Format("abdm").read(altered(told, "0.consentDetail.permission.dateRange", days))
    (rule,) = read.terms.rules
    assert (rule.period_from.isoformat(), rule.period_to.isoformat()) == (
        "2020-01-02", "2020-12-30",
    )  # fmt: skip
    assert read.terms.usage.max_uses == 1
    assert read.terms.purpose.version == 0
