"""How the ledger puts what happens to consents."""

from collections.abc import Mapping
from types import MappingProxyType

from consent.instants import rfc3339
from consent.ledger.entry import Entry, Value
from consent.mandate import Mandate
from consent.model import Actor, ConsentVersion, Event, Evidence, Granter, Role, Terms
from consent.receipt import answer_sha256
from consent.service.wishes import Change, Proposal

# What a state alone does not tell.
_NAMES = {Event.RESUME: "resumed"}


def asked(proposal: Proposal) -> Entry:
    """A resident is shown what an app asks."""
    fields: dict[str, Value] = {
        "app_id": proposal.app_id,
        "app_name": proposal.app_name,
        "consent_version": str(proposal.id),
        "categories": sorted(proposal.terms.categories),
    }
    fields |= _told(proposal.terms) | acting_as(proposal.granter)
    return Entry("consent.requested", fields, proposal.holder)


def answered(version: ConsentVersion, holder: bytes, acting: Granter) -> Entry:
    """A resident, or `acting` for them, has answered, or put the answer off."""
    evidence = version.evidence
    fields = _answer(version, evidence.channel)
    if evidence.signed_with:
        fields["signed_with"] = evidence.signed_with
        fields["statement_sha256"] = evidence.statement_sha256
        fields["signature_sha256"] = evidence.signature_sha256
    fields |= helped(evidence.assisted_by) | acting_as(acting)
    return Entry(f"consent.{version.state}", fields, holder)


def agreed(version: ConsentVersion, holder: bytes, acting: Granter) -> Entry:
    """A guardian has agreed to what now awaits the minor's assent."""
    evidence = version.evidence
    fields = _answer(version, evidence.channel) | helped(evidence.assisted_by)
    return Entry("consent.agreed", fields | acting_as(acting), holder)


def assented(version: ConsentVersion, evidence: Evidence, holder: bytes) -> Entry:
    """A minor, known by `evidence`, has assented to what a guardian agreed to."""
    fields = _answer(version, evidence.channel) | helped(evidence.assisted_by)
    return Entry("consent.assented", fields, holder)


def changed(version: ConsentVersion, change: Change) -> Entry:
    """Something has happened to an answer; `version` is what came of it."""
    fields = _common(version, change.channel)
    if change.actor is not Actor.PERSON:
        fields["by"] = change.actor.value
    if change.reason:
        fields["reason"] = change.reason
    fields |= helped(change.assisted_by)
    name = _NAMES.get(change.event, version.state.value)
    return Entry(f"consent.{name}", fields | acting_as(change.acting), change.holder)


def of_mandate(
    name: str, mandate: Mandate, holder: bytes, more: Mapping[str, str] = MappingProxyType({})
) -> Entry:
    """Something has happened to a mandate, in its principal's history."""
    scope = mandate.scope
    fields: dict[str, Value] = {
        "mandate": str(mandate.id),
        "acting_role": mandate.role.value,
        "acts": sorted(scope.acts),
    }
    if scope.categories is not None:
        fields["categories"] = sorted(scope.categories)
    fields |= {key: text for key, text in more.items() if text}
    return Entry(f"mandate.{name}", fields, holder)


def acting_as(granter: Granter) -> dict[str, Value]:
    """Who acts for the person, where it is not they: as what, and under which mandate."""
    if granter.role is Role.SELF:
        return {}
    return {
        "acting_role": granter.role.value,
        "acting_mandate": str(granter.mandate_id),
    }


def given_by(granter: Granter) -> dict[str, Value]:
    """Who gave the consent that something rests on, where the person did not give it."""
    if granter.role is Role.SELF:
        return {}
    return {"granter_role": granter.role.value, "mandate": str(granter.mandate_id)}


def helped(by: str) -> dict[str, Value]:
    """Who helped whoever did it, as at a counter; nothing for nobody."""
    return {"assisted_by": by} if by else {}


def _answer(version: ConsentVersion, channel: str) -> dict[str, Value]:
    """What is common to all that is entered of an answer when it is given."""
    return _common(version, channel) | {"answer_sha256": answer_sha256(version)}


def _common(version: ConsentVersion, channel: str) -> dict[str, Value]:
    terms = version.terms
    fields: dict[str, Value] = {
        "app_id": version.app_id,
        "app_name": version.app_name,
        "arrangement": str(version.arrangement_id),
        "consent_version": str(version.id),
        "number": version.number,
        "asked": sorted({rule.category for rule in version.asked if rule.permits}),
        "categories": sorted(terms.categories),
        "channel": channel,
    }
    return fields | given_by(version.granter) | _told(terms)


def _told(terms: Terms) -> dict[str, Value]:
    """What the ledger says of terms, but for what is asked or given."""
    return {
        "purpose": terms.purpose.code,
        "purpose_text": terms.purpose.text,
        "legal_basis": terms.legal_basis.value,
        "supervisor": terms.supervision.officer,
        "recipients": [one.shown for one in terms.recipients],
        "valid_from": rfc3339(terms.valid_from),
        "valid_until": rfc3339(terms.valid_until),
        **_limits(terms),
    }


def _limits(terms: Terms) -> dict[str, Value]:
    """Further limits, where the terms have any."""
    fields: dict[str, Value] = {}
    if terms.purpose.version > 1:
        fields["purpose_version"] = terms.purpose.version
    if terms.usage.max_uses is not None:
        fields["max_uses"] = terms.usage.max_uses
    if terms.left_out:
        fields["records_left_out"] = len(terms.left_out)
    watched = terms.supervision
    for name in ("authority", "ethics_approval", "reviewer"):
        if said := getattr(watched, name):
            fields[name] = said
    return fields
