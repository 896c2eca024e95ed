"""A whole card, read as far as the PINs go that its holder gives."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum, unique
from functools import partial
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from card_reader.client import genuine
from card_reader.client.common import CardRecord, Common
from card_reader.client.data_objects import CardObjects
from card_reader.client.genuine import Finding, Unread, Verdict
from card_reader.client.jpki import Jpki
from card_reader.client.juki import Juki, JukiRecord
from card_reader.client.pin import Reference
from card_reader.client.session import Session
from card_reader.client.text import Attributes, MyNumber, Text, TextInformation
from card_reader.client.token import TokenInfo
from card_reader.client.visual import Birth, Face, MyNumberImage, Visual, VisualInformation
from card_reader.errors import MalformedDataError, NoSuchFileError, StatusError
from card_reader.spec import (
    AUTHENTICATION_PIN,
    PHONE_LABELS,
    RESIDENT_PIN,
    TEXT_PIN,
    TOKEN_LABELS,
    CardKind,
    Kind,
    PinRule,
)

T = TypeVar("T")
Shown = TypeVar("Shown", bound=Birth | Face | MyNumberImage)

CHALLENGE_LENGTH = 32
_CHOSEN = (AUTHENTICATION_PIN, TEXT_PIN, RESIDENT_PIN)
"""PINs that a holder chooses; a card without a PIN still has what is printed on it."""


@unique
class Application(StrEnum):
    """The applications of a card."""

    JPKI = "jpki"
    TEXT = "text"
    VISUAL = "visual"
    JUKI = "juki"
    COMMON = "common"


@unique
class Secret(StrEnum):
    """What a holder can give to have a part of the card opened."""

    TEXT_PIN = "text_pin"
    NUMBER_B = "number_b"
    BIRTH_KEY = "birth_key"
    AUTHENTICATION_PIN = "pin"
    SIGNING_PASSWORD = "password"  # noqa: S105  a name, no secret


@unique
class Part(StrEnum):
    """What is judged for itself, since the issuer signs it for itself."""

    TEXT = "text"
    FACE = "face"
    BIRTH = "birth"
    MY_NUMBER_IMAGE = "my_number_image"


@dataclass(frozen=True, slots=True)
class Given:
    """A PIN as its holder gave it, and whether it may be the last try."""

    pin: str = field(repr=False)
    allow_last_try: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """How far to read: `root` is the card issuer's key, None if it is not known.

    With `ask` None only what is free is read, and nothing but SELECT and READ is sent: the card
    may be a real one.
    """

    ask: "Ask | None"
    root: RSAPublicKey | None
    randomness: Callable[[int], bytes]
    my_number: bool = False


@dataclass(frozen=True, slots=True)
class Tries:
    """How many tries a PIN has left."""

    application: Application
    ef: int
    rule: PinRule
    left: int


@dataclass(slots=True)
class WholeCard:
    """What was read; None for what is not there or was not opened."""

    label: str = ""
    token: TokenInfo | None = None
    applications: list[Application] = field(default_factory=list)
    certificates: dict[Kind, bytes | None] = field(default_factory=dict, repr=False)
    """DER of those that the card holds, None for one that was not opened."""
    tries: list[Tries] = field(default_factory=list)
    objects: CardObjects | None = None
    record: CardRecord | None = field(default=None, repr=False)
    juki_record: JukiRecord | None = None
    text_information: TextInformation | None = None
    visual_information: VisualInformation | None = None
    attributes: Attributes | None = None
    my_number: MyNumber | None = None
    face: Face | None = None
    birth: Birth | None = None
    my_number_image: MyNumberImage | None = None
    verdicts: dict[Part, Verdict] = field(default_factory=dict)
    """Of each part that was opened."""
    unreadable: list[str] = field(default_factory=list)
    """Why a file could not be read, one sentence each."""

    @property
    def bearer(self) -> "Bearer":
        """What bears the certificates."""
        if self.label in PHONE_LABELS:
            return Bearer.PHONE
        if self.label == TOKEN_LABELS[CardKind.NEXT]:
            return Bearer.NEXT
        if Kind.SIGNING in self.certificates or not self.tries:
            return Bearer.CARD
        usable = any(it.left for it in self.tries if it.rule in _CHOSEN)
        return Bearer.CHILD if usable else Bearer.NO_PIN


Ask = Callable[[Secret, PinRule, int, WholeCard], Given | None]
"""Asks the holder for a PIN that has so many tries left, when so much of the card was read.

None if they do not give it.
"""


@unique
class Bearer(StrEnum):
    """What bears the certificates, as far as a terminal can tell."""

    CARD = "card"
    CHILD = "child"
    """No signing certificate, but PINs: the holder is under 15."""
    NO_PIN = "no_pin"
    """Neither: 顔認証マイナンバーカード, or a child's card whose PINs are all blocked."""
    PHONE = "phone"
    NEXT = "next"
    """The hypothetical next card."""


def read_whole(session: Session, terms: Terms) -> WholeCard:
    """Everything that the card tells under `terms`.

    Raises NoJpkiError, WrongPinError and the like for a PIN that was given, TransportError.
    """
    reading = _Reading(session, terms)
    if terms.ask is not None:
        reading.card.objects = reading.attempted(lambda: CardObjects.read(session))
    reading.of_register()
    reading.of_text()
    reading.of_visual()
    reading.of_jpki()
    return reading.card


