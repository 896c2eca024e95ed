"""What each format says of a consent and what it loses, as tables."""

from collections.abc import Sequence

from consent.markdown import table
from consent.model import Status
from consent.views import abdm, cdr, fhir, smart, states
from consent.views.meaning import Loss

LOST: dict[str, Sequence[Loss]] = {
    "fhir": fhir.LOSSES,
    "abdm": abdm.LOSSES,
    "cdr": cdr.LOSSES,
    "smart": smart.LOSSES,
}
_NAMES = {
    "fhir": "FHIR R4 Consent",
    "abdm": "ABDM consent artefact",
    "cdr": "CDR arrangement",
    "smart": "SMART scopes, introspected",
}


def markdown() -> str:
    """All tables, in Markdown."""
    return "\n\n".join(
        [
            "### How a consent stands, told",
            table(
                ("here", *(words.system for words in states.ALL)),
                ([status, *(words.told[status] for words in states.ALL)] for status in Status),
            ),
            "### How a consent stands, read",
            table(
                ("system", "word", "read as"),
                (
                    (words.system, word, state)
                    for words in states.ALL
                    for word, state in words.read.items()
                ),
            ),
            *(
                f"### What is lost: {_NAMES[name]}\n\n"
                + table(("of a consent", "what becomes of it"), lost)
                for name, lost in LOST.items()
            ),
        ]
    )
