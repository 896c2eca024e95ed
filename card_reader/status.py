"""Status words: the two bytes that end each answer of a card (ISO/IEC 7816-4, 5.6)."""

from enum import IntEnum, unique


@unique
class SW(IntEnum):
    """Status words that the card gives or its terminal must understand."""

    OK = 0x9000
    END_OF_FILE = 0x6282
    VERIFY_FAILED = 0x6300
    MEMORY_FAILURE = 0x6581
    SECURITY_ENVIRONMENT_LACKING = 0x66F1
    WRONG_LENGTH = 0x6700
    CHANNEL_NOT_SUPPORTED = 0x6881
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    CHAINING_NOT_SUPPORTED = 0x6884
    INCOMPATIBLE_FILE = 0x6981
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    AUTHENTICATION_BLOCKED = 0x6983
    REFERENCE_DATA_UNUSABLE = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_EF = 0x6986
    NO_SESSION = 0x69FC
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    WRONG_P1P2 = 0x6A86
    REFERENCE_DATA_NOT_FOUND = 0x6A88
    WRONG_OFFSET = 0x6B00
    INS_NOT_SUPPORTED = 0x6D00
    CLA_NOT_SUPPORTED = 0x6E00
    UNKNOWN_ERROR = 0x6F00


_TRIES_LEFT = 0x63C0
_MORE_DATA = 0x61
_WRONG_LE = 0x6C


def tries_left_is(count: int) -> int:
    """The status word 63Cx that says `count` tries (0 to 15) are left."""
    return _TRIES_LEFT | count


def tries_left(sw: int) -> int | None:
    """How many tries `sw` says are left; None if it does not speak of tries."""
    return sw & 0x0F if sw & 0xFFF0 == _TRIES_LEFT else None


def wrong_le(correct: int) -> int:
    """The status word 6Cxx that says that Le should have been `correct` (1 to 256)."""
    return _WRONG_LE << 8 | correct % 0x100


def bytes_waiting(sw: int) -> int | None:
    """How many bytes (1 to 256) a 61xx holds ready; None for other status words."""
    return (sw & 0xFF or 0x100) if sw >> 8 == _MORE_DATA else None


def correct_le(sw: int) -> int | None:
    """The Le (1 to 256) that a 6Cxx asks for; None for other status words."""
    return (sw & 0xFF or 0x100) if sw >> 8 == _WRONG_LE else None


def meaning(sw: int) -> str:
    """What `sw` says, in words for a person."""
    if (left := tries_left(sw)) is not None:
        return f"{left} tries left" if left != 1 else "1 try left"
    if (waiting := bytes_waiting(sw)) is not None:
        return f"{waiting} bytes more are waiting for GET RESPONSE"
    if (le := correct_le(sw)) is not None:
        return f"wrong Le; {le} is right"
    return _MEANINGS.get(sw, "not a status word this program knows")


_MEANINGS: dict[int, str] = {
    SW.OK: "OK",
    SW.END_OF_FILE: "the file ended before Le bytes were read",
    SW.VERIFY_FAILED: "verification failed, or tries are not limited",
    SW.MEMORY_FAILURE: "the card could not write its memory",
    SW.SECURITY_ENVIRONMENT_LACKING: "nothing is configured to deliver a session key to",
    SW.WRONG_LENGTH: "wrong length",
    SW.CHANNEL_NOT_SUPPORTED: "logical channel not supported",
    SW.SECURE_MESSAGING_NOT_SUPPORTED: "secure messaging not supported",
    SW.CHAINING_NOT_SUPPORTED: "command chaining not supported",
    SW.INCOMPATIBLE_FILE: "the file is of another type than the command needs",
    SW.SECURITY_STATUS_NOT_SATISFIED: "a PIN must be verified first",
    SW.AUTHENTICATION_BLOCKED: "the PIN is blocked",
    SW.REFERENCE_DATA_UNUSABLE: "the PIN is blocked",
    SW.CONDITIONS_NOT_SATISFIED: "conditions of use not satisfied: no key for it is selected",
    SW.NO_CURRENT_EF: "no file is selected",
    SW.NO_SESSION: "there is no session of secure messaging",
    SW.WRONG_DATA: "wrong data",
    SW.FUNCTION_NOT_SUPPORTED: "function not supported",
    SW.FILE_NOT_FOUND: "no such application or file",
    SW.RECORD_NOT_FOUND: "no such record",
    SW.WRONG_P1P2: "wrong P1 or P2",
    SW.REFERENCE_DATA_NOT_FOUND: "no such PIN, key or data object",
    SW.WRONG_OFFSET: "the offset is beyond the end of the file",
    SW.INS_NOT_SUPPORTED: "unknown instruction",
    SW.CLA_NOT_SUPPORTED: "unknown class",
    SW.UNKNOWN_ERROR: "the card gives no reason",
}
