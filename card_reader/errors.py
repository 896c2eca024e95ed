"""Everything that can go wrong between a terminal and a card.

CardError                   carries .problem, and .remedy: what a person can do
├── TransportError          nothing came back, or nothing that makes sense
│   ├── VirtualReaderError  a card cannot be presented
│   └── ReaderError         no card can be reached through PC/SC
│       ├── NoReaderSupportError   pyscard is not installed
│       ├── NoServiceError         pcscd does not run
│       ├── ServiceDeniedError     pcscd does not let this user in
│       ├── NoReaderError          no reader, not that one, or several and none named
│       ├── NoCardError
│       ├── ReaderBusyError        another program holds the card
│       ├── UnresponsiveCardError
│       ├── CardRemovedError
│       └── CardResetError         somebody else reset it
├── MalformedApduError      the bytes are not a command APDU
├── MalformedDataError      a file of the card is not what its format says
├── CardFileError           a card file is missing, damaged or foreign; carries .path
├── CardDataError           what a card is to be made from does not fit together
├── AgentError              the agent cannot be started or asked
│   └── PortTakenError      something listens where it would
├── CommandRefusedError     a command that could harm a real card was not sent
├── PinNotSentError         the PIN stayed here, no try was spent
│   ├── MalformedPinError   it cannot be right
│   └── LastTryError        a wrong one would block the PIN
└── StatusError             the card said no; carries .sw
    ├── WrongPinError       carries .tries_left
    ├── PinBlockedError
    ├── NotVerifiedError
    ├── MemoryFailureError
    └── NoSuchFileError
        └── NoJpkiError     it is no My Number Card
"""

from pathlib import Path

from card_reader.status import SW, meaning, tries_left


class CardError(Exception):
    """Base of every error this package raises on purpose; its text says what to do, too."""

    remedy = "Try again; if it fails the same way, look closer with `mynasim card apdu`."

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"


class TransportError(CardError):
    """The reader or the card went away, or answered with something that is no response."""

    remedy = "Check that the card still lies on the reader, and start again."


class VirtualReaderError(TransportError):
    """A card cannot be presented in a virtual reader."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


class ReaderError(TransportError):
    """No card can be reached through PC/SC."""

    remedy = "See what is missing with `mynasim card doctor`."


class NoReaderSupportError(ReaderError):
    """The package that speaks to PC/SC is not installed."""

    def __init__(self) -> None:
        super().__init__("Readers need the package pyscard, which is not installed.")

    remedy = (
        "Run the command through `./mynasim`, which installs it. It is compiled, which takes:"
        " `sudo apt-get install gcc libc6-dev libpcsclite-dev pkg-config python3-dev`."
    )


class NoServiceError(ReaderError):
    """The service that owns the readers does not answer."""

    def __init__(self) -> None:
        super().__init__("The smart card service (pcscd) is not running.")

    remedy = (
        "Start it with `sudo systemctl start pcscd`; where it is not installed, first"
        " `sudo apt-get install pcscd libccid`."
    )


class ServiceDeniedError(ReaderError):
    """The service runs, but not for this user."""

    def __init__(self) -> None:
        super().__init__("The smart card service (pcscd) does not let this user in.")

    remedy = (
        "It serves who sits at the machine: log in there rather than over SSH, or allow your"
        " user org.debian.pcsc-lite.access_pcsc and access_card in polkit."
    )


class NoReaderError(ReaderError):
    """There is no reader, none of that name, or several and none was named."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


class NoCardError(ReaderError):
    """The reader is empty."""

    def __init__(self, reader: str) -> None:
        super().__init__(f"There is no card in the reader {reader!r}.")

    remedy = "Put the card on the reader and keep it there, then repeat the command."


class ReaderBusyError(ReaderError):
    """Another program has the card to itself."""

    def __init__(self, reader: str) -> None:
        super().__init__(f"Another program is using the card in {reader!r}.")

    remedy = "Close that program (a browser, another `mynasim`), then repeat the command."


class UnresponsiveCardError(ReaderError):
    """Something is in the reader that does not answer as a card does."""

    def __init__(self, reader: str) -> None:
        super().__init__(f"The card in {reader!r} does not answer.")

    remedy = "Take it out, look which side must face the reader, and put it in again."


class CardRemovedError(ReaderError):
    """The card was taken away in the middle of it."""

    def __init__(self) -> None:
        super().__init__("The card was removed while it was in use; nothing was completed.")

    remedy = "Put it back, leave it there until the command has ended, and start again."


