"""住基AP and 共通カードAP: files of records, a PIN each, and the key of the second."""

from pathlib import Path

from card_reader.emulator.application import Application, Randomness
from card_reader.emulator.commands import ALWAYS, AUTHENTICATE, CHANGE_KEY, refuse_session
from card_reader.emulator.contents import RegisterContents
from card_reader.emulator.files import File, Key, Records
from card_reader.emulator.pin import Pin
from card_reader.emulator.references import COMMON_PIN, JUKI_PIN
from card_reader.emulator.schemes import schemes_of
from card_reader.spec.register import CommonEF, JukiEF
from card_reader.status import SW

_JUKI = {**ALWAYS, **CHANGE_KEY, **refuse_session(SW.SECURITY_STATUS_NOT_SATISFIED)}
_COMMON = {
    **ALWAYS,
    **AUTHENTICATE,
    **CHANGE_KEY,
    **refuse_session(SW.SECURITY_ENVIRONMENT_LACKING),
}


def juki_application(
    contents: RegisterContents, path: Path, randomness: Randomness
) -> Application:
    """住基AP. No file is known that its PIN opens."""
    files: dict[int, File] = {
        JukiEF.RECORD: Records((contents.juki_record,)),
        JukiEF.PIN: Pin(JUKI_PIN, path),
    }
    return Application(files, _JUKI, randomness, has_sessions=True)


def common_application(
    contents: RegisterContents, path: Path, randomness: Randomness
) -> Application:
    """共通カードAP. Its EF 0002 is that of 住基AP (myna-card)."""
    files: dict[int, File] = {
        CommonEF.RECORD: Records((contents.common_record,)),
        CommonEF.KEY_REFERENCE: Records((contents.juki_record,)),
        CommonEF.AUTHENTICATION_KEY: Key(schemes_of(contents.key), authenticates=True),
        CommonEF.PIN: Pin(COMMON_PIN, path),
    }
    return Application(files, _COMMON, randomness)
