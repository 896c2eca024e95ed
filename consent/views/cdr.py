"""A consent as an arrangement of Australia's Consumer Data Right (CDR), and back.

No standard says how an arrangement is written down; this is a document of our own in the CDR's
words: one id that stays, a sharing duration of at most 12 months or once, clusters of data,
separate consents to collect, to use and to disclose, and whether the person elects deletion.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from consent.model import (
    ONCE,
    Action,
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Notice,
    OnWithdrawal,
    Recipient,
    Retention,
    Supervision,
    Terms,
    Usage,
)
from consent.views import states
from consent.views.meaning import Json, Loss, Naming, Understood
from consent.views.plainest import (
    ERASING,
    ending_in_time,
    left_of,
    plainest,
    sole_recipient,
)
from consent.views.reading import Node, written

LOSSES = (
    Loss("suspended, revoked, invalidated, lapsed", "`withdrawn`"),
    Loss("used up", "`expired`, read as withdrawn"),
    Loss("codes, labels, single records, rolling periods", "rules that have them give nothing"),
    Loss("rules that keep back", "nothing of their category is given"),
    Loss("several uses, or uses at intervals", "once: a sharing duration of 0"),
    Loss("recipients but the first, onward transfer", "not given"),
    Loss("erasure apart from the validity", "data are erased an hour after the end, or sooner"),
    Loss("data kept by law", "deletion is elected"),
    Loss("other legal bases, minimum cell, research terms", "cannot be said"),
    Loss("notice, supervision, evidence, mandate", "left out"),
)

_ABOUT = {"cdr_arrangement_id", "consent_id", "customer", "client_id", "client_name"}
_MEANT = {
    "status", "legal_entity_name", "sharing_from", "sharing_duration", "sharing_expires_at",
    "data_clusters", "consents", "purpose", "deletion_election",
}  # fmt: skip
_USES = {one.value: one for one in Action if one is not Action.DISCLOSE}
_KINDS = {kind: kind for kind in ("collection", "use", "disclosure")}
_YEAR_MAX = 366 * 86_400


def tell(version: ConsentVersion, now: datetime, country: str, naming: Naming) -> Json:
    """`version` as it stands at `now`, for the recipient in this country.

    Raises CannotSayError where less would not do.
    """
    terms = version.terms
    rules = plainest(terms, lambda rule: not rule.items)
    span = ending_in_time(terms, left_of(version))
    once = terms.usage.limited
    return {
        "cdr_arrangement_id": str(version.arrangement_id),
        "consent_id": naming.version,
        "customer": naming.patient,
        "client_id": version.app_id,
        "client_name": version.app_name,
        "legal_entity_name": sole_recipient(terms, country).name,
        "status": states.CDR.told[version.status(now)],
        "sharing_from": written(span.first),
        "sharing_expires_at": written(span.until),
        "sharing_duration": 0 if once else int((span.until - span.first).total_seconds()),
        "data_clusters": [_cluster(rule) for rule in rules],
        "consents": list(_consents(terms.actions)),
        "purpose": {
            "code": terms.purpose.code,
            "text": terms.purpose.text,
            "version": terms.purpose.version,
        },
        "deletion_election": terms.retention.on_withdrawal is not OnWithdrawal.DEIDENTIFY,
    }


def _cluster(rule: ConsentRule) -> Json:
    return {
        "id": rule.category,
        "from": rule.period_from.isoformat(),
        "to": rule.period_to.isoformat(),
    }


def _consents(actions: Collection[Action]) -> list[Json]:
    uses = sorted(one.value for one in actions if one is not Action.DISCLOSE)
    kinds: list[Json] = [{"type": "collection"}, {"type": "use", "uses": uses}]
    return [*kinds, {"type": "disclosure"}] if Action.DISCLOSE in actions else kinds


def read(document: object, country: str) -> Understood:
    """What an arrangement means here, its recipient being in this country.

    Raises NotUnderstoodError, with the path, where terms could say it only by giving more.
    """
    root = Node(document)
    root.only(_ABOUT | _MEANT)
    first, until, usage = _sharing(root)
    elected = root.member("deletion_election").truth()
    terms = Terms(
        rules=tuple(map(_rule, root.member("data_clusters").parts())),
        purpose=_purpose(root.member("purpose")),
        recipients=(Recipient(root.member("legal_entity_name").text(), country),),
        valid_from=first,
        valid_until=until,
        notice=Notice("", ""),
        supervision=Supervision(""),
        actions=_actions(root.member("consents")),
        usage=usage,
        retention=Retention(
            None, OnWithdrawal.DELETE if elected else OnWithdrawal.DEIDENTIFY, ERASING
        ),
    )
    with root.held_to_the_rules():
        terms.check()
    state = root.member("status").one_of(states.CDR.read)
    return Understood(terms, state, ignored=tuple(root.ignored))


def _sharing(root: Node) -> tuple[datetime, datetime, Usage]:
    """From when until when, and how often; whichever of two ends comes first holds."""
    first, ends = root.member("sharing_from").instant(), root.member("sharing_expires_at")
    duration = root.member("sharing_duration").whole(most=_YEAR_MAX)
    if not duration:
        return first, ends.instant(), ONCE
    return first, min(ends.instant(), _later(root, first, duration)), Usage()


def _later(root: Node, first: datetime, seconds: int) -> datetime:
    try:
        return first + timedelta(seconds=seconds)
    except OverflowError:
        raise root.member("sharing_from").wrong("lies after all time") from None


def _rule(cluster: Node) -> ConsentRule:
    cluster.only({"id", "from", "to"})
    with cluster.held_to_the_rules():
        return ConsentRule(
            cluster.member("id").text(),
            cluster.member("from").day(),
            cluster.member("to").day(),
        )


def _purpose(purpose: Node) -> DeclaredPurpose:
    purpose.only({"code", "text", "version"})
    return DeclaredPurpose(
        purpose.member("code").text(),
        purpose.member("text").text(),
        purpose.member("version").whole(),
    )


def _actions(consents: Node) -> frozenset[Action]:
    """What is consented to; without a consent to collect nothing is handed over."""
    kinds: dict[str, Node] = {}
    for one in consents.parts():
        kind = one.member("type").one_of(_KINDS)
        one.only({"type", "uses"} if kind == "use" else {"type"})
        if kinds.setdefault(kind, one) is not one:
            raise one.wrong(f"is a second consent to {kind}")
    for needed in ("collection", "use"):
        if needed not in kinds:
            raise consents.wrong(f"no consent to {needed}")
    uses = {part.one_of(_USES) for part in kinds["use"].member("uses").parts()}
    return frozenset(uses | {Action.DISCLOSE} if "disclosure" in kinds else uses)