class CardResetError(ReaderError):
    """Another program reset the card, so that PINs count as not verified."""

    def __init__(self) -> None:
        super().__init__("Another program reset the card while it was in use.")

    remedy = (
        "Nothing was sent to it again, so no try was spent by that. Close that program, then"
        " repeat the command."
    )


class MalformedApduError(CardError):
    """The bytes are not a command APDU."""

    remedy = "Write it as CLA INS P1 P2, then :DATA and /LE where needed, in hexadecimal."


class MalformedDataError(CardError):
    """A file of the card does not have the form that its specification gives."""

    remedy = (
        "Issue the card anew, or read the file with `mynasim card apdu` to see what is in it."
    )


class CardFileError(CardError):
    """A card file cannot be used."""

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        super().__init__(f"{path}: {problem}.")
        self.path = path
        self.remedy = remedy


class CardDataError(CardError):
    """Keys, certificates and PINs do not make a card together."""

    remedy = "Correct what the message names, and issue the card again."


class AgentError(CardError):
    """The agent cannot be started, or there is none to ask."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


class PortTakenError(AgentError):
    """Something listens where the agent would."""

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(
            f"Port {port} cannot be used ({reason}); perhaps another agent runs.",
            "Stop that one, or choose another port with --port (0: any that is free).",
        )


class CommandRefusedError(CardError):
    """A command that could lock or use a real card was kept from it."""

    remedy = "Use a card made by `mynasim card new`: there every command may be sent."


class PinNotSentError(CardError):
    """The PIN was not sent to the card; no try was spent."""


class MalformedPinError(PinNotSentError):
    """The PIN cannot be right, so it was not sent."""

    remedy = "Nothing was sent to the card and no try was spent. Enter it again."


class LastTryError(PinNotSentError):
    """Only one try is left, so the PIN was not sent."""

    def __init__(self) -> None:
        super().__init__("Only one try is left: a wrong entry would block the PIN.")

    remedy = "If you are sure of it, repeat the command in a terminal and confirm with yes."


class StatusError(CardError):
    """The card answered with a status word other than 9000."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"The card answered {sw:04X}: {meaning(sw)}.")
        self.sw = sw

    @classmethod
    def of(cls, sw: int) -> "StatusError":
        """The most telling error for `sw`."""
        if tries_left(sw) is not None:
            return WrongPinError(sw)
        return _BY_STATUS.get(sw, StatusError)(sw)


class WrongPinError(StatusError):
    """The PIN was wrong."""

    remedy = "Enter it with care: each wrong entry costs a try, a right one gives all back."

    @property
    def tries_left(self) -> int:
        """How many tries remain; 0 means that the PIN is blocked now."""
        return tries_left(self.sw) or 0


class PinBlockedError(StatusError):
    """No tries are left."""

    remedy = "A real card is reset at the municipal counter; an emulated one can be made anew."


class NotVerifiedError(StatusError):
    """The file or key needs a PIN first."""

    remedy = "Verify the PIN of this file or key, then repeat the command."


class MemoryFailureError(StatusError):
    """The card could not keep what it must, so did nothing."""

    remedy = (
        "An emulated card says so when another `mynasim` does not let go of its file, or when"
        " that is gone or damaged: `mynasim card info --card FILE` then says what is wrong."
    )


class NoSuchFileError(StatusError):
    """Neither an application nor a file by that name is on the card."""

    remedy = "Check the name; a card of a child under 15 has no signing certificate."


class NoJpkiError(NoSuchFileError):
    """The card does not have the application of the My Number Card."""

    def __init__(self) -> None:
        super().__init__(SW.FILE_NOT_FOUND)
        self.problem = "This is no My Number Card: it has no JPKI application (公的個人認証AP)."

    remedy = "Put a My Number Card on the reader, or present one that `mynasim card new` made."


_BY_STATUS: dict[int, type[StatusError]] = {
    SW.AUTHENTICATION_BLOCKED: PinBlockedError,
    SW.REFERENCE_DATA_UNUSABLE: PinBlockedError,
    SW.SECURITY_STATUS_NOT_SATISFIED: NotVerifiedError,
    SW.MEMORY_FAILURE: MemoryFailureError,
    SW.FILE_NOT_FOUND: NoSuchFileError,
}