class _Reading:
    """One pass over a card; each method selects an application and reads it."""

    def __init__(self, session: Session, terms: Terms) -> None:
        self._session = session
        self._terms = terms
        self.card = WholeCard()

    def of_register(self) -> None:
        if common := self._selected(Application.COMMON, Common):
            self.card.record = self.attempted(common.record)
            self._count(Application.COMMON, common.pin)
        if juki := self._selected(Application.JUKI, Juki):
            self.card.juki_record = self.attempted(juki.record)
            self._count(Application.JUKI, juki.pin)

    def of_text(self) -> None:
        text = self._selected(Application.TEXT, Text)
        if text is None:
            return
        card, wanted = self.card, self._terms.my_number
        card.text_information = self.attempted(text.information)
        if self._terms.ask is None:
            return
        self._count(Application.TEXT, text.pin, text.number_a, text.number_b)
        by_pin = self._opened(Secret.TEXT_PIN, text.pin)
        if not by_pin and not self._opened(Secret.NUMBER_B, text.number_b):
            return
        attributes = self._tried(text.attributes)
        number = self._tried(text.my_number) if by_pin and wanted else None
        card.attributes, card.my_number = _sound(attributes), _sound(number)
        card.verdicts[Part.TEXT] = genuine.of_text(
            text,
            self._terms.root,
            self._terms.randomness(CHALLENGE_LENGTH),
            number=number,
            attributes=attributes,
        )

    def of_visual(self) -> None:
        visual = self._selected(Application.VISUAL, Visual)
        if visual is None:
            return
        card = self.card
        card.visual_information = self.attempted(visual.information)
        if self._terms.ask is None:
            return
        self._count(Application.VISUAL, visual.birth_key, visual.number_a, visual.number_b)
        by_a = self._opened_by_number(visual.number_a)
        if by_a:
            card.my_number_image = self._judged(
                visual, Part.MY_NUMBER_IMAGE, visual.my_number_image
            )
        if by_a or self._opened(Secret.NUMBER_B, visual.number_b):
            card.face = self._judged(visual, Part.FACE, visual.face)
        if self._opened(Secret.BIRTH_KEY, visual.birth_key):
            card.birth = self._judged(visual, Part.BIRTH, visual.birth)

    def _judged(self, visual: Visual, part: Part, read: Callable[[], Shown]) -> Shown | None:
        """What `read` gives of the face, and the verdict on it."""
        found = self._tried(read)
        if found is None:
            return None
        record = found if isinstance(found, Unread) else found.record
        challenge = self._terms.randomness(CHALLENGE_LENGTH)
        verdict = genuine.of_record(visual, record, self._terms.root, challenge)
        agrees: tuple[Finding, ...] = ()
        if isinstance(found, Face | Birth):
            agrees = (genuine.agreement(found, self.card.attributes),)
        self.card.verdicts[part] = Verdict((*verdict.findings, *agrees))
        return _sound(found)

    def of_jpki(self) -> None:
        jpki, card = Jpki(self._session), self.card
        card.applications.append(Application.JPKI)
        card.label = self.attempted(jpki.label) or ""
        card.token = self.attempted(jpki.token_info)
        if self._terms.ask is not None:
            self._count(Application.JPKI, *map(jpki.reference, Kind))
        for kind in Kind:
            if not self.attempted(partial(jpki.holds, kind)):
                continue
            card.certificates[kind] = None
            if self._may_read(jpki, kind):
                card.certificates[kind] = self.attempted(partial(jpki.certificate, kind))

    def _may_read(self, jpki: Jpki, kind: Kind) -> bool:
        if kind is Kind.SIGNING:
            return self._opened(Secret.SIGNING_PASSWORD, jpki.reference(kind))
        if self.card.label not in PHONE_LABELS:
            return True
        return self._opened(Secret.AUTHENTICATION_PIN, jpki.reference(kind))

    def attempted(self, read: Callable[[], T]) -> T | None:
        """What `read` gives; if the card does not hold it soundly, that is noted."""
        return _sound(self._tried(read))

    def _tried(self, read: Callable[[], T]) -> T | Unread | None:
        """The same where it matters whether there is nothing, or nothing sound."""
        try:
            return read()
        except NoSuchFileError:
            return None
        except (StatusError, MalformedDataError) as error:
            self.card.unreadable.append(error.problem)
            return Unread(error.problem)

    def _selected(self, application: Application, select: Callable[[Session], T]) -> T | None:
        try:
            selected = select(self._session)
        except NoSuchFileError:
            return None
        self.card.applications.append(application)
        return selected

    def _count(self, application: Application, *references: Reference) -> None:
        if self._terms.ask is None:
            return
        for it in references:
            self.card.tries.append(Tries(application, it.ef, it.rule, it.tries()))

    def _opened(self, secret: Secret, reference: Reference) -> bool:
        left = reference.tries() if self._terms.ask else 0
        if not self._terms.ask or not left:
            return False
        given = self._terms.ask(secret, reference.rule, left, self.card)
        if given is None:
            return False
        reference.verify(given.pin, allow_last_try=given.allow_last_try)
        return True

    def _opened_by_number(self, number_a: Reference) -> bool:
        """By the number that was just read, which is 照合番号A; never with the last try."""
        number = self.card.my_number
        if number is None or number_a.tries() < 2:
            return False
        number_a.verify(number.digits)
        return True


def _sound(found: T | Unread | None) -> T | None:
    return None if isinstance(found, Unread) else found
