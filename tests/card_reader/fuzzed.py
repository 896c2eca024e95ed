"""A parser under atheris: `python -m tests.card_reader.fuzzed NAME PLACE RUNS`.

A process of its own, since libFuzzer ends it: with 0 if all went well. PLACE has a folder
`corpus` to begin with, and the card to talk to; what the parser breaks on is left there.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import atheris
from cryptography.hazmat.asn1 import encode_der

INSTRUMENTED = [
    "card_reader",
    "mynaportal_sim.pki.certificate",
    "mynaportal_sim.pki.ocsp.messages",
]

with atheris.instrument_imports(include=INSTRUMENTED):
    from card_reader.errors import MalformedDataError
    from card_reader.spec import is_marked
    from card_reader.tlv import Element, elements, encode, only
    from mynaportal_sim.pki.certificate import Leaf
    from mynaportal_sim.pki.errors import MalformedCertificateError
    from mynaportal_sim.pki.ocsp import messages
    from tests.card_reader.emulator.any_bytes import Probe, cut

LONGEST = {"apdu": 512, "tlv": 512, "der": 2048, "ocsp": 512}
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def apdu(place: Path) -> Callable[[bytes], None]:
    """Whole conversations with a card that has all applications."""
    probe = Probe(place / "card.json")
    return lambda data: probe.converse(cut(data))


def tlv(_place: Path) -> Callable[[bytes], None]:
    """Objects: what is read is written as the same, and all else is malformed."""

    def look(data: bytes) -> None:
        with suppress(MalformedDataError):
            element = Element.parse(data)
            assert Element.parse(bytes(element)) == element
            assert encode(element.tag, element.value) == bytes(element)
            list(element)
        with suppress(MalformedDataError):
            list(elements(data))
        with suppress(MalformedDataError):
            assert only(data, 0xDF22).tag == 0xDF22

    return look


def der(_place: Path) -> Callable[[bytes], None]:
    """Certificates: marked or not, a leaf or malformed."""

    def look(data: bytes) -> None:
        is_marked(data)
        with suppress(MalformedCertificateError):
            Leaf.parse(data)

    return look


def ocsp(_place: Path) -> Callable[[bytes], None]:
    """Questions to a responder: what is read can be answered, and all else is malformed."""

    def look(data: bytes) -> None:
        try:
            asked = messages.read(data)
        except messages.MalformedOcspError:
            return
        assert 0 < len(asked.questions) <= messages.QUESTIONS_MAX
        assert asked.nonce is None or 0 < len(asked.nonce) <= messages.NONCE_MAX
        for question in asked.questions:
            encode_der(messages.unknown(question, NOW, NOW))

    return look


TARGETS = {"apdu": apdu, "tlv": tlv, "der": der, "ocsp": ocsp}


if __name__ == "__main__":
    name, place, runs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    options = (
        f"-runs={runs}",
        "-seed=7",
        "-len_control=0",
        f"-max_len={LONGEST[name]}",
        f"-artifact_prefix={place}/",
    )
    atheris.Setup([sys.argv[0], *options, str(place / "corpus")], TARGETS[name](place))
    atheris.Fuzz()
