"""A version as artefacts of ABDM."""

from datetime import date, datetime, time, timedelta
from itertools import groupby
from math import ceil
from urllib.parse import quote
from uuid import UUID

from consent.errors import CannotSayError
from consent.japan import JST
from consent.model import Action, ConsentRule, ConsentVersion, DeclaredPurpose
from consent.views import states
from consent.views.abdm.words import HERE, HOUR, PURPOSES, Words
from consent.views.meaning import Json, Naming
from consent.views.plainest import Span, left_of, plainest, sole_recipient
from consent.views.reading import last_written, written

# Days whose ends are instants in every time zone.
_FIRST_DAY, _LAST_DAY = date(1, 1, 2), date(9999, 12, 30)


def tell(version: ConsentVersion, now: datetime, words: Words, naming: Naming) -> list[Json]:
    """`version` as it stands at `now`. Raises CannotSayError where less would not do."""
    terms = version.terms
    rules = plainest(terms, lambda rule: rule.category in words.hi_types)
    span = left_of(version)
    common: Json = {
        "schemaVersion": "v1",
        "consentId": naming.version,
        "createdAt": written(span.first),
        "purpose": _purpose(terms.purpose, words),
        "patient": {"id": naming.patient},
        "consentManager": {"id": HERE},
        "hip": {"id": HERE},
        "hiu": {"id": version.app_id, "name": version.app_name},
        "requester": {"name": sole_recipient(terms, words.country).name},
    }
    permission: Json = {
        "accessMode": "STORE" if Action.STORE in terms.actions else "VIEW",
        "dataEraseAt": written(span.until),
    }
    if terms.usage.limited:
        permission["frequency"] = _left_to_use(version, span)
    return [
        {
            "status": states.ABDM.told[version.status(now)],
            "consentDetail": common
            | _records(list(alike), words, naming)
            | {"permission": permission | {"dateRange": _days(first, last)}},
        }
        for (first, last, _), alike in groupby(sorted(rules, key=_range), key=_range)
    ]


def _range(rule: ConsentRule) -> tuple[date, date, tuple[UUID, ...]]:
    return rule.period_from, rule.period_to, rule.items


def _records(rules: list[ConsentRule], words: Words, naming: Naming) -> Json:
    said: Json = {"hiTypes": sorted({words.hi_types[rule.category] for rule in rules})}
    items = rules[0].items
    if items:
        said["careContexts"] = [
            {
                "patientReference": naming.patient,
                "careContextReference": naming.record(item).urn,
            }
            for item in items
        ]
    return said


def _purpose(purpose: DeclaredPurpose, words: Words) -> Json:
    code = words.purposes.get(purpose.code)
    if code is None:
        raise CannotSayError(f"purpose {purpose.code}", "ABDM has no code for it")
    uri = f"{PURPOSES}{quote(purpose.code, safe='')}/{purpose.version}"
    return {"text": purpose.text, "code": code, "refUri": uri}


def _days(first: date, last: date) -> Json:
    begins = _midnight(max(first, _FIRST_DAY))
    over = _midnight(min(last, _LAST_DAY) + timedelta(days=1))
    return {"from": written(begins), "to": last_written(over)}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), JST)


def _left_to_use(version: ConsentVersion, span: Span) -> Json:
    """One use and so many repeats of it, each so many hours after the one before."""
    usage = version.terms.usage
    hours = ceil(usage.min_interval / HOUR)
    uses = []
    if hours:
        uses.append(ceil((span.until - span.first) / (hours * HOUR)))
    if usage.max_uses is not None:
        uses.append(max(usage.max_uses - version.uses, 1))
    return {"unit": "HOUR", "value": hours, "repeats": min(uses) - 1}
