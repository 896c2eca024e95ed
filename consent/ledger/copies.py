"""Which fields of an entry each reader's copy opens; what is not named stays shut.

The person reads all about themselves but the pseudonym they are filed under. An app reads what
it asked and was answered, and nothing of how the person logged in; that they signed, and what,
but not the hash of their signature; nor what was planted to find copies. The auditor reads
also whose entry it is, by that pseudonym: without it nobody can count persons, and with it the
copies of two apps can be joined, so an auditor's copy is personal data. What the law lets an
agency keep from the person is in nobody's copy.
"""

from collections.abc import Mapping
from enum import StrEnum, unique

from consent.ledger.entry import HOLDER, Opening

UNDISCLOSED = "undisclosed_"
"""Begins the names of fields that tell what a record marked as not to be disclosed is about."""

_OF_LOGIN = frozenset({"channel", "certificate", "reference", "assisted_by"})
# A mandate is the same for every app, so that it would tell two apps of one person.
_OF_PERSON = frozenset({"mandate", "acting_mandate"})
_OF_SIGNATURE = frozenset({"signature_sha256"})
# An app is not to learn which of the records that it got were made up to find copies.
_OF_PLANTING = frozenset({"planted"})
_MARKED = frozenset(
    f"{UNDISCLOSED}{name}"
    for name in ("inquirer", "provider", "purpose_text", "items", "provided_at")
)


@unique
class Copy(StrEnum):
    """Whose copy it is."""

    PERSON = "person"
    APP = "app"
    AUDITOR = "auditor"

    def of(self, openings: Mapping[str, Opening]) -> dict[str, Opening]:
        """What of an entry's openings this copy shows."""
        return {name: shown for name, shown in openings.items() if name not in self.shut}

    @property
    def shut(self) -> frozenset[str]:
        """The fields that this copy never shows."""
        return _SHUT[self]


_SHUT = {
    Copy.PERSON: frozenset({HOLDER}) | _MARKED,
    Copy.APP: frozenset({HOLDER})
    | _OF_LOGIN
    | _OF_PERSON
    | _OF_SIGNATURE
    | _OF_PLANTING
    | _MARKED,
    Copy.AUDITOR: _OF_LOGIN - {"channel"} | _MARKED,
}
