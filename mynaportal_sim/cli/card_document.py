"""A card that was read, as a document for programs."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from card_reader.client.data_objects import CardObjects
from card_reader.client.genuine import Verdict
from card_reader.client.text import TextInformation
from card_reader.client.token import TokenInfo
from card_reader.client.visual import VisualInformation
from card_reader.client.whole import Part, Tries, WholeCard
from mynaportal_sim.cli.card_sheet import day, flag_names
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
        "token_info": whole.token and _of_token(whole.token),
        "applications": sorted(it.value for it in whole.applications),
        "card": record
        and {
            "serial": record.serial,
            "municipality": record.municipality,
            "expires": day(record.expires),
        },
        "resident_register": whole.juki_record and {"key_id": _hex(whole.juki_record.key_id)},
        "information": {
            "text": whole.text_information and _informed(whole.text_information),
            "visual": whole.visual_information and _informed(whole.visual_information),
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
        "genuine": {part.value: _judged(whole.verdicts.get(part)) for part in Part},
        "tries": [_counted(it) for it in whole.tries],
        "data_objects": whole.objects and _told(whole.objects),
        "unreadable": whole.unreadable,
    }


def _counted(it: Tries) -> dict[str, object]:
    return {
        "application": it.application.value,
        "reference": f"{it.ef:04X}",
        "name": it.rule.name,
        "left": it.left,
        "of": it.rule.tries,
    }


def _judged(verdict: Verdict | None) -> dict[str, object] | None:
    if verdict is None:
        return None
    steps = {
        it.step.value: {"outcome": it.outcome.value, "reason": it.reason}
        for it in verdict.findings
    }
    return {"genuine": verdict.genuine, "steps": steps}


def _of_token(token: TokenInfo) -> dict[str, object]:
    """CK_TOKEN_INFO; null where the card says that it does not tell."""
    return {**asdict(token), "flags": flag_names(token.flags)}


def _informed(information: TextInformation | VisualInformation) -> dict[str, object]:
    """AP基本情報; what is not text or a number is hexadecimal."""
    return {
        name: _hex(value) if isinstance(value, bytes) else value
        for name, value in asdict(information).items()
    }


def _hex(value: bytes) -> str:
    return value.hex().upper()


def _told(objects: CardObjects) -> dict[str, object]:
    """What GET DATA gave; what is not text is hexadecimal."""
    issuer, atr = objects.issuer, objects.contact_atr
    return {
        "issuer": issuer and _hex(issuer),
        "card": objects.card,
        "municipality": objects.municipality,
        "expires": objects.expires and day(objects.expires),
        "certificates": len(objects.certificates),
        "contact_atr": atr and _hex(atr),
    }
