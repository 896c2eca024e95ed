"""BER-TLV objects (ISO/IEC 7816-4, 5.2.2; X.690, 8.1) as a card's files hold them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from card_reader.errors import MalformedDataError

HEAD_MAX = 8
"""Bytes that show a head: a tag of at most three bytes, a length of at most five."""

_TAG_MAX = 3
_LENGTH_MAX = 4


@dataclass(frozen=True, slots=True)
class Head:
    """A tag of one to three bytes and the length of what follows."""

    tag: int
    header_length: int
    value_length: int

    @property
    def whole_length(self) -> int:
        """Bytes of tag, length and value together."""
        return self.header_length + self.value_length

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read the head that `data` begins with.

        Raises MalformedDataError for longer tags, indefinite lengths, lengths of more than four
        bytes, and data that ends inside the head.
        """
        at = _tag_length(data)
        tag, rest = int.from_bytes(data[:at], "big"), data[at:]
        if not rest:
            raise MalformedDataError("The data ends before a length.")
        first = rest[0]
        if first < 0x80:
            return cls(tag, at + 1, first)
        count = first & 0x7F
        if not 1 <= count <= _LENGTH_MAX or len(rest) < 1 + count:
            raise MalformedDataError(f"The length that begins with {first:02X} cannot be read.")
        return cls(tag, at + 1 + count, int.from_bytes(rest[1 : 1 + count], "big"))


@dataclass(frozen=True, slots=True)
class Element:
    """One object: a tag, and a value that may be personal."""

    tag: int
    value: bytes = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read the object that `data` begins with; what follows it is of no account.

        Raises MalformedDataError if it is no object or ends before its value does.
        """
        head = Head.parse(data)
        if len(data) < head.whole_length:
            raise MalformedDataError(f"The object {head.tag:X} ends before its value does.")
        return cls(head.tag, data[head.header_length : head.whole_length])

    def __bytes__(self) -> bytes:
        """The object in its shortest form."""
        return _tag(self.tag) + _length(len(self.value)) + self.value

    def __iter__(self) -> Iterator["Element"]:
        """The objects that its value is made of. Raises MalformedDataError."""
        return elements(self.value)


def encode(tag: int, value: bytes) -> bytes:
    """The bytes of an object."""
    return bytes(Element(tag, value))


def elements(data: bytes) -> Iterator[Element]:
    """The objects in `data`, one after the other; filler (00, FF) between them is skipped.

    Raises MalformedDataError where it meets what is neither.
    """
    at = 0
    while at < len(data):
        if _is_filler(data[at : at + 2]):
            at += 1
            continue
        head = Head.parse(data[at : at + HEAD_MAX])
        yield Element.parse(data[at : at + head.whole_length])
        at += head.whole_length


def by_tag(objects: Iterable[Element]) -> dict[int, Element]:
    """The objects by their tags. Raises MalformedDataError if two have the same.

    Two readers could take either, so that what one judges is not what the other shows.
    """
    found: dict[int, Element] = {}
    for each in objects:
        if each.tag in found:
            raise _twice(each.tag)
        found[each.tag] = each
    return found


def only(data: bytes, tag: int) -> Element:
    """The one object with this tag in a file, wherever it begins.

    Files were seen with bytes in front of their object, so no offset is assumed.
    Raises MalformedDataError if there is none that is whole, or another behind it.
    """
    found, rest = first(data, tag)
    refuse_another(rest, tag)
    return found


def first(data: bytes, tag: int) -> tuple[Element, bytes]:
    """The first whole object with this tag, wherever it begins, and what follows it.

    Raises MalformedDataError if there is none.
    """
    wanted = _tag(tag)
    at = data.find(wanted)
    while at >= 0:
        try:
            found, head = Element.parse(data[at:]), Head.parse(data[at : at + HEAD_MAX])
        except MalformedDataError:
            at = data.find(wanted, at + 1)
        else:
            return found, data[at + head.whole_length :]
    raise MalformedDataError(f"There is no object {tag:X}.")


def refuse_another(rest: bytes, tag: int) -> None:
    """Raises MalformedDataError if `rest`, what follows an object of this tag, has another."""
    try:
        first(rest, tag)
    except MalformedDataError:
        return
    raise _twice(tag)


def _twice(tag: int) -> MalformedDataError:
    return MalformedDataError(f"The object {tag:X} is there twice.")


def _tag_length(data: bytes) -> int:
    if not data:
        raise MalformedDataError("The data ends before a tag.")
    if data[0] & 0x1F != 0x1F:
        return 1
    for at in range(1, min(len(data), _TAG_MAX)):
        if not data[at] & 0x80:
            return at + 1
    raise MalformedDataError(f"The tag that begins with {data[0]:02X} cannot be read.")


def _is_filler(ahead: bytes) -> bool:
    """FF is filler unless a tag such as FF20 begins with it."""
    return ahead[0] == 0x00 or (ahead[0] == 0xFF and not b"\x00" < ahead[1:] < b"\x80")


def _tag(tag: int) -> bytes:
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    size = (length.bit_length() + 7) // 8
    return bytes((0x80 | size,)) + length.to_bytes(size, "big")
