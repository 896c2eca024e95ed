"""A card that was read, as a document for programs."""

from collections.abc import Mapping
from pathlib import Path

from card_reader.client.genuine import Verdict
from card_reader.client.register import CardObjects
from card_reader.client.whole import WholeCard
from mynaportal_sim.cli.card_sheet import day
from mynaportal_sim.cli.certificate import described


def document(
    whole: WholeCard, pictures: Mapping[str, Path], *, marked: bool
) -> dict[str, object]:
    """The card for programs; null for what is not there or was not opened."""
    read, record = whole.attributes, whole.record
    face = whole.face
    return {
        "kind": whole.bearer.value,
        "simulation": marked,
        "token": whole.label,
        "applications": sorted(it.value for it in whole.applications),
        "card": record
        and {
            "serial": record.serial,
            "municipality": record.municipality,
            "expires": day(record.expires),
        },
        "attributes": read
        and {
            "name": read.name,
            "address": read.address,
            "born": day(read.born),
            "sex": read.sex.value,
        },
        "my_number": whole.my_number and whole.my_number.digits,
        "face": face
        and {"born": day(face.born), "sex": face.sex.value, "expires": day(face.expires)},
        "birth": whole.birth and day(whole.birth.born),
        "pictures": {name: str(path) for name, path in pictures.items()},
        "certificates": {
            kind.value: der and described(der) for kind, der in whole.certificates.items()
        },
        "genuine": {
            "text": _judged(whole.text_verdict),
            "face": _judged(whole.face_verdict),
        },
        "tries": [
            {
                "application": it.application.value,
                "reference": f"{it.ef:04X}",
                "name": it.rule.name,
                "left": it.left,
                "of": it.rule.tries,
            }
            for it in whole.tries
        ],
        "data_objects": whole.objects and _told(whole.objects),
        "unreadable": whole.unreadable,
    }


def _judged(verdict: Verdict | None) -> dict[str, object] | None:
    if verdict is None:
        return None
    steps = {
        it.step.value: {"outcome": it.outcome.value, "reason": it.reason}
        for it in verdict.findings
    }
    return {"genuine": verdict.genuine, "steps": steps}


def _told(objects: CardObjects) -> dict[str, object]:
    """What GET DATA gave; what is not text is hexadecimal."""
    issuer, atr = objects.issuer, objects.contact_atr
    return {
        "issuer": issuer and issuer.hex().upper(),
        "card": objects.card,
        "municipality": objects.municipality,
        "expires": objects.expires and day(objects.expires),
        "certificates": len(objects.certificates),
        "contact_atr": atr and atr.hex().upper(),
    }
