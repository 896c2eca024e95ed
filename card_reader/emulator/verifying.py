"""VERIFY, and the two commands that change a PIN."""

from card_reader.apdu import NEW_VALUE_ONLY, Command, Response
from card_reader.emulator.application import Application
from card_reader.emulator.pin import Blocked, Pin
from card_reader.spec import PIN_MAX
from card_reader.status import SW


def verify(application: Application, command: Command) -> Response:
    """VERIFY with a value, or without data to ask for the tries left."""
    if command.p1:
        return Response.status(SW.WRONG_P1P2)
    if command.le is not None or len(command.data) > PIN_MAX:
        return Response.status(SW.WRONG_LENGTH)
    pin = _pointed_at(application, command.p2)
    if isinstance(pin, int):
        return Response.status(pin)
    return Response.status(pin.verify(command.data) if command.data else pin.status())


def change_reference_data(application: Application, command: Command) -> Response:
    """CHANGE REFERENCE DATA, by which JPKI and text change a PIN after its VERIFY."""
    return _change(application, command, NEW_VALUE_ONLY)


def change_key(application: Application, command: Command) -> Response:
    """CHANGE KEY of JICSAP, by which juki and common change theirs after its VERIFY."""
    return _change(application, command, 0)


def _change(application: Application, command: Command, p1: int) -> Response:
    if command.p1 != p1:
        return Response.status(SW.WRONG_P1P2)
    if command.le is not None or not 1 <= len(command.data) <= PIN_MAX:
        return Response.status(SW.WRONG_LENGTH)
    pin = _pointed_at(application, command.p2)
    return Response.status(pin if isinstance(pin, int) else pin.change(command.data))


def _pointed_at(application: Application, reference: int) -> Pin | Blocked | int:
    """The PIN that P2 names, or the status word that says why there is none."""
    pointed = application.point_at(reference)
    if pointed != SW.OK:
        return pointed
    file = application.current
    if isinstance(file, Pin | Blocked):
        return file
    return SW.INCOMPATIBLE_FILE if file else SW.NO_CURRENT_EF
