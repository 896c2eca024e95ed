"""What a person agrees to, as the one text that they sign and that every receipt quotes.

The text is RFC 8785 JSON of the answer in plain values and of the words in which the page put
it, so that it says both what binds and what was read. It names neither the person nor when
they answered: the first is for the certificate to tell, the second for the ledger.

What binds of an answer, without the words, has a hash of its own. The ledger's entry of each
answer commits to it, signed or not, so that no stored version can be other than it was.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from consent.instants import rfc3339
from consent.ledger.entry import canonical
from consent.model import ConsentRule, ConsentVersion, Role, Terms
from consent.model.plain import plain_rules, plain_terms

FORMAT = 1
BINDING = ("consent", "app", "by", "asked", "given", "valid_until")
"""The members of an agreement that bind."""
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
    def binding(self) -> dict[str, object]:
        """What binds of it, in plain values; its members are those of `BINDING`."""
        return {
            "consent": str(self.version_id),
            "app": {"id": self.app_id, "name": self.app_name},
            "by": self.role.value,
            "asked": self._unnamed(self.asked),
            "given": plain_terms(self.given) | {"rules": self._unnamed(self.given.rules)},
            "valid_until": rfc3339(self.given.valid_until),
        }

    def _unnamed(self, rules: Iterable[ConsentRule]) -> list[dict[str, object]]:
        """Rules in plain values, with a hash for each record that they name.

        It is another in each consent, so that no two apps that read which records were left out
        have an identifier in common, and nobody learns one by it.
        """
        return [
            plain | {"items": [self._hash_of(item) for item in rule.items]}
            for rule in rules
            for plain in plain_rules([rule])
        ]

    def _hash_of(self, item: UUID) -> str:
        return sha256(self.version_id.bytes + item.bytes).hexdigest()

    @property
    def text(self) -> str:
        """The canonical text; the same answer in the same words has the same."""
        return canonical(
            {
                "v": FORMAT,
                "portal": self.words.portal,
                **self.binding,
                "sensitive": sorted(self.words.sensitive),
                "purpose_iri": self.words.purpose,
                "shown": [list(line) for line in self.words.lines],
            }
        )


def answer_sha256(version: ConsentVersion) -> str:
    """The hash, in hexadecimal, of what binds of an answer: the same for the same answer."""
    return _hashed(Agreement.of(version, _NO_WORDS).binding)


def answer_sha256_of(text: str) -> str:
    """The same of an agreement's text, which is JSON; no answer's where it lacks a member."""
    said: Mapping[str, object] = json.loads(text)
    return _hashed({name: said.get(name) for name in BINDING})


_NO_WORDS = Words("")


def _hashed(binding: Mapping[str, object]) -> str:
    return sha256(canonical(binding).encode()).hexdigest()
