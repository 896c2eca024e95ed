"""What every application of the card answers, and whom secure messaging refuses."""

from card_reader.apdu import INTERINDUSTRY, PROPRIETARY, Command, Ins, Response
from card_reader.emulator.application import Application, Handlers, get_challenge, select
from card_reader.emulator.pin import Pin
from card_reader.emulator.reading import get_data, read_binary, read_record
from card_reader.emulator.signing import compute_signature, internal_authenticate
from card_reader.emulator.verifying import change_key, change_reference_data, verify
from card_reader.status import SW

ALWAYS: Handlers = {
    (INTERINDUSTRY, Ins.SELECT): select,
    (INTERINDUSTRY, Ins.READ_BINARY): read_binary,
    (INTERINDUSTRY, Ins.READ_RECORD): read_record,
    (INTERINDUSTRY, Ins.VERIFY): verify,
    (INTERINDUSTRY, Ins.GET_CHALLENGE): get_challenge,
    (INTERINDUSTRY, Ins.GET_DATA): get_data,
}
"""Also where no application is selected."""

SIGN: Handlers = {(PROPRIETARY, Ins.COMPUTE_SIGNATURE): compute_signature}
AUTHENTICATE: Handlers = {(INTERINDUSTRY, Ins.INTERNAL_AUTHENTICATE): internal_authenticate}
CHANGE_REFERENCE_DATA: Handlers = {
    (INTERINDUSTRY, Ins.CHANGE_REFERENCE_DATA): change_reference_data
}
CHANGE_KEY: Handlers = {(PROPRIETARY, Ins.CHANGE_KEY): change_key}


def refuse_session(status: SW) -> Handlers:
    """SET SESSION KEY where it says `status` whatever comes (myna-card)."""
    return {(PROPRIETARY, Ins.SET_SESSION_KEY): lambda *_: Response.status(status)}


def session_after(pin: Pin) -> Handlers:
    """SET SESSION KEY where a session would open once `pin` is verified.

    Sessions are not simulated: every key that is delivered counts as malformed.
    """

    def set_session_key(_application: Application, _command: Command) -> Response:
        lacking = SW.WRONG_DATA if pin.verified else SW.SECURITY_STATUS_NOT_SATISFIED
        return Response.status(lacking)

    return {(PROPRIETARY, Ins.SET_SESSION_KEY): set_session_key}
