"""券面事項確認AP: the face of the card, and what opens which part of it."""

from pathlib import Path

from card_reader.emulator.application import Application, Randomness
from card_reader.emulator.commands import ALWAYS, AUTHENTICATE, SIGN, refuse_session
from card_reader.emulator.contents import VisualContents
from card_reader.emulator.files import File, Key, Transparent
from card_reader.emulator.pin import Pin
from card_reader.emulator.references import VISUAL_BIRTH, VISUAL_NUMBER_A, VISUAL_NUMBER_B
from card_reader.emulator.schemes import schemes_of
from card_reader.spec.visual import VisualEF
from card_reader.status import SW

_HANDLERS = {
    **ALWAYS,
    **SIGN,
    **AUTHENTICATE,
    **refuse_session(SW.SECURITY_ENVIRONMENT_LACKING),
}


def visual_application(
    contents: VisualContents, path: Path, randomness: Randomness
) -> Application:
    """The application with `contents`, whose secrets `path` keeps.

    Its key lies in no EF. The date of birth opens the record of it, number B the face, and
    number A also the image of the number (myna-card).
    """
    birth, number_b = Pin(VISUAL_BIRTH, path), Pin(VISUAL_NUMBER_B, path)
    files: dict[int, File] = {VisualEF.BIRTH_KEY: birth, VisualEF.NUMBER_B: number_b}
    number_a: tuple[Pin, ...] = ()
    if contents.number_a is not None:
        number_a = (Pin(VISUAL_NUMBER_A, path),)
        files[VisualEF.NUMBER_A] = number_a[0]
    guards = {
        VisualEF.BIRTH: (birth,),
        VisualEF.FACE: (*number_a, number_b),
        VisualEF.MY_NUMBER_IMAGE: number_a,
        VisualEF.RESERVED: (*number_a, number_b),
    }
    for ef, content in contents.files.items():
        files[ef] = Transparent(content, guards.get(VisualEF(ef)))
    key = Key(schemes_of(contents.key))
    return Application(files, _HANDLERS, randomness, default_key=key)
