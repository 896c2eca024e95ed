"""`mynasim card show`: a person's card, as a card viewer shows it."""

import sys
from datetime import date
from io import BytesIO
from pathlib import Path
from secrets import token_bytes
from typing import Annotated, Any

import typer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.client.guard import Guarded, guard_for
from card_reader.client.session import Session
from card_reader.client.verifiable import issuer_key
from card_reader.client.whole import Given, Secret, Terms, WholeCard, read_whole
from card_reader.errors import MalformedDataError
from card_reader.hardening import keep_pins_out_of_dumps
from card_reader.spec import UNREADABLE, PinRule
from card_reader.spec.visual import SECURITY_CODE_LENGTH
from mynaportal_sim.cli import card_sheet, pin_entry
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.card_document import document
from mynaportal_sim.cli.card_source import CardOption, ReaderOption, presented
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DataOption, JsonOption, settings_of
from mynaportal_sim.issuing.printed_numbers import number_b
from mynaportal_sim.pki.card_issuer import CERTIFICATE_FILE


def _secret(option: str, metavar: str, what: str) -> Any:
    return typer.Option(option, metavar=metavar, help=what)


TextPinOption = Annotated[
    str | None, _secret("--text-pin", "PIN", "Opens name, address, birth and sex.")
]
NumberBOption = Annotated[
    str | None,
    _secret(
        "--number-b",
        "DIGITS",
        "Opens portrait and face: 照合番号B, or the security code beside --text-pin.",
    ),
]
BirthKeyOption = Annotated[
    str | None,
    _secret("--birth-key", "YYMMDD", "By the year of the era: opens the day of birth."),
]
PasswordOption = Annotated[
    str | None, _secret("--password", "PASSWORD", "Opens the signing certificate.")
]
PhonePinOption = Annotated[
    str | None, _secret("--pin", "PIN", "Opens the other certificate on a phone.")
]
MyNumberOption = Annotated[
    bool, typer.Option("--my-number", help="Read and show the individual number, too.")
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Put the portrait and the images there."),
]
CardIssuerOption = Annotated[
    Path | None,
    typer.Option(
        "--card-issuer",
        metavar="FILE",
        help=f"The card issuer's certificate. [default: ca/{CERTIFICATE_FILE} in --data]",
    ),
]


def show(  # noqa: PLR0913  options of a command
    *,
    card: CardOption = None,
    reader: ReaderOption = None,
    text_pin: TextPinOption = None,
    number_b: NumberBOption = None,
    birth_key: BirthKeyOption = None,
    password: PasswordOption = None,
    pin: PhonePinOption = None,
    my_number: MyNumberOption = False,
    out: OutOption = None,
    card_issuer: CardIssuerOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show what is on a card, and whether it is genuine.

    Each PIN is optional: without it, what it opens stays unread. If none is given, you are
    asked for them on a terminal, with the tries left; Enter leaves one out. The individual
    number is not even read unless --my-number wants it. From a card without the simulation
    mark only what is free is read, and no PIN is asked for.

    Examples:

    mynasim card show --card hanako.json --text-pin 1234 --out hanako

    mynasim card show --reader "Virtual PCD" --json
    """
    keep_pins_out_of_dumps()
    given = {
        Secret.TEXT_PIN: text_pin,
        Secret.NUMBER_B: number_b,
        Secret.BIRTH_KEY: birth_key,
        Secret.SIGNING_PASSWORD: password,
        Secret.AUTHENTICATION_PIN: pin,
    }
    root = _root(card_issuer, settings_of(data=data).authorities / CERTIFICATE_FILE)
    with presented(card, reader) as transport:
        marked = guard_for(Session(transport)) is None
        transport.reset()
        ask = _Asking(given) if marked else None
        session = Session(transport if marked else Guarded(transport))
        whole = read_whole(session, Terms(ask, root, token_bytes, my_number and marked))
    pictures = _written(whole, out) if out else {}
    shown = None if json else card_sheet.sheet(whole, pictures, marked=marked)
    say(document(whole, pictures, marked=marked), shown, json)


class _Asking:
    """Where the PINs of one reading come from: the options, else a person at the terminal.

    Several applications may have the same one, which is asked for once.
    """

    def __init__(self, given: dict[Secret, str | None]) -> None:
        self._given = given
        self._is_asked = sys.stdin.isatty() and not any(given.values())

    def __call__(
        self, secret: Secret, rule: PinRule, left: int, read: WholeCard
    ) -> Given | None:
        pin = self._given[secret]
        if pin is None and self._is_asked and secret is not Secret.BIRTH_KEY:
            hint = _BY_CODE if secret is Secret.NUMBER_B and read.attributes else ""
            pin = self._given[secret] = pin_entry.optional(rule, left, hint)
        if not pin:
            return None
        pin_entry.confirm_last(rule, left)
        if secret is Secret.NUMBER_B:
            pin = _completed(pin, read)
        return Given(pin, allow_last_try=left == 1)


_BY_CODE = "; or only its security code, 4 digits"


def _completed(pin: str, read: WholeCard) -> str:
    """照合番号B, whose other digits are on the card if only its security code is given."""
    if len(pin) != SECURITY_CODE_LENGTH or not read.attributes or not read.record:
        return pin
    try:
        days = (read.attributes.born, read.record.expires)
        born, expires = map(date.fromisoformat, days)
    except ValueError:  # a day that is not known
        return pin
    return number_b(born, expires, pin)


def _root(named: Path | None, usual: Path) -> RSAPublicKey | None:
    """The card issuer's key; None if no file is named and there is none in the usual place."""
    if named is None and not usual.exists():
        return None
    path = named or usual
    content = path.read_bytes()
    try:
        if content.startswith(b"-----BEGIN"):
            content = x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
        return issuer_key(content)
    except (*UNREADABLE, MalformedDataError):
        raise CommandError(
            f"{path} is no certificate of a simulated issuer of cards; a portal keeps its own"
            f" as ca/{CERTIFICATE_FILE} in its data directory"
        ) from None


def _written(whole: WholeCard, folder: Path) -> dict[str, Path]:
    """The images of the face as files, as the card holds them; the portrait as PNG, too."""
    images: dict[str, bytes | None] = {}
    if face := whole.face:
        images["portrait.png"] = _as_png(face.portrait)
        images["portrait.jp2"] = face.portrait
        images["name.png"] = face.name_image
        images["address.png"] = face.address_image
        images["security-code.png"] = face.security_code_image
    if whole.my_number_image:
        images["my-number.png"] = whole.my_number_image.image
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = {}
    for name, content in images.items():
        if content is not None:
            written[name] = (folder / name).resolve()
            written[name].write_bytes(content)
    return written


def _as_png(portrait: bytes) -> bytes | None:
    """The portrait in a form that every viewer shows; None if it is no JPEG 2000."""
    from PIL import Image  # noqa: PLC0415  only who keeps the portrait waits for it

    png = BytesIO()
    try:
        with Image.open(BytesIO(portrait), formats=["JPEG2000"]) as image:
            image.save(png, "PNG")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    return png.getvalue()
