"""READ BINARY, READ RECORD and GET DATA."""

from card_reader.apdu import BY_SHORT_EF, ONE_RECORD, SHORT_EF_MASK, Command, Response
from card_reader.emulator.application import Application
from card_reader.emulator.files import File, Records, Transparent
from card_reader.status import SW, wrong_le

_MODE = 0x07
_FROM_RECORD = 0x05


def read_binary(application: Application, command: Command) -> Response:
    """READ BINARY by offset, or by short EF identifier and offset."""
    if command.data or command.le is None:
        return Response.status(SW.WRONG_LENGTH)
    offset = command.p1 << 8 | command.p2
    if command.p1 & BY_SHORT_EF:
        by_none = command.p1 == BY_SHORT_EF
        chosen = SW.WRONG_P1P2 if by_none else application.point_at(command.p1)
        if chosen != SW.OK:
            return Response.status(chosen)
        offset = command.p2
    return _read(application.current, offset, command.le)


def _read(file: File | None, offset: int, length: int) -> Response:
    if file is None:
        return Response.status(SW.NO_CURRENT_EF)
    if not isinstance(file, Transparent):
        return Response.status(SW.INCOMPATIBLE_FILE)
    if not file.is_open():
        return Response.status(SW.SECURITY_STATUS_NOT_SATISFIED)
    if offset >= len(file.content):
        return Response.status(SW.WRONG_OFFSET)
    return Response.ok(file.content[offset : offset + length])


def read_record(application: Application, command: Command) -> Response:
    """READ RECORD of one record, of the current EF or by short EF identifier.

    Reading several at once (JICSAP: not every card can) is 6A81. Record 0 would be the current
    one, and nothing here makes one current.
    """
    if command.data or command.le is None:
        return Response.status(SW.WRONG_LENGTH)
    mode, ef = command.p2 & _MODE, command.p2 >> 3
    if mode == _FROM_RECORD:
        return Response.status(SW.FUNCTION_NOT_SUPPORTED)
    if mode != ONE_RECORD or ef == SHORT_EF_MASK:
        return Response.status(SW.WRONG_P1P2)
    if ef and (chosen := application.choose(ef)) != SW.OK:
        return Response.status(chosen)
    return _record(application.current, command.p1, command.le)


def _record(file: File | None, number: int, length: int) -> Response:
    if file is None:
        return Response.status(SW.NO_CURRENT_EF)
    if not isinstance(file, Records):
        return Response.status(SW.INCOMPATIBLE_FILE)
    if not 1 <= number <= len(file.records):
        return Response.status(SW.RECORD_NOT_FOUND)
    record = file.records[number - 1]
    return (
        Response.status(wrong_le(len(record))) if length < len(record) else Response.ok(record)
    )


def get_data(application: Application, command: Command) -> Response:
    """GET DATA of an object by its tag; one that is longer than Le is 6700 (myna-card)."""
    found = application.data_objects.get(command.p1 << 8 | command.p2)
    if command.data or command.le is None:
        return Response.status(SW.WRONG_LENGTH)
    if found is None:
        return Response.status(SW.REFERENCE_DATA_NOT_FOUND)
    return Response.status(SW.WRONG_LENGTH) if len(found) > command.le else Response.ok(found)
