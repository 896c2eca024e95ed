"""基本情報: who the person is, as a FHIR Patient."""

from collections.abc import Iterator
from datetime import date
from random import Random

from card_reader.spec.person import Sex
from consent.catalogue import Category
from mynaportal_sim.domains.base import Domain, Json, Record, Resource, Title, resource
from mynaportal_sim.residents.model import Name, Resident

# HL7's extension by which JP Core tells a name in ideographs (IDE) from its reading (SYL).
_REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
_GENDER = {Sex.MALE: "male", Sex.FEMALE: "female", Sex.NOT_APPLICABLE: "other"}


def _draw(resident: Resident, _rng: Random, _today: date) -> Iterator[Record]:
    patient = resource(
        "Patient",
        resident.id,
        active=True,
        name=list(_names(resident)),
        gender=_GENDER[resident.sex],
        birthDate=resident.born.isoformat(),
        address=[_address(resident)],
    )
    if resident.died is not None:
        patient["deceasedDateTime"] = resident.died.isoformat()
    yield Record(resident.id, None, patient)


def _names(resident: Resident) -> Iterator[Json]:
    """The name, and how it is read where the register knows."""
    yield _human_name(resident.name, "IDE")
    if resident.kana.full:
        yield _human_name(resident.kana, "SYL")


def _address(resident: Resident) -> Json:
    """The address as the register writes it, in parts where it lies in the municipality."""
    place = resident.municipality
    within = f"{place.prefecture}{place.name}"
    address: dict[str, Json] = {"use": "home", "text": resident.address}
    if resident.address.startswith(within) and resident.address != within:
        address["line"] = [resident.address.removeprefix(within)]
        address |= {"city": place.name, "state": place.prefecture, "country": "JP"}
    return address


def _human_name(name: Name, representation: str) -> Json:
    human: dict[str, Json] = {
        "extension": [{"url": _REPRESENTATION, "valueCode": representation}],
        "use": "official",
        "text": name.full,
        "family": name.family,
    }
    if name.given:
        human["given"] = [name.given]
    return human


def _entitle(_patient: Resource) -> Title:
    return Title("氏名・住所・生年月日・性別", "Name, address, date of birth and sex")


DOMAIN = Domain(
    category=Category(
        code="basic",
        label_ja="基本情報",
        label_en="Basic information",
        explanation_ja="氏名、住所、生年月日、性別（基本4情報）です。マイナンバーは含みません。",
        explanation_en="Your name, address, date of birth and sex. "
        "Your My Number is not included.",
        label_easy="名前など",
        explanation_easy="名前、住所（じゅうしょ）、生まれた日、男か女か。マイナンバーはわたしません。",
    ),
    resource_types=("Patient",),
    draw=_draw,
    entitle=_entitle,
    follows=True,
)
