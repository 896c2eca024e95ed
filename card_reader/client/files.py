"""Reading files whose content is BER-TLV; what does not fit is an error that names the file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from card_reader.client.session import FILE_MAX, Session
from card_reader.errors import MalformedDataError
from card_reader.tlv import Element, by_tag, only

T = TypeVar("T")


def read_object(session: Session, name: str, ef: int, parse: Callable[[bytes], T]) -> T:
    """What `parse` makes of the whole of a file, filler included.

    `name` is the application's. Raises MalformedDataError, StatusError.
    """
    content = session.read_file(ef, FILE_MAX)
    with naming(f"EF {ef:04X} of {name}"):
        return parse(content)


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Whatever malformed data is met inside was found at `place`, and the error says so."""
    try:
        yield
    except MalformedDataError as error:
        raise MalformedDataError(f"{place}: {error.problem}") from error


def objects(content: bytes, template: int) -> dict[int, Element]:
    """The objects in the template that a file holds, by tag; unknown ones among them.

    Raises MalformedDataError: also where the template, or an object in it, is there twice.
    """
    return by_tag(only(content, template))


def wanted(found: dict[int, Element], tag: int) -> Element:
    """The object with this tag. Raises MalformedDataError if there is none."""
    if tag not in found:
        raise MalformedDataError(f"There is no object {tag:X}.")
    return found[tag]


def text(value: bytes) -> str:
    """`value` as UTF-8. Raises MalformedDataError."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise MalformedDataError("There is no text where it belongs.") from None


def octets(value: bytes, length: int) -> bytes:
    """`value`, which is so many bytes. Raises MalformedDataError."""
    if len(value) != length:
        raise MalformedDataError(f"There are not the {length} bytes that belong there.")
    return value


def digits(value: bytes, length: int) -> str:
    """`value` as so many ASCII digits. Raises MalformedDataError."""
    if len(value) != length or not value.isdigit():
        raise MalformedDataError(f"There are not the {length} digits that belong there.")
    return value.decode("ascii")
