"""A version as a FHIR R4 Consent."""

from collections.abc import Iterator
from datetime import datetime
from math import ceil

from consent.model import (
    ConsentRule,
    ConsentVersion,
    Notice,
    OnwardTransfer,
    Recipient,
    Retention,
    Role,
    Supervision,
    Terms,
)
from consent.views import states
from consent.views.fhir import words
from consent.views.meaning import Json, Naming
from consent.views.reading import last_written, written

_BASE = "Nothing is given that no provision permits, nor what any provision denies."


def tell(
    version: ConsentVersion, now: datetime, naming: Naming, *, for_app: bool = False
) -> Json:
    """`version` as it stands at `now`.

    The app is told neither what is kept back from it nor whether the person answered.
    """
    terms = version.terms
    patient = {"reference": f"Patient/{naming.patient}"}
    resource: Json = {
        "resourceType": "Consent",
        "id": naming.version,
        "meta": _meta(subsetted=for_app),
        "contained": [
            _organisation(number, one) for number, one in enumerate(terms.recipients, 1)
        ],
        "extension": list(_described(version)),
        "identifier": [{"system": words.URN, "value": version.arrangement_id.urn}],
        "status": states.FHIR.told[version.status(now)],
        "scope": {"coding": [words.SCOPE.coding]},
        "category": [{"coding": [words.KIND.coding]}],
        "patient": patient,
        "dateTime": written(version.answered_at),
        "policyRule": {"coding": [words.BASES[terms.legal_basis].coding], "text": _BASE},
        "provision": _provision(version, naming, for_app=for_app),
    }
    if version.granter.role is Role.SELF and not for_app:
        resource["performer"] = [patient]
    return resource


def _meta(*, subsetted: bool) -> Json:
    meta: Json = {"security": [words.SIMULATED.coding]}
    return meta | {"tag": [words.SUBSETTED.coding]} if subsetted else meta


def _organisation(number: int, recipient: Recipient) -> Json:
    return {
        "resourceType": "Organization",
        "id": f"r{number}",
        "name": recipient.name,
        "address": [{"country": recipient.country}],
    }


def _described(version: ConsentVersion) -> Iterator[Json]:
    """What describes, and what widens where it is not the usual."""
    terms = version.terms
    app = {"system": words.APP, "code": version.app_id, "display": version.app_name}
    yield {"url": words.APP, "valueCoding": app}
    if terms.onward_transfer is not OnwardTransfer.PROHIBITED:
        yield {"url": words.ONWARD_TRANSFER, "valueCode": terms.onward_transfer.value}
    watched, notice = terms.supervision, terms.notice
    if watched != Supervision(""):
        yield _extension(
            words.SUPERVISION,
            officer=watched.officer,
            authority=watched.authority,
            ethicsApproval=watched.ethics_approval,
            reviewer=watched.reviewer,
        )
    if notice != Notice("", ""):
        yield _extension(
            words.NOTICE,
            version=notice.version,
            language=notice.language,
            variant=notice.variant,
        )


def _provision(version: ConsentVersion, naming: Naming, *, for_app: bool) -> Json:
    """The context that holds for every rule, and the rules."""
    terms = version.terms
    purpose = terms.purpose
    said: Json = {
        "period": {"start": written(terms.valid_from), "end": last_written(terms.valid_until)},
        "actor": [
            {
                "role": {"coding": [words.RELATIONS[one.relation].coding]},
                "reference": {"reference": f"#r{number}"},
            }
            for number, one in enumerate(terms.recipients, 1)
        ],
        "action": [{"coding": [words.ACTIONS[one].coding]} for one in sorted(terms.actions)],
        "purpose": [
            {
                "system": words.PURPOSE,
                "version": str(purpose.version),
                "code": purpose.code,
                "display": purpose.text,
            }
        ],
    }
    limits = list(_limits(version))
    if limits:
        said["modifierExtension"] = limits
    rules = [_rule(rule, naming) for rule in terms.rules if rule.permits or not for_app]
    return said | {"provision": rules} if rules else said


def _limits(version: ConsentVersion) -> Iterator[Json]:
    """What narrows and has no element of its own."""
    terms = version.terms
    if terms.usage.limited:
        yield _usage(version)
    if terms.minimum_cell:
        yield {"url": words.MINIMUM_CELL, "valuePositiveInt": terms.minimum_cell}
    if terms.retention != Retention():
        yield _retention(terms)
    for term in terms.research_terms:
        yield {"url": words.RESEARCH_TERM, "valueString": term}


def _usage(version: ConsentVersion) -> Json:
    usage = version.terms.usage
    return _extension(
        words.USAGE,
        maxUses=usage.max_uses,
        minInterval=ceil(usage.min_interval.total_seconds()) or None,
        uses=version.uses or None,
        usedAt=None if version.used_at is None else written(version.used_at),
    )


def _retention(terms: Terms) -> Json:
    kept = terms.retention
    after = kept.erase_after
    return _extension(
        words.RETENTION,
        eraseAfter=None if after is None else int(after.total_seconds()),
        onWithdrawal=kept.on_withdrawal.value,
        deadline=int(kept.deadline.total_seconds()),
    )


def _rule(rule: ConsentRule, naming: Naming) -> Json:
    said: Json = {
        "type": rule.effect.value,
        "class": [{"system": words.CATEGORY, "code": rule.category}],
        "dataPeriod": {
            "start": rule.period_from.isoformat(),
            "end": rule.period_to.isoformat(),
        },
    }
    modifiers: list[Json] = []
    if rule.rolling_days:
        modifiers.append({"url": words.ROLLING_DAYS, "valuePositiveInt": rule.rolling_days})
    if rule.codes:
        said["code"] = [{"coding": [_coding(code)]} for code in rule.codes]
    if rule.labels:
        modifiers.append({"url": words.LABEL_MATCH, "valueCode": words.EXACTLY_ANY})
        said["securityLabel"] = [_coding(label) for label in rule.labels]
    if modifiers:
        said["modifierExtension"] = modifiers
    if rule.items:
        said["data"] = [
            {
                "meaning": "instance",
                "reference": {
                    "identifier": {"system": words.URN, "value": naming.record(item).urn}
                },
            }
            for item in rule.items
        ]
    return said


def _coding(written_: str) -> Json:
    system, _, code = written_.partition("|")
    return {name: held for name, held in (("system", system), ("code", code)) if held}


def _extension(url: str, **parts: str | int | None) -> Json:
    """An extension of parts, without those that say nothing."""
    return {
        "url": url,
        "extension": [
            {"url": name, "valueInteger" if isinstance(held, int) else "valueString": held}
            for name, held in parts.items()
            if held not in {None, ""}
        ],
    }
