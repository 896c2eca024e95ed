"""The PINs and numbers that a card compares: where each lies, and what it is now."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from card_reader.spec import (
    AUTHENTICATION_PIN,
    BIRTH_KEY,
    EF,
    NUMBER_A,
    NUMBER_B,
    RESIDENT_PIN,
    SIGNING_PASSWORD,
    TEXT_PIN,
    PinRule,
)
from card_reader.spec.register import CommonEF, JukiEF
from card_reader.spec.text import TextEF
from card_reader.spec.visual import VisualEF


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """Reference data of one application: a counter of its own, even for the same digits."""

    application: str
    ef: int
    rule: PinRule

    @property
    def name(self) -> str:
        """Its name in a card file, as in `jpki/0018`."""
        return f"{self.application}/{self.ef:04X}"


@dataclass(frozen=True, slots=True)
class Secret:
    """What a reference holds: the value that is right, and tries left (0 is blocked).

    An empty value was never set, and is never right.
    """

    value: str = field(repr=False)
    tries: int


Secrets = Mapping[ReferenceData, Secret]

JPKI_PIN = ReferenceData("jpki", EF.AUTHENTICATION_PIN, AUTHENTICATION_PIN)
JPKI_PASSWORD = ReferenceData("jpki", EF.SIGNING_PASSWORD, SIGNING_PASSWORD)
TEXT_PIN_REFERENCE = ReferenceData("text", TextEF.PIN, TEXT_PIN)
TEXT_NUMBER_A = ReferenceData("text", TextEF.NUMBER_A, NUMBER_A)
TEXT_NUMBER_B = ReferenceData("text", TextEF.NUMBER_B, NUMBER_B)
VISUAL_BIRTH = ReferenceData("visual", VisualEF.BIRTH_KEY, BIRTH_KEY)
VISUAL_NUMBER_B = ReferenceData("visual", VisualEF.NUMBER_B, NUMBER_B)
VISUAL_NUMBER_A = ReferenceData("visual", VisualEF.NUMBER_A, NUMBER_A)
JUKI_PIN = ReferenceData("juki", JukiEF.PIN, RESIDENT_PIN)
COMMON_PIN = ReferenceData("common", CommonEF.PIN, RESIDENT_PIN)

REFERENCES = {
    reference.name: reference
    for reference in (
        JPKI_PIN,
        JPKI_PASSWORD,
        TEXT_PIN_REFERENCE,
        TEXT_NUMBER_A,
        TEXT_NUMBER_B,
        VISUAL_BIRTH,
        VISUAL_NUMBER_B,
        VISUAL_NUMBER_A,
        JUKI_PIN,
        COMMON_PIN,
    )
}
"""All there are, by name."""
