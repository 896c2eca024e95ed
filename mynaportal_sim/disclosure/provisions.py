"""Records of what was provided to third parties and received from them, read from the ledger.

The Act on the Protection of Personal Information (個人情報の保護に関する法律) has whoever
provides personal data keep a record of it (article 29), and whoever receives them, too (article
30); a person may have such records disclosed (article 33, paragraph 5). What is here follows
from an entry `access.permitted`; nothing is made up where the entry is silent.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType

from consent.instants import rfc3339
from mynaportal_sim.disclosure.event import Event

TYPE = "access.permitted"
KEPT_YEARS = 3
"""How far back records are listed unless a period is asked for: a setting, not the law."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who provided or received: name, who answers for it, and where it is reached."""

    name: str
    organisation: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One provision, as its provider (article 29) and its recipient (article 30) record it.

    `person` names whose data they are, as the record's keeper knows them. `acquired` says, by
    category, how the provider had come by the data: the recipient must have that confirmed.
    """

    index: int | None
    at: datetime
    provider: Party
    recipient: Party
    person: str
    categories: tuple[str, ...]
    count: int
    purpose: str
    purpose_text: str
    legal_basis: str
    arrangement: str
    consent_version: str
    supervisor: str
    acquired: tuple[str, ...]

    @property
    def consented(self) -> bool:
        """Whether a consent of the person's is named."""
        return bool(self.arrangement and self.consent_version)


ACQUIRED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "basic": (
            "住民基本台帳にもとづく基本情報",
            "the resident register's basic particulars",
        ),
        "checkup": (
            "医療保険者が実施し登録した特定健診の結果",
            "check-ups that a health insurer carried out and registered",
        ),
        "medication": (
            "医療機関・薬局の請求などから登録された薬剤情報",
            "medication registered from the claims of clinics and pharmacies",
        ),
    }
)
"""How the portal comes by each category: in Japanese and English."""


def of_event(
    event: Event, provider: Party, recipient: Party, person: str, language: str = "ja"
) -> Record:
    """The record of one access; `event` is of type TYPE and not erased."""
    ways = (ACQUIRED[code] for code in event.categories if code in ACQUIRED)
    return Record(
        index=event.position,
        at=event.at,
        provider=provider,
        recipient=recipient,
        person=person,
        categories=event.categories,
        count=event.count or 0,
        purpose=event.purpose,
        purpose_text=event.purpose_text,
        legal_basis=event.legal_basis,
        arrangement=event.text("arrangement"),
        consent_version=event.text("consent_version"),
        supervisor=event.supervisor,
        acquired=tuple(way[language == "en"] for way in ways),
    )


def document(record: Record) -> dict[str, object]:
    """A record as programs read it: codes, not words."""
    return {
        **asdict(record),
        "at": rfc3339(record.at),
        "categories": list(record.categories),
        "acquired": list(record.acquired),
        "consented": record.consented,
    }
