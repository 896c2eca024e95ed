"""What a card is made from, and the card file that holds it."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography import x509

from card_reader.emulator import contents_file, store
from card_reader.emulator.contents import Contents, check_contents
from card_reader.emulator.entries import base64_of, entries, key, octets, text
from card_reader.emulator.keys import CardKey, check_key, to_pem
from card_reader.emulator.references import (
    JPKI_PASSWORD,
    JPKI_PIN,
    ReferenceData,
    Secret,
    Secrets,
)
from card_reader.emulator.store import Document
from card_reader.errors import CardDataError
from card_reader.spec import (
    AUTHENTICATION_PIN,
    SIGNING_PASSWORD,
    UNREADABLE,
    CardKind,
    is_marked,
)


@dataclass(frozen=True, slots=True)
class CardData:
    """Everything that is put on a card: keys, certificates as DER, PINs, tries left.

    A card of a child under 15 has neither signing key, certificate nor password, but the
    signing CA's certificate. One without a PIN (NO_PIN) has an empty one with no tries, and no
    signing parts either. Tries below the rule's make a card that was mistyped before; 0 is
    blocked. Without `contents` there is no other application than JPKI; a phone has no other.
    """

    label: str
    auth_key: CardKey = field(repr=False)
    auth_certificate: bytes = field(repr=False)
    auth_ca: bytes = field(repr=False)
    signing_ca: bytes = field(repr=False)
    pin: str = field(repr=False)
    signing_key: CardKey | None = field(default=None, repr=False)
    signing_certificate: bytes | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    pin_tries: int = AUTHENTICATION_PIN.tries
    password_tries: int = SIGNING_PASSWORD.tries
    kind: CardKind = CardKind.CARD
    contents: Contents | None = field(default=None, repr=False)


def write_card(path: Path, data: CardData) -> None:
    """Make `path` the card that `data` describes, in place of any card that it held.

    Raises CardDataError if a PIN or a key has the wrong form, a certificate is not its key's or
    lacks the simulation mark, or parts do not go together; CardFileError if the file cannot be
    written.
    """
    _check(data)
    store.write(path.resolve(), _document(data))


def read_card(path: Path) -> CardData:
    """What the card in `path` is made of now. Raises CardFileError if it is no sound card."""
    document = store.read(path)
    if document.get("simulation") is not True:
        raise store.damaged(path, "it does not say that it is a simulated card")
    try:
        data = _data(document, store.secrets(path, document))
        _check(data)
    except CardDataError as error:
        raise store.damaged(path, error.problem.rstrip(".")) from error
    return data


def complete_card(path: Path, contents: Contents) -> None:
    """Put `contents` on a card that has JPKI alone; what it holds and counts stays as it is.

    Raises CardDataError if they do not fit the card; CardFileError if it is no sound card.
    """

    def with_contents(document: Document) -> Document:
        data = replace(_data(document, store.secrets(path, document)), contents=contents)
        _check(data)
        return _document(data)

    store.rewrite(path.resolve(), with_contents)


def stage_card(place: Path, data: CardData, before: CardData | None) -> None:
    """Keep in `place` what is to become of the card that held `before`, for `settle_card`.

    Without `before` it is another card, which takes nothing over. Raises as `write_card` does.
    """
    _check(data)
    held = {} if before is None else _secrets(before)
    kept = {
        reference.name: {"tries": secret.tries == held[reference].tries}
        for reference, secret in _secrets(data).items()
        if reference in held and secret.value == held[reference].value
    }
    store.write(place.resolve(), {**_document(data), _KEPT: kept})


def settle_card(place: Path, path: Path) -> None:
    """Make `path` the card that was staged in `place`, which is gone in the same step.

    What this was not to change of its secrets is kept as it is by now: a PIN that its holder
    changed since, tries that somebody spent. Raises CardFileError.
    """

    def settled(staged: Document, now: Document) -> Document:
        kept = entries(staged, _KEPT) if _KEPT in staged else {}
        after, current = store.secrets(place, staged), store.secrets(path, now)
        merged = {
            reference: _merged(kept.get(reference.name), secret, current.get(reference))
            for reference, secret in after.items()
        }
        return {**staged, "secrets": store.document_secrets(merged)}

    store.settle(place.resolve(), path.resolve(), settled)


def _merged(kept: object, after: Secret, now: Secret | None) -> Secret:
    """A secret that a change makes `after`, where nothing of it is kept as it is `now`."""
    if now is None or not isinstance(kept, dict):
        return after
    return Secret(now.value, now.tries if kept.get("tries") else after.tries)


def _check(data: CardData) -> None:
    for reference, secret in _secrets(data).items():
        _check_secret(reference, secret, data.kind)
    _check_pair("authentication", data.kind, data.auth_key, data.auth_certificate)
    _certificate("authentication CA", data.auth_ca)
    _certificate("signing CA", data.signing_ca)
    parts = (data.signing_key, data.signing_certificate, data.password)
    if data.signing_key and data.signing_certificate and data.password is not None:
        _check_pair("signing", data.kind, data.signing_key, data.signing_certificate)
    elif any(part is not None for part in parts):
        raise CardDataError("A signing key, its certificate and its password belong together.")
    if data.kind is CardKind.NO_PIN and (data.pin or data.signing_key):
        raise CardDataError("A card without a PIN has none, and no signing parts.")
    if data.contents:
        check_contents(data.contents)
        if data.kind is CardKind.PHONE:
            raise CardDataError("A phone has the JPKI application alone.")


def _check_secret(reference: ReferenceData, secret: Secret, kind: CardKind) -> None:
    rule = reference.rule
    if not secret.value and kind is CardKind.NO_PIN:
        if secret.tries:
            raise CardDataError(f"The {rule.name} was never set, so it has no tries.")
        return
    if not rule.accepts(secret.value):
        raise CardDataError(f"The {rule.name} must have {rule.description}.")
    if not 0 <= secret.tries <= rule.tries:
        raise CardDataError(f"The {rule.name} can have 0 to {rule.tries} tries left.")


def _check_pair(name: str, kind: CardKind, key: CardKey, der: bytes) -> None:
    check_key(name, kind, key)
    if _public_key(name, der) != key.public_key():
        raise CardDataError(f"The {name} certificate is not that of the {name} key.")
    if not is_marked(der):
        raise CardDataError(f"The {name} certificate does not carry the simulation mark.")


def _public_key(name: str, der: bytes) -> object:
    try:
        return _certificate(name, der).public_key()
    except UNREADABLE:
        raise CardDataError(f"The {name} certificate has no key that can be read.") from None


def _certificate(name: str, der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except UNREADABLE:
        raise CardDataError(f"The {name} certificate is not DER.") from None


def _secrets(data: CardData) -> dict[ReferenceData, Secret]:
    """All that the card compares. It has a reference for a password that it has not."""
    secrets = {JPKI_PIN: Secret(data.pin, data.pin_tries)}
    if data.password is not None:
        secrets[JPKI_PASSWORD] = Secret(data.password, data.password_tries)
    return secrets | (contents_file.secrets_of(data.contents) if data.contents else {})


def _document(data: CardData) -> Document:
    return {
        "simulation": True,
        "kind": data.kind,
        "label": data.label,
        "auth_key": to_pem(data.auth_key),
        "auth_certificate": base64_of(data.auth_certificate),
        "auth_ca": base64_of(data.auth_ca),
        "signing_ca": base64_of(data.signing_ca),
        "signing_key": data.signing_key and to_pem(data.signing_key),
        "signing_certificate": data.signing_certificate and base64_of(data.signing_certificate),
        "contents": data.contents and contents_file.to_entries(data.contents),
        "secrets": store.document_secrets({JPKI_PASSWORD: _NEVER_SET} | _secrets(data)),
    }


def _data(document: Document, secrets: Secrets) -> CardData:
    has_signing = document.get("signing_key") is not None
    pin, password = secrets[JPKI_PIN], secrets[JPKI_PASSWORD]
    has_contents = document.get("contents") is not None
    return CardData(
        label=text(document, "label"),
        auth_key=key(document, "auth_key"),
        auth_certificate=octets(document, "auth_certificate"),
        auth_ca=octets(document, "auth_ca"),
        signing_ca=octets(document, "signing_ca"),
        pin=pin.value,
        signing_key=key(document, "signing_key") if has_signing else None,
        signing_certificate=octets(document, "signing_certificate") if has_signing else None,
        password=password.value if has_signing else None,
        pin_tries=pin.tries,
        password_tries=password.tries,
        kind=_kind(document),
        contents=(
            contents_file.from_entries(entries(document, "contents"), secrets)
            if has_contents
            else None
        ),
    )


def _kind(document: Document) -> CardKind:
    try:
        return CardKind(text(document, "kind"))
    except ValueError:
        raise CardDataError("There is no such kind of card.") from None


_NEVER_SET = Secret("", 0)
_KEPT = "kept"
"""The entry of a staged card that names the secrets whose value is kept as the card has it,
and for each whether its tries are too. It stays in the file, so that settling can be repeated.
"""
