"""`mynasim card doctor`: from the reader down to the PINs, what is wrong and what to do."""

from collections.abc import Iterator

from cryptography import x509

from card_reader import pcsc
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.errors import (
    CardError,
    MalformedDataError,
    NoCardError,
    NoReaderSupportError,
    NotVerifiedError,
    StatusError,
)
from card_reader.spec import CREDENTIALS, Kind
from card_reader.transport import Transport
from consent.instants import rfc3339
from mynaportal_sim.cli.card_source import (
    CardOption,
    ReaderOption,
    from_environment,
    presented,
)
from mynaportal_sim.cli.findings import Finding, report
from mynaportal_sim.cli.options import DataOption, JsonOption, settings_of
from mynaportal_sim.clock import Clock


def doctor(
    card: CardOption = None,
    reader: ReaderOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Look at service, reader, card, application, certificates and tries, in this order.

    Asks for no PIN and spends no try. Exit code 1 says that something needs a hand.

    Example: mynasim card doctor · mynasim card doctor --card card.json
    """
    if card is None and reader is None:
        card, reader = from_environment()
    clock = Clock(settings_of(data=data).clock)
    findings: list[Finding] = []
    if card is None:
        findings, reader = of_service(reader)
    if card is not None or reader is not None:
        try:
            with presented(card, reader) as transport:
                findings += of_card(transport, clock)
        except CardError as error:
            findings.append(Finding("card", False, error.problem, error.remedy))
    report(findings, json)


def of_service(wanted: str | None) -> tuple[list[Finding], str | None]:
    """What is between here and a card, and the reader to look into, if there is one."""
    try:
        slots = pcsc.slots()
    except NoReaderSupportError as error:
        return [Finding("reader support", False, error.problem, error.remedy)], None
    except CardError as error:
        return [Finding("service", False, error.problem, error.remedy)], None
    found = [
        Finding("reader support", True, "pyscard is installed"),
        Finding("service", True, "pcscd answers"),
    ]
    if slots and not wanted and not any(slot.holds_card for slot in slots):
        names = ", ".join(slot.name for slot in slots)
        empty = Finding("card", False, "no reader holds one", NoCardError.remedy)
        return [*found, Finding("reader", True, names), empty], None
    try:
        name = pcsc.chosen(wanted or "", slots)
    except CardError as error:
        return [*found, Finding("reader", False, error.problem, error.remedy)], None
    return [*found, Finding("reader", True, name)], name


def of_card(transport: Transport, clock: Clock) -> Iterator[Finding]:
    yield Finding("card", True, "answers")
    try:
        jpki = Jpki(Session(transport))
    except StatusError as error:
        yield Finding("application", False, error.problem, error.remedy)
        return
    yield Finding("application", True, f"公的個人認証AP (JPKI), token {jpki.label()}")
    if jpki.is_simulation():
        yield Finding("simulation mark", True, "a simulated card")
    else:
        found = "none: it may be a real card, so commands that could harm it are not sent"
        yield Finding("simulation mark", True, found)
    for kind in Kind:
        yield _of_certificate(jpki, kind, clock)
        yield _of_tries(jpki, kind)


def _of_certificate(jpki: Jpki, kind: Kind, clock: Clock) -> Finding:
    """Whether the certificate is there and in its time; the signing one cannot be read."""
    what = f"certificate for {kind.value.replace('_', ' ')}"
    if not jpki.holds(kind):
        normal = kind is Kind.SIGNING
        advice = "Issue another card: without this certificate nobody can log in with it."
        return Finding(what, normal, "absent (as on the card of a child)", advice)
    if kind is Kind.SIGNING:
        return Finding(what, True, "present; its password is needed to read it")
    try:
        certificate = x509.load_der_x509_certificate(jpki.certificate(kind))
    except NotVerifiedError:
        return Finding(what, True, "present; its PIN is needed to read it (as on a phone)")
    except (StatusError, MalformedDataError, ValueError):
        advice = "Issue another card: `mynasim card apdu` shows what is in the file, EF 000A."
        return Finding(what, False, "cannot be read", advice)
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    found = f"valid from {rfc3339(begins)} to {rfc3339(ends)}"
    advice = "Have the card issued anew: its certificate is not valid at the portal's time."
    return Finding(what, begins <= clock.now() <= ends, found, advice)


def _of_tries(jpki: Jpki, kind: Kind) -> Finding:
    rule = CREDENTIALS[kind].pin
    if not jpki.holds(kind):
        return Finding(rule.name_ja, True, "not set")
    left = jpki.tries(kind)
    advice = (
        "One wrong entry would block it: be sure, or have it reset."
        if left
        else "It is blocked. A real card is reset at the municipal counter; make an emulated"
        " one anew with `mynasim card new`."
    )
    return Finding(rule.name_ja, left > 1, f"{left} of {rule.tries} tries left", advice)
