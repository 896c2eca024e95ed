"""券面事項入力補助AP: the number and the four attributes, and what opens which."""

from pathlib import Path

from card_reader.emulator.application import Application, Randomness
from card_reader.emulator.commands import (
    ALWAYS,
    AUTHENTICATE,
    CHANGE_REFERENCE_DATA,
    SIGN,
    session_after,
)
from card_reader.emulator.contents import TextContents
from card_reader.emulator.files import File, Key, Transparent
from card_reader.emulator.pin import Blocked, Pin
from card_reader.emulator.references import TEXT_NUMBER_A, TEXT_NUMBER_B, TEXT_PIN_REFERENCE
from card_reader.emulator.schemes import schemes_of
from card_reader.spec.text import TextEF


def text_application(contents: TextContents, path: Path, randomness: Randomness) -> Application:
    """The application with `contents`, whose secrets `path` keeps.

    Number A opens the number and B the attributes, the PIN both (myna-card). Neither number
    can be changed: they are printed on the card.
    """
    pin, key = Pin(TEXT_PIN_REFERENCE, path), Key(schemes_of(contents.key))
    number_b = Pin(TEXT_NUMBER_B, path, fixed=True)
    files: dict[int, File] = {
        TextEF.PIN: pin,
        TextEF.BLOCKED: Blocked(),
        TextEF.AUTHENTICATION_KEY: key,
        TextEF.NUMBER_B: number_b,
    }
    number_a: tuple[Pin, ...] = ()
    if contents.number_a is not None:
        number_a = (Pin(TEXT_NUMBER_A, path, fixed=True),)
        files[TextEF.NUMBER_A] = number_a[0]
    guards = {
        TextEF.MY_NUMBER: (pin, *number_a),
        TextEF.ATTRIBUTES: (pin, number_b),
        TextEF.INTEGRITY: (pin, *number_a, number_b),
        TextEF.SESSION_KEY: (pin, *number_a, number_b),
        TextEF.SIGNED_KEY: (pin, *number_a, number_b),
    }
    for ef, content in contents.files.items():
        files[ef] = Transparent(content, guards.get(TextEF(ef)))
    handlers = {
        **ALWAYS,
        **SIGN,
        **AUTHENTICATE,
        **CHANGE_REFERENCE_DATA,
        **session_after(pin),
    }
    return Application(files, handlers, randomness, default_key=key, has_sessions=True)
