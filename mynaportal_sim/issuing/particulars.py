"""What a card says of its holder and of itself, before it is put into files."""

from dataclasses import dataclass, field
from datetime import date
from typing import Self

from card_reader.spec.register import SERIAL_LENGTH
from card_reader.spec.visual import SECURITY_CODE_LENGTH
from mynaportal_sim.issuing.pictures import drawable
from mynaportal_sim.issuing.printed_numbers import birth_key, number_b
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.residents.characters import substitute
from mynaportal_sim.residents.model import Resident

_FULL_WIDTH = {0x20: 0x3000} | {narrow: narrow + 0xFEE0 for narrow in range(0x21, 0x7F)}


@dataclass(frozen=True, slots=True)
class CardNumbers:
    """The numbers that a card has of its own: its serial, and the security code on its face."""

    serial: str
    security_code: str = field(repr=False)

    @classmethod
    def draw(cls, randomness: Randomness) -> Self:
        """Numbers for a new card."""
        drawn = int.from_bytes(randomness(16), "big")
        serial, code = divmod(drawn, 10**SECURITY_CODE_LENGTH)
        return cls(f"{serial % 10**SERIAL_LENGTH:015}", f"{code:04}")


@dataclass(frozen=True, slots=True)
class Particulars:
    """A card's holder, its numbers, and the day with which it ends."""

    resident: Resident = field(repr=False)
    numbers: CardNumbers
    expires: date

    @property
    def name(self) -> str:
        """The name as text, with stand-ins as certificates have them."""
        return substitute(self.resident.name.full, self.resident.substitutes).text

    @property
    def address(self) -> str:
        """The address as text: the same, with what is Latin in it in full width."""
        text = substitute(self.resident.address, self.resident.substitutes).text
        return text.translate(_FULL_WIDTH)

    @property
    def name_on_face(self) -> str:
        """The name as it is drawn, which only lacks what the font does."""
        return drawable(self.resident.name.full, self.resident.substitutes)

    @property
    def address_on_face(self) -> str:
        """The address as it is drawn."""
        text = self.resident.address.translate(_FULL_WIDTH)
        return drawable(text, self.resident.substitutes)

    @property
    def born(self) -> str:
        """The day of birth, YYYYMMDD."""
        return f"{self.resident.born:%Y%m%d}"

    @property
    def sex(self) -> str:
        """A digit, as `card_reader.spec.person.Sex` says."""
        return self.resident.sex.value

    @property
    def birth_key(self) -> str:
        """The six digits of birth: year of the era, month, day."""
        return birth_key(self.resident.born)

    @property
    def number_a(self) -> str:
        """照合番号A: the individual number."""
        return self.resident.my_number

    @property
    def number_b(self) -> str:
        """照合番号B: birth, year of expiry, security code; 14 digits."""
        return number_b(self.resident.born, self.expires, self.numbers.security_code)
