"""How a card file keeps the applications beside JPKI; their secrets lie elsewhere in it."""

from card_reader.emulator.contents import (
    Contents,
    RegisterContents,
    TextContents,
    VisualContents,
)
from card_reader.emulator.entries import (
    Entries,
    base64_of,
    entries,
    numbered,
    numbered_of,
    octets,
    rsa_key,
)
from card_reader.emulator.keys import to_pem
from card_reader.emulator.references import (
    COMMON_PIN,
    JUKI_PIN,
    TEXT_NUMBER_A,
    TEXT_NUMBER_B,
    TEXT_PIN_REFERENCE,
    VISUAL_BIRTH,
    VISUAL_NUMBER_A,
    VISUAL_NUMBER_B,
    ReferenceData,
    Secret,
    Secrets,
)
from card_reader.errors import CardDataError


def to_entries(contents: Contents) -> dict[str, object]:
    """What of `contents` never changes."""
    text, visual, register = contents.text, contents.visual, contents.register
    return {
        "text": {"key": to_pem(text.key), "files": numbered_of(text.files)},
        "visual": {"key": to_pem(visual.key), "files": numbered_of(visual.files)},
        "register": {
            "key": to_pem(register.key),
            "juki_record": base64_of(register.juki_record),
            "common_record": base64_of(register.common_record),
        },
        "data_objects": numbered_of(contents.data_objects),
    }


def secrets_of(contents: Contents) -> dict[ReferenceData, Secret]:
    """What of `contents` is compared and may change."""
    text, visual, register = contents.text, contents.visual, contents.register
    common_pin = register.pin if register.common_pin is None else register.common_pin
    secrets = {
        TEXT_PIN_REFERENCE: Secret(text.pin, text.pin_tries),
        TEXT_NUMBER_B: Secret(text.number_b, text.number_b_tries),
        VISUAL_BIRTH: Secret(visual.birth, visual.birth_tries),
        VISUAL_NUMBER_B: Secret(visual.number_b, visual.number_b_tries),
        JUKI_PIN: Secret(register.pin, register.juki_tries),
        COMMON_PIN: Secret(common_pin, register.common_tries),
    }
    if text.number_a is not None:
        secrets[TEXT_NUMBER_A] = Secret(text.number_a, text.number_a_tries)
    if visual.number_a is not None:
        secrets[VISUAL_NUMBER_A] = Secret(visual.number_a, visual.number_a_tries)
    return secrets


def from_entries(kept: Entries, secrets: Secrets) -> Contents:
    """The applications that `to_entries` and `secrets_of` describe. Raises CardDataError."""
    try:
        return Contents(
            text=_text(entries(kept, "text"), secrets),
            visual=_visual(entries(kept, "visual"), secrets),
            register=_register(entries(kept, "register"), secrets),
            data_objects=numbered(kept, "data_objects"),
        )
    except KeyError as lacking:
        [reference] = lacking.args
        raise CardDataError(f"The counter of {reference.name} is missing.") from None


def _text(kept: Entries, secrets: Secrets) -> TextContents:
    pin, number_b = secrets[TEXT_PIN_REFERENCE], secrets[TEXT_NUMBER_B]
    number_a = secrets.get(TEXT_NUMBER_A, _NONE_A)
    return TextContents(
        files=numbered(kept, "files"),
        key=rsa_key(kept, "key"),
        pin=pin.value,
        number_a=number_a.value or None,
        number_b=number_b.value,
        pin_tries=pin.tries,
        number_a_tries=number_a.tries,
        number_b_tries=number_b.tries,
    )


def _visual(kept: Entries, secrets: Secrets) -> VisualContents:
    birth, number_b = secrets[VISUAL_BIRTH], secrets[VISUAL_NUMBER_B]
    number_a = secrets.get(VISUAL_NUMBER_A, _NONE_A)
    return VisualContents(
        files=numbered(kept, "files"),
        key=rsa_key(kept, "key"),
        birth=birth.value,
        number_a=number_a.value or None,
        number_b=number_b.value,
        birth_tries=birth.tries,
        number_a_tries=number_a.tries,
        number_b_tries=number_b.tries,
    )


def _register(kept: Entries, secrets: Secrets) -> RegisterContents:
    juki, common = secrets[JUKI_PIN], secrets[COMMON_PIN]
    return RegisterContents(
        juki_record=octets(kept, "juki_record"),
        common_record=octets(kept, "common_record"),
        key=rsa_key(kept, "key"),
        pin=juki.value,
        common_pin=None if common.value == juki.value else common.value,
        juki_tries=juki.tries,
        common_tries=common.tries,
    )


_NONE_A = Secret("", TEXT_NUMBER_A.rule.tries)
