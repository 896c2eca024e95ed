"""All that an event can change, as one look finds it."""

from collections import Counter as Tally
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from sqlalchemy import Connection, select

from card_reader.client.common import CardRecord
from card_reader.client.text import Attributes
from card_reader.client.visual import Birth, Face, MyNumberImage, VisualInformation
from card_reader.emulator.contents import Contents
from card_reader.emulator.personalise import CardData
from card_reader.spec.register import RootTag
from card_reader.spec.text import TextEF
from card_reader.spec.visual import VisualEF
from consent import service
from consent.ledger.store import of_holder
from mynaportal_sim.disclosure.event import head
from mynaportal_sim.issuing import holdings
from mynaportal_sim.issuing.model import Holding
from mynaportal_sim.issuing.office import Office
from mynaportal_sim.login import sessions
from mynaportal_sim.pki import store
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Resident


@dataclass(frozen=True)
class Seen:
    """All that an event can change, as it was at one moment."""

    card: Holding | None
    phone: Holding | None
    states: dict[int, str]
    """Of every certificate by its serial: "good", or what it is revoked for."""
    published: dict[int, str]
    """The same of those that stand in the lists in force."""
    resident: Resident
    file: dict[str, tuple[object, ...]] | None
    sessions: int
    of_others: int
    """Sessions that others have."""
    agreements: tuple[str, ...]
    """How consents stand that they gave, and then mandates to act for them."""
    entries: Tally[str]


def seen(
    connection: Connection,
    office: Office,
    persona: str,
    data: CardData | None,
    now: datetime,
) -> Seen:
    """How a person stands whose card holds `data`; a unit of work."""
    resident = residents.by_persona(connection, persona)
    assert resident is not None
    held = holdings.of_resident(connection, resident.id)
    rows = connection.execute(store.certificates.select()).all()
    logged = connection.execute(select(sessions.sessions.c.resident_id)).scalars().all()
    theirs = logged.count(resident.id)
    holder = office.pseudonyms.holder(resident.id)
    entries = of_holder(connection, holder, now + timedelta(days=1), 1000, None)
    return Seen(
        card=next((one for one in held if not one.is_phone), None),
        phone=next((one for one in held if one.is_phone), None),
        states={row.serial: row.revocation_reason or "good" for row in rows},
        published=_published(connection, office),
        resident=resident,
        file=None if data is None else told(data),
        sessions=theirs,
        of_others=len(logged) - logged.count(None) - theirs,
        agreements=_agreements(connection, resident),
        entries=Tally(head(one.leaf).type for one in entries),
    )


def _published(connection: Connection, office: Office) -> dict[int, str]:
    found: dict[int, str] = {}
    for one in office.counter.authorities.every:
        latest = store.latest_list(connection, one.key_hash)
        for line in () if latest is None else x509.load_der_x509_crl(latest.der):
            reason = line.extensions.get_extension_for_class(x509.CRLReason)
            found[line.serial_number] = reason.value.reason.value
    return found


def _agreements(connection: Connection, resident: Resident) -> tuple[str, ...]:
    given = service.of_resident(connection, resident.id)
    states = [one.state.value for history in given for one in history.versions]
    mandates = service.acting_for(connection, resident.id)
    return (*states, *(one.state.value for one in mandates))


def told(data: CardData) -> dict[str, tuple[object, ...]]:
    """What is on a card, part by part."""
    return {
        "authentication": (data.auth_certificate,),
        "signing": (data.signing_certificate,),
        "PIN": (data.pin, data.pin_tries),
        "password": (data.password, data.password_tries),
        **({} if data.contents is None else _beside_jpki(data.contents)),
    }


def _beside_jpki(contents: Contents) -> dict[str, tuple[object, ...]]:
    text, visual, register = contents.text, contents.visual, contents.register
    attributes = Attributes.parse(text.files[TextEF.ATTRIBUTES])
    face = Face.parse(visual.files[VisualEF.FACE])
    birth = Birth.parse(visual.files[VisualEF.BIRTH])
    number = MyNumberImage.parse(visual.files[VisualEF.MY_NUMBER_IMAGE])
    numbers_a = (text.number_a, visual.number_a)
    information = VisualInformation.parse(visual.files[VisualEF.BASIC_INFORMATION])
    record, root = CardRecord.parse(register.common_record), contents.data_objects
    return {
        "name": (attributes.name, face.name_image),
        "address": (attributes.address, face.address_image),
        "municipality": (
            record.municipality,
            information.municipality,
            root[RootTag.MUNICIPALITY],
        ),
        "end": (record.expires, face.expires, root[RootTag.EXPIRES]),
        "birth": (birth.born, attributes.born, face.born, visual.birth),
        "sex": (attributes.sex, face.sex),
        "my number": (number.image, text.files[TextEF.MY_NUMBER], *numbers_a),
        "portrait": (face.portrait,),
        "numbers": (record.serial, root[RootTag.CARD], face.security_code_image),
        "own key": (birth.record, number.record, text.files[TextEF.SIGNED_KEY]),
        "照合番号B": (text.number_b, visual.number_b),
        "PINs beside JPKI": (
            (text.pin, text.pin_tries, register.pin, register.common_pin),
            (register.juki_tries, register.common_tries, visual.birth_tries),
            (text.number_a_tries, text.number_b_tries),
            (visual.number_a_tries, visual.number_b_tries),
        ),
    }
