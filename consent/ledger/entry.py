"""What a leaf and a body are, to the byte.

A leaf is public: RFC 8785 JSON `{"commitments", "minute", "type", "v"}`. It tells what kind of
thing happened in which minute (UTC), and commits to each field by

    SHA-256("mynaportal-sim/ledger/1/field" 0x00 || salt || name || 0x00 || value)

with 16 random bytes of salt and the value as RFC 8785 JSON, in unpadded base64url. A body holds
the salts and values. It lies beside the log and can be erased with every proof still valid; who
holds an opening can show one field and keep the others to themselves. Two fields are always the
ledger's own: `at`, the exact second, and `holder`, whose entry it is.
"""

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from consent.ledger.errors import MalformedError, UnloggableError

VERSION = 1
LEAF_MAX = 0xFFFF  # C2SP tlog-tiles: an entry bundle gives lengths as uint16
SALT_LENGTH = 16
AT = "at"
HOLDER = "holder"
APP = "app_id"
ERASED = "ledger.erased"

_DOMAIN = b"mynaportal-sim/ledger/1/field\x00"
_SAFE_INTEGER = 2**53 - 1  # RFC 8785 3.2.2.3
_MINUTE = "%Y-%m-%dT%H:%MZ"
_MINUTE_MEMBER = b'"minute":"'
_INDEX = re.compile("[0-9]{1,18}")
_SECOND = "%Y-%m-%dT%H:%M:%SZ"

# With strings, integers and lists of strings as values and ASCII names, this is RFC 8785.
canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode

