"""COMPUTE DIGITAL SIGNATURE and INTERNAL AUTHENTICATE."""

from card_reader.apdu import DEFAULT_KEY, Command, Response
from card_reader.emulator.application import Application
from card_reader.emulator.files import Key
from card_reader.emulator.schemes import HASHED, Scheme
from card_reader.status import SW, wrong_le


def compute_signature(application: Application, command: Command) -> Response:
    """COMPUTE DIGITAL SIGNATURE by the key that P2 names, or by the application's own."""
    key = _key(application, command.p2)
    if isinstance(key, int):
        return Response.status(key)
    scheme = key.schemes.get(command.p1)
    if scheme is None:
        return Response.status(SW.WRONG_P1P2)
    refusal = _refused_form(command, scheme)
    if refusal is None and key.guard is not None and not key.guard.verified:
        refusal = SW.SECURITY_STATUS_NOT_SATISFIED
    if refusal is not None:
        return Response.status(refusal)
    return Response.ok(scheme.sign(command.data))


def internal_authenticate(application: Application, command: Command) -> Response:
    """INTERNAL AUTHENTICATE: sha256WithRSAEncryption over a challenge of 1 to 255 bytes.

    One key of the card answers it. Those behind a PIN refuse with 6982, others with 6985
    (myna-card).
    """
    if command.p1:
        return Response.status(SW.WRONG_P1P2)
    key = _key(application, command.p2)
    if isinstance(key, int):
        return Response.status(key)
    if key.guard is not None or not key.authenticates:
        behind_a_pin = key.guard is not None
        return Response.status(
            SW.SECURITY_STATUS_NOT_SATISFIED if behind_a_pin else SW.CONDITIONS_NOT_SATISFIED
        )
    scheme = key.schemes[HASHED]
    refusal = _refused_form(command, scheme)
    if refusal is not None:
        return Response.status(refusal)
    return Response.ok(scheme.sign(command.data))


def _refused_form(command: Command, scheme: Scheme) -> int | None:
    if command.le is None or len(command.data) not in scheme.lengths:
        return SW.WRONG_LENGTH
    return wrong_le(scheme.answer) if command.le < scheme.answer else None


def _key(application: Application, reference: int) -> Key | int:
    """The key that P2 names, or the status word that says why there is none."""
    if reference == DEFAULT_KEY and application.default_key is not None:
        return application.default_key
    pointed = application.point_at(reference)
    if pointed != SW.OK:
        return pointed
    file = application.current
    if isinstance(file, Key):
        return file
    return SW.INCOMPATIBLE_FILE if file else SW.CONDITIONS_NOT_SATISFIED
