"""What a person agrees to, as the one text that they sign and that every receipt quotes.

The text is RFC 8785 JSON of the answer in plain values and of the words in which the page put
it, so that it says both what binds and what was read. It names neither the person nor when
they answered: the first is for the certificate to tell, the second for the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from consent.instants import rfc3339
from consent.ledger.entry import canonical
from consent.model import ConsentRule, ConsentVersion, Role, Terms
from consent.model.plain import plain_rules, plain_terms

FORMAT = 1
Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """How a page put an answer: its lines, heading and text, in the order of the page.

    `sensitive` are the categories that it marked as needing special care, `purpose` is the IRI
    of the purpose in W3C's DPV where there is one.
    """

    portal: str
    lines: Sequence[Line] = ()
    sensitive: Sequence[str] = ()
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """An answer to an app, before or after it is recorded, in the words of a page.

    Of who answers it says as what they do, not under which mandate: one that every app saw
    would tell two apps of one person.
    """

    version_id: UUID
    app_id: str
    app_name: str
    asked: tuple[ConsentRule, ...]
    given: Terms
    role: Role
    words: Words

    @classmethod
    def of(cls, version: ConsentVersion, words: Words) -> "Agreement":
        """The agreement that a recorded answer stands for."""
        answer = (version.id, version.app_id, version.app_name, version.asked, version.terms)
        return cls(*answer, version.granter.role, words)

    @property
    def text(self) -> str:
        """The canonical text; the same answer in the same words has the same."""
        return canonical(
            {
                "v": FORMAT,
                "portal": self.words.portal,
                "consent": str(self.version_id),
                "app": {"id": self.app_id, "name": self.app_name},
                "by": self.role.value,
                "asked": plain_rules(self.asked),
                "given": plain_terms(self.given),
                "valid_until": rfc3339(self.given.valid_until),
                "sensitive": sorted(self.words.sensitive),
                "purpose_iri": self.words.purpose,
                "shown": [list(line) for line in self.words.lines],
            }
        )
