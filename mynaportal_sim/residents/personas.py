"""Personas: the residents that every portal starts with, and those that a file adds."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from sqlalchemy import Connection

from card_reader.spec import AUTHENTICATION_PIN, SIGNING_PASSWORD, PinRule
from card_reader.spec.person import Sex
from mynaportal_sim.residents import characters, numbers, store
from mynaportal_sim.residents.errors import PersonaFileError
from mynaportal_sim.residents.model import (
    DEFAULT_PASSWORD,
    DEFAULT_PIN,
    TEXT_MAX,
    CardState,
    Resident,
)

BUILT_IN = "built-in personas"
FIRST_BIRTH = date(1873, 1, 1)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


_Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=TEXT_MAX)]
_Latin = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z '.-]*$", max_length=100)]
_Kana = Annotated[str, Field(pattern=r"^[ァ-ヶー・\u3000]+$", max_length=100)]
_Place = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z '.-]*$", max_length=50)]
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_Empty = Annotated[str, Field(max_length=0)]


def _iso_date(value: object) -> date:
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        raise ValueError("must be a date such as 1985-04-12")
    return date.fromisoformat(value)


class _Name(_Entry):
    family: _Text
    given: _Text | _Empty


class _KanaName(_Entry):
    family: _Kana
    given: _Kana | _Empty


class _LatinName(_Entry):
    family: _Latin
    given: _Latin | _Empty


class _Municipality(_Entry):
    code: str = Field(pattern=r"^[0-9]{5}$")
    prefecture: _Text
    name: _Text
    prefecture_romaji: _Place
    romaji: _Place


def _acceptable(rule: PinRule) -> AfterValidator:
    def check(value: str) -> str:
        if not rule.accepts(value):
            raise ValueError(f"must be {rule.description}")
        return value

    return AfterValidator(check)


class _Card(_Entry):
    state: CardState = CardState.GOOD
    pin: Annotated[str, _acceptable(AUTHENTICATION_PIN)] = DEFAULT_PIN
    password: Annotated[str, _acceptable(SIGNING_PASSWORD)] = DEFAULT_PASSWORD


class Persona(_Entry):
    """One entry of a file of personas, before it is anybody."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)
    name: _Name
    kana: _KanaName
    romaji: _LatinName
    born: Annotated[date, BeforeValidator(_iso_date)]
    sex: Sex
    address: _Text
    municipality: _Municipality
    my_number: str | None = Field(default=None, pattern=r"^[0-9]{12}$", repr=False)
    card: _Card = _Card()
    note_ja: _Text
    note_en: _Text
    substitutes: dict[
        Annotated[str, Field(min_length=1, max_length=1)],
        Annotated[str, Field(min_length=1, max_length=1)],
    ] = {}
    permitted_until: Annotated[date | None, BeforeValidator(_iso_date)] = None

    @model_validator(mode="after")
    def _nobody_real(self) -> "Persona":
        if self.my_number is not None and numbers.could_be_real(self.my_number):
            raise ValueError(
                "my_number: its check digit is right, so it could be a real person's; "
                "change the last digit, or leave the field out"
            )
        return self

    @model_validator(mode="after")
    def _fits_a_certificate(self) -> "Persona":
        for field, text in (
            ("name", self.name.family + self.name.given),
            ("address", self.address),
        ):
            unfit = characters.unfit(text, self.substitutes)
            if unfit:
                raise ValueError(
                    f"{field}: {unfit} (U+{ord(unfit):04X}) is outside JIS level 2; "
                    "name a stand-in for it in substitutes"
                )
        return self


_ENTRIES = TypeAdapter(list[Persona])
_RESIDENT = TypeAdapter(Resident)


def parse(text: str, source: str, today: date) -> list[Persona]:
    """The personas in the JSON array `text`; PersonaFileError names each entry and field."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PersonaFileError(source, [f"not JSON: {error}"]) from None
    if not isinstance(data, list):
        raise PersonaFileError(source, ["not a JSON array of personas"])
    try:
        personas = _ENTRIES.validate_python(data)
    except ValidationError as error:
        raise PersonaFileError(source, _faults(error, data)) from None
    if faults := [*_impossible_births(personas, today), *_doubled(personas)]:
        raise PersonaFileError(source, faults)
    return personas


def load(custom: Path | None, today: date) -> list[Persona]:
    """The built-in personas, then those of the file `custom`, which may not reuse an id."""
    built_in = parse(
        files(__package__).joinpath("personas.json").read_text("utf-8"), BUILT_IN, today
    )
    if custom is None:
        return built_in
    try:
        text = custom.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PersonaFileError(str(custom), [f"cannot be read: {error}"]) from None
    added = parse(text, str(custom), today)
    taken = {persona.id for persona in built_in}
    if faults := [
        f"entry {place} (id {persona.id!r}), field id: a built-in persona has this id"
        for place, persona in enumerate(added, 1)
        if persona.id in taken
    ]:
        raise PersonaFileError(str(custom), faults)
    return [*built_in, *added]


def settle(
    connection: Connection, personas: Sequence[Persona], randomness: Callable[[int], bytes]
) -> list[Resident]:
    """Make residents of the personas that are none yet, and answer with all residents.

    A unit of work. A resident keeps the id and the particulars they were first settled with.
    """
    known = {resident.persona for resident in store.everyone(connection)}
    for persona in personas:
        if persona.id not in known:
            store.add(connection, _resident(persona, randomness))
    return store.everyone(connection)


def _resident(persona: Persona, randomness: Callable[[int], bytes]) -> Resident:
    particulars = persona.model_dump(exclude={"id", "my_number"})
    return _RESIDENT.validate_python(
        {
            **particulars,
            "id": UUID(bytes=randomness(16), version=4),
            "persona": persona.id,
            "my_number": persona.my_number or numbers.make(randomness),
        }
    )


def _impossible_births(personas: Sequence[Persona], today: date) -> list[str]:
    return [
        f"entry {place} (id {persona.id!r}), field born: {persona.born} is not "
        f"between {FIRST_BIRTH} and {today}"
        for place, persona in enumerate(personas, 1)
        if not FIRST_BIRTH <= persona.born <= today
    ]


def _doubled(personas: Sequence[Persona]) -> list[str]:
    ids = [persona.id for persona in personas]
    return [
        f"entry {place} (id {persona_id!r}), field id: an earlier entry has this id"
        for place, persona_id in enumerate(ids, 1)
        if persona_id in ids[: place - 1]
    ]


def _faults(error: ValidationError, data: list[object]) -> list[str]:
    faults = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        index, *path = fault["loc"]
        entry = data[int(index)]
        named = f" (id {entry['id']!r})" if isinstance(entry, dict) and "id" in entry else ""
        field = f", field {'.'.join(map(str, path))}" if path else ""
        message = fault["msg"].removeprefix("Value error, ")
        faults.append(f"entry {int(index) + 1}{named}{field}: {message}")
    return faults
