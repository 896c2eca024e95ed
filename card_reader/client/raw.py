"""Command APDUs as a person types them: `00a4020c:000a`, `00b00000/00`."""

import re

from card_reader.apdu import EXTENDED_LE_MAX, SHORT_LE_MAX, Command
from card_reader.errors import MalformedApduError

_FORM = re.compile(
    r"(?P<head>[0-9a-f]{8})(:(?P<data>([0-9a-f]{2})*))?(/(?P<le>[0-9a-f]{2}|[0-9a-f]{4}))?",
    re.IGNORECASE | re.ASCII,
)


def parse(text: str) -> Command:
    """Read CLA INS P1 P2, then `:DATA` and `/LE` where there are any; Lc is worked out.

    All in hexadecimal, spaces allowed; `/00` asks for 256 bytes, `/0000` for 65536.
    Raises MalformedApduError.
    """
    found = _FORM.fullmatch(text.replace(" ", ""))
    if found is None:
        raise MalformedApduError("A command cannot be read.")
    cla, ins, p1, p2 = bytes.fromhex(found["head"])
    return Command(ins, p1, p2, bytes.fromhex(found["data"] or ""), _le(found["le"]), cla)


def _le(digits: str | None) -> int | None:
    if digits is None:
        return None
    return int(digits, 16) or (SHORT_LE_MAX if len(digits) == 2 else EXTENDED_LE_MAX)
