"""How a person stands at the counter, as programs read it, and the table of events."""

from datetime import datetime

from card_reader.spec import Kind
from consent.instants import rfc3339
from mynaportal_sim.issuing import words
from mynaportal_sim.issuing.judging import possible
from mynaportal_sim.issuing.life_events import LIFE_EVENTS, Change, Fate, LifeEvent
from mynaportal_sim.issuing.model import Certificate, Holding, Standing


def document(standing: Standing, now: datetime) -> dict[str, object]:
    """The person, their card and phone, and for each event whether it can happen to them."""
    resident = standing.resident
    until, died = resident.permitted_until, resident.died
    return {
        "persona": resident.persona,
        "name": resident.name.full,
        "kana": resident.kana.full or None,
        "romaji": resident.romaji.full or None,
        "address": resident.address,
        "permitted_until": until and until.isoformat(),
        "died": died and died.isoformat(),
        "card": standing.card and _holding(standing.card, now),
        "phone": standing.phone and _holding(standing.phone, now),
        "other_cards": [_holding(one, now) for one in standing.others],
        "card_file": {
            "readable": not standing.unreadable,
            "set_aside": list(standing.set_aside),
        },
        "events": [_event(standing, event, now) for event in LifeEvent],
    }


def name_of(event: LifeEvent) -> str:
    """The event as commands and addresses spell it."""
    return event.value.replace("_", "-")


def _holding(holding: Holding, now: datetime) -> dict[str, object]:
    both = (holding.authentication, holding.signing)
    return {
        "number": holding.id,
        "kind": holding.kind.value,
        "status": holding.status(now).value,
        "since": rfc3339(holding.since),
        "issued": rfc3339(holding.issued),
        "expires": rfc3339(holding.expires),
        "certificates": {
            kind.value: one and _certificate(one, now)
            for kind, one in zip(Kind, both, strict=True)
        },
    }


def _certificate(one: Certificate, now: datetime) -> dict[str, object]:
    return {
        "serial": f"{one.name.serial:08X}",
        "not_after": rfc3339(one.not_after),
        "state": one.state.value if now <= one.not_after else "expired",
    }


def _event(standing: Standing, event: LifeEvent, now: datetime) -> dict[str, object]:
    refusal = possible(standing, event, now)
    return {
        "event": name_of(event),
        "possible": refusal is None,
        "reason": refusal and refusal.reason.code,
        "why_not": refusal and str(refusal),
        "changes": [one.en for one in words.effects(event, standing, now)],
    }


def markdown() -> str:
    """The table of events, as documentation prints it."""
    head = (
        "| event | card can be | card | authentication | signing | phone | revoked for "
        "| register | written | ends |"
    )
    rows = [_row(event, LIFE_EVENTS[event]) for event in LifeEvent]
    return "\n".join([head, "|" + "---|" * 10, *rows])


def _row(event: LifeEvent, row: Change) -> str:
    statuses = sorted("no card" if one is None else one.value for one in row.on)
    signing = "new if wished" if row.may_certify else ""
    ends = [name for name, ended in _ends(row) if ended]
    cells = (
        f"`{name_of(event)}`",
        "any" if len(row.on) > _FEW else ", ".join(statuses),
        row.card.value if row.card else "",
        _fate(row.authentication),
        ", ".join(one for one in (_fate(row.signing), signing) if one),
        _fate(row.phone),
        row.reason.value if row.reason else "",
        row.resident.value if row.resident else "",
        "" if row.written == "nothing" else row.written.value,
        ", ".join(ends),
    )
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


_FEW = 4


def _fate(fate: Fate) -> str:
    return "" if fate is Fate.KEPT else fate.value


def _ends(row: Change) -> tuple[tuple[str, bool], ...]:
    return ("sessions", row.ends_sessions), ("consents and mandates", row.ends_agreements)
