"""One entry of the ledger, as the person or the app whose copy it is reads it.

Reading tells what an entry says and proves nothing: salts and commitments are for whoever
checks a proof. It is made for going through thousands of entries, a few microseconds each.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from consent.japan import day_of
from consent.ledger.copies import UNDISCLOSED
from consent.ledger.entry import AT, HOLDER, Logged, Value
from consent.ledger.errors import MalformedError
from consent.model import Actor

# A leaf is canonical JSON, whose last members are these three; nothing else can end it so.
_END = re.compile(
    rb'"minute":"(\d{4}-\d\d-\d\dT\d\d:\d\dZ)","type":"([a-z_.]{1,64})","v":\d{1,4}\}\Z'
)
_END_LENGTH = 160
_SUPERVISED = frozenset({"consent.granted", "token.issued", "access.permitted"})


class Head(NamedTuple):
    """What the public leaf says in the clear: what kind of thing happened in which minute."""

    type: str
    minute: datetime

    @property
    def day(self) -> date:
        """The day in Japan that the minute lies in."""
        return day_of(self.minute)


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, in the field's words.

    `position` is None while the entry awaits its index. `at` is to the second, to the minute
    once the body is erased. What an entry lacks, its reader may not see, or was erased, is
    empty.
    """

    id: int
    position: int | None
    type: str
    at: datetime
    erased: bool = False
    said: Mapping[str, Value] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """The field `name` if it is a string, else empty."""
        value = self.said.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """The field `name` if it is a list of strings, else empty."""
        value = self.said.get(name)
        return tuple(value) if isinstance(value, list) else ()

    def number(self, name: str) -> int | None:
        """The field `name` if it is an integer, else None."""
        value = self.said.get(name)
        return value if isinstance(value, int) else None

    def instant(self, name: str) -> datetime | None:
        """The field `name` if it is an instant in UTC, else None."""
        try:
            return datetime.fromisoformat(self.text(name)).astimezone(UTC)
        except ValueError:
            return None

    @property
    def kind(self) -> str:
        """The part of the type before its dot: "login", "consent", "token", "access", …"""
        return self.type.partition(".")[0]

    @property
    def app_id(self) -> str:
        return self.text("app_id")

    @property
    def app_name(self) -> str:
        """The name that the person saw; an app's id where the entry knows no name."""
        return self.text("app_name") or self.app_id

    @property
    def request(self) -> str:
        """What an app sent, as far as the entry tells."""
        return self.text("request")

    @property
    def categories(self) -> tuple[str, ...]:
        """Codes of the data that were given, handed over or wanted, by the entry's type."""
        return self.texts("categories")

    @property
    def consent(self) -> tuple[str, str] | None:
        """Arrangement and version of the consent it rests on, None where there is none."""
        arrangement, version = self.text("arrangement"), self.text("consent_version")
        return (arrangement, version) if arrangement and version else None

    @property
    def acting(self) -> tuple[str, str] | None:
        """As what somebody acted for the person, and under which mandate; None for nobody."""
        role = self.text("acting_role")
        return (role, self.text("acting_mandate") or self.text("mandate")) if role else None

    @property
    def granter(self) -> tuple[str, str] | None:
        """As what somebody gave the consent for the person, and under which mandate."""
        role = self.text("granter_role")
        return (role, self.text("mandate")) if role else None

    @property
    def office(self) -> str:
        """Who did it in their own right, as "app" or "court"; empty for the person's side."""
        by = self.text("by")
        return "" if by == Actor.PERSON else by

    @property
    def own(self) -> bool:
        """Whether the person did it, as far as the entry says."""
        return not self.erased and not self.office and self.acting is None

    @property
    def assisted_by(self) -> str:
        """Who helped whoever did it, as at a counter; empty for nobody."""
        return self.text("assisted_by")

    @property
    def purpose(self) -> str:
        return self.text("purpose")

    @property
    def purpose_text(self) -> str:
        """The app's own words for the purpose."""
        return self.text("purpose_text")

    @property
    def legal_basis(self) -> str:
        """A `LegalBasis` value."""
        return self.text("legal_basis")

    @property
    def supervisor(self) -> str:
        """Who watches over the use of the data, empty where nobody is named."""
        return self.text("supervisor").strip()

    @property
    def unsupervised(self) -> bool:
        """Whether it gave something, and says of nobody that they watch over it."""
        return self.type in _SUPERVISED and not self.erased and not self.supervisor

    @property
    def authority(self) -> str:
        """The authority that looked without consent, or wished to."""
        return self.text("authority")

    @property
    def officer(self) -> str:
        """Who of that authority."""
        return self.text("officer")

    @property
    def case(self) -> str:
        """The number of the case of access without consent that it belongs to."""
        return self.text("case")

    @property
    def reason(self) -> str:
        """Why it was refused or ended, as a code."""
        return self.text("reason")

    @property
    def count(self) -> int | None:
        """How many records of the person were handed over; what was planted is none of theirs.

        An app's copy does not tell the two apart.
        """
        count, planted = self.number("count"), self.number("planted")
        return count if count is None or planted is None else count - planted


def head(leaf: bytes) -> Head:
    """What a leaf says in the clear, without reading it whole.

    Raises:
        MalformedError: the bytes do not end as a leaf does.
    """
    found = _END.search(leaf, max(0, len(leaf) - _END_LENGTH))
    if found is None:
        raise MalformedError("this is no leaf")
    return Head(found[2].decode(), datetime.fromisoformat(found[1].decode()))


def read(logged: Logged, shut: Collection[str] = ()) -> Event:
    """A stored entry, but for the fields in `shut`, which its reader's copy does not open.

    Raises:
        MalformedError: leaf or body are none.
    """
    type_, minute = head(logged.leaf)
    if logged.body is None:
        return Event(logged.id, logged.position, type_, minute, erased=True)
    try:
        fields = json.loads(logged.body)["fields"]
        said = {
            name: opening["value"]
            for name, opening in fields.items()
            if name != HOLDER and name not in shut and not name.startswith(UNDISCLOSED)
        }
        at = datetime.fromisoformat(fields[AT]["value"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise MalformedError("this is no body of an entry") from error
    return Event(logged.id, logged.position, type_, at, said=said)
