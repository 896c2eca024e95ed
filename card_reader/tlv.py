"""The head of a BER-TLV object (X.690, 8.1): enough to know how long a file's content is."""

from dataclasses import dataclass

from card_reader.errors import MalformedDataError

HEAD_MAX = 6
"""Bytes that show a head whose tag has one byte and whose length has at most four."""


@dataclass(frozen=True, slots=True)
class Head:
    """A one-byte tag and the length of what follows."""

    tag: int
    header_length: int
    value_length: int

    @property
    def whole_length(self) -> int:
        """Bytes of tag, length and value together."""
        return self.header_length + self.value_length

    @classmethod
    def parse(cls, data: bytes) -> "Head":
        """Read the head that `data` begins with.

        Raises MalformedDataError for multi-byte tags, indefinite lengths, lengths of more than
        four bytes, and data that ends inside the head.
        """
        if len(data) < 2:
            raise MalformedDataError("The data ends before a tag and a length.")
        tag, first = data[0], data[1]
        if tag & 0x1F == 0x1F:
            raise MalformedDataError(f"A tag that begins with {tag:02X} has several bytes.")
        if first < 0x80:
            return cls(tag, 2, first)
        count = first & 0x7F
        if not 1 <= count <= HEAD_MAX - 2 or len(data) < 2 + count:
            raise MalformedDataError(f"The length that begins with {first:02X} cannot be read.")
        return cls(tag, 2 + count, int.from_bytes(data[2 : 2 + count], "big"))