Value = str | int | list[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, before it is logged.

    `fields` have ASCII identifiers as names. `holder` is the keyed pseudonym of the person on
    whose page the entry shows, None for an entry that is nobody's; before `shown_from`, nothing
    shows it to them. No leaf tells of that.
    """

    type: str
    fields: Mapping[str, Value]
    holder: bytes | None = field(default=None, repr=False)
    shown_from: datetime | None = None


class Sealed(NamedTuple):
    """An entry as it is stored: the public leaf, and the erasable body that opens it."""

    leaf: bytes
    body: bytes


class Opening(NamedTuple):
    """What shows that a commitment is to this value."""

    salt: bytes
    value: Value


class Logged(NamedTuple):
    """A stored entry. `position` is None in the outbox; `body` and what it told once erased."""

    id: int
    position: int | None
    leaf: bytes
    body: bytes | None
    holder: bytes | None
    app_id: str | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf, read: commitments by the names of their fields, 32 bytes each."""

    type: str
    minute: datetime
    commitments: Mapping[str, bytes]


def seal(entry: Entry, now: datetime, randomness: Callable[[int], bytes]) -> Sealed:
    """The leaf and the body of an entry that happened at `now`.

    Raises:
        UnloggableError: a name, a value or the whole is outside what a leaf can hold.
    """
    try:
        sealed = _sealed(entry, now.astimezone(UTC), randomness)
    except UnicodeEncodeError:
        raise UnloggableError("the entry has text that UTF-8 cannot hold") from None
    if len(sealed.leaf) > LEAF_MAX:
        raise UnloggableError(
            f"a leaf has at most {LEAF_MAX} bytes, this one {len(sealed.leaf)}"
        )
    return sealed


def commitment(name: str, opening: Opening) -> bytes:
    """The commitment to one field, 32 bytes."""
    return _commit(name, opening.salt, canonical(opening.value))


def read_leaf(leaf: bytes) -> Leaf:
    """A leaf from its bytes, which must be the canonical ones.

    Raises:
        MalformedError: the bytes are no leaf of this version.
    """
    try:
        known = json.loads(leaf)
        read = Leaf(
            str(known["type"]),
            datetime.strptime(known["minute"], _MINUTE).replace(tzinfo=UTC),
            {name: _unb64url(text) for name, text in known["commitments"].items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise MalformedError("this is no leaf") from error
    if _written(read) != leaf:
        raise MalformedError(f"this is no leaf of version {VERSION} in its canonical form")
    return read


def read_body(body: bytes) -> dict[str, Opening]:
    """The openings in a body, by name of field.

    Raises:
        MalformedError: the bytes are no body.
    """
    try:
        return {
            name: Opening(_salt(shown["salt"]), _value(shown["value"]))
            for name, shown in json.loads(body)["fields"].items()
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise MalformedError("this is no body of an entry") from error


def misfit(leaf: Leaf, openings: Mapping[str, Opening]) -> str | None:
    """The first field that is not what the leaf commits to, None when all fit.

    `openings` may leave fields out. A field that the leaf has no commitment to does not fit.
    """
    for name in sorted(openings):
        committed = leaf.commitments.get(name, b"")
        try:
            fits = hmac.compare_digest(committed, commitment(name, openings[name]))
        except UnicodeEncodeError:  # JSON has escapes for what no leaf can commit to
            fits = False
        if not fits:
            return name
    return None


def minute_of(leaf: bytes) -> bytes:
    """The minute of a canonical leaf as it stands there; b"" for what is none.

    Such bytes sort as the minutes do, and cost a twentieth of reading the leaf.
    """
    begins = leaf.rfind(_MINUTE_MEMBER) + len(_MINUTE_MEMBER)
    return leaf[begins : begins + 17] if begins >= len(_MINUTE_MEMBER) else b""


def leaf_end(type_: str) -> bytes:
    """How each leaf of this type ends, and no leaf of another."""
    return f',"type":{canonical(type_)},"v":{VERSION}}}'.encode()


def instant(openings: Mapping[str, Opening]) -> datetime:
    """When the entry happened, to the second.

    Raises:
        MalformedError: the openings do not say.
    """
    try:
        return datetime.strptime(str(openings[AT].value), _SECOND).replace(tzinfo=UTC)
    except (KeyError, ValueError) as error:
        raise MalformedError("the entry does not say when it happened") from error


def erasure(positions: Collection[int], reason: str) -> Entry:
    """The entry which says that the bodies at these indices were erased."""
    return Entry(ERASED, {"entries": [str(index) for index in positions], "reason": reason})


def erased_by(openings: Mapping[str, Opening]) -> set[int]:
    """The indices that an entry of type `ledger.erased` names, none if it is of another."""
    named = openings["entries"].value if "entries" in openings else []
    return (
        {int(index) for index in named if _INDEX.fullmatch(index)}
        if isinstance(named, list)
        else set()
    )


def b64url(data: bytes) -> str:
    """Unpadded base64url (RFC 4648 5)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _sealed(entry: Entry, utc: datetime, randomness: Callable[[int], bytes]) -> Sealed:
    values = _values(entry, utc)
    salts = randomness(SALT_LENGTH * len(values))
    commitments, openings = [], []
    for count, (name, value) in enumerate(sorted(values.items())):
        salt = salts[SALT_LENGTH * count : SALT_LENGTH * (count + 1)]
        shown = canonical(value)
        commitments.append(f'"{name}":"{b64url(_commit(name, salt, shown))}"')
        openings.append(f'"{name}":{{"salt":"{b64url(salt)}","value":{shown}}}')
    # By hand, since canonical() over the whole takes twice as long, and each access pays it.
    leaf = (
        f'{{"commitments":{{{",".join(commitments)}}},"minute":"{utc.isoformat()[:16]}Z"'
    ).encode() + leaf_end(entry.type)
    return Sealed(leaf, f'{{"fields":{{{",".join(openings)}}}}}'.encode())


def _values(entry: Entry, utc: datetime) -> dict[str, Value]:
    values: dict[str, Value] = {**entry.fields, AT: f"{utc.isoformat()[:19]}Z"}
    if AT in entry.fields or HOLDER in entry.fields:
        raise UnloggableError(f"the fields {AT!r} and {HOLDER!r} are the ledger's own")
    if entry.holder is not None:
        values[HOLDER] = b64url(entry.holder)
    for name, value in values.items():
        if not (name.isascii() and name.isidentifier()):
            raise UnloggableError(f"{name!r} cannot name a field: it is no ASCII identifier")
        if isinstance(value, int) and abs(value) > _SAFE_INTEGER:
            raise UnloggableError(f"{name} is an integer beyond 2^53 - 1")
    return values


def _commit(name: str, salt: bytes, value: str) -> bytes:
    return sha256(_DOMAIN + salt + f"{name}\0{value}".encode()).digest()


def _unb64url(text: str) -> bytes:
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64url(data) != text:
        raise ValueError("not canonical base64url")
    return data


def _written(leaf: Leaf) -> bytes:
    members = {
        "commitments": {name: b64url(value) for name, value in leaf.commitments.items()},
        "minute": leaf.minute.strftime(_MINUTE),
        "type": leaf.type,
        "v": VERSION,
    }
    return canonical(members).encode(errors="replace")


def _salt(text: str) -> bytes:
    salt = _unb64url(text)
    if len(salt) != SALT_LENGTH:
        raise ValueError(f"a salt has {SALT_LENGTH} bytes")
    return salt


def _value(shown: object) -> Value:
    match shown:
        case bool():
            pass
        case str() | int():
            return shown
        case list() if all(isinstance(part, str) for part in shown):
            return shown
    raise TypeError("a value is a string, an integer or a list of strings")
