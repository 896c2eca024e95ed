"""What a person types, taken from a descriptor without a copy that outlives it."""

import os
from select import select
from time import monotonic

from card_reader.agent.pin import LINE_MAX, PROMPT_LIFETIME, No, Pin, Stopped

_LOOKED_EVERY = 0.1  # seconds


def line_from(
    descriptor: int, stopped: Stopped, within: float = PROMPT_LIFETIME
) -> bytearray | No:
    """A line without its end, read byte by byte so that nothing else keeps a copy."""
    line, until = bytearray(), monotonic() + within
    while monotonic() < until:
        if stopped():
            return _dropped(line, No.CANCELLED)
        if not select([descriptor], [], [], _LOOKED_EVERY)[0]:
            continue
        byte = os.read(descriptor, 1)
        if byte in {b"\n", b"\r", b""}:
            return line if line or byte else No.CANCELLED
        if len(line) < LINE_MAX:
            line += byte
    return _dropped(line, No.TIMED_OUT)


def _dropped(line: bytearray, reason: No) -> No:
    Pin(line).forget()
    return reason
