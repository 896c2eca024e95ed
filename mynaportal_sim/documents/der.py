"""Whether bytes are one object in DER (X.690, 10): a reader that took more would see other
things in them than the next reader does."""

from card_reader.errors import MalformedDataError
from card_reader.tlv import HEAD_MAX, Element, Head
from mynaportal_sim.documents.errors import Fault, SignatureFileError

_DEPTH_MAX = 32
_CONSTRUCTED = 0x20


def demand_der(data: bytes) -> None:
    """Raises SignatureFileError unless `data` is one object, all of it of definite and
    shortest lengths."""
    head = _head(data)
    if len(data) > head.whole_length:
        raise SignatureFileError(Fault.TRAILING_BYTES, "something follows the structure")
    _walk(data, _DEPTH_MAX)


def _walk(data: bytes, depth: int) -> None:
    if not depth:
        raise SignatureFileError(Fault.SIGNATURE_MALFORMED, "it is nested too deep")
    at = 0
    while at < len(data):
        head = _head(data[at : at + HEAD_MAX])
        whole = data[at : at + head.whole_length]
        if len(whole) < head.whole_length:
            raise SignatureFileError(Fault.SIGNATURE_MALFORMED, "it ends too early")
        element = Element(head.tag, whole[head.header_length :])
        if bytes(element) != whole:
            raise SignatureFileError(Fault.NOT_DER, "a length is not in its shortest form")
        if whole[0] & _CONSTRUCTED:
            _walk(element.value, depth - 1)
        at += head.whole_length


def _head(data: bytes) -> Head:
    if data[1:2] == b"\x80":
        raise SignatureFileError(Fault.NOT_DER, "a length is indefinite, which is BER")
    try:
        return Head.parse(data)
    except MalformedDataError as error:
        raise SignatureFileError(Fault.SIGNATURE_MALFORMED, error.problem) from None
