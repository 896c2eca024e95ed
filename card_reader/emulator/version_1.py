"""Card files of version 1: JPKI alone, and counters by EF alone."""

from collections.abc import Mapping

from card_reader.emulator.references import JPKI_PASSWORD, JPKI_PIN
from card_reader.spec import CardKind

_VALUES = {JPKI_PIN: "pin", JPKI_PASSWORD: "password"}
_MOVED = frozenset({"kind", "tries", *_VALUES.values()})


def upgraded(document: Mapping[str, object]) -> dict[str, object]:
    """What `document` would be today; entries that are damaged stay so."""
    tries = document.get("tries")
    counts = tries if isinstance(tries, dict) else {}
    kept = {name: value for name, value in document.items() if name not in _MOVED}
    secrets = {
        reference.name: {
            "value": document.get(entry) or "",
            "tries": counts.get(f"{reference.ef:04X}"),
        }
        for reference, entry in _VALUES.items()
    }
    kind = CardKind.CARD if document.get("kind") == "jpki" else document.get("kind")
    return {**kept, "kind": kind, "contents": None, "secrets": secrets}
