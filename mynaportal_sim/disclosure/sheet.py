"""Records as a sheet: CSV (RFC 4180) that spreadsheets open in Japanese and do not run."""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import NamedTuple

from consent.catalogue import Catalogue, LegalBasis
from consent.japan import JST
from mynaportal_sim.disclosure.provisions import Record

BOM = "\ufeff".encode()
"""Without it, Excel takes UTF-8 for the system's code page."""
# A cell that begins so is run as a formula (the last four are what Excel takes for the first).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BASES = {basis.value: basis for basis in LegalBasis}


class Column(NamedTuple):
    """A column: its name for programs, and what readers of each language call it."""

    name: str
    ja: str
    en: str


COLUMNS = (
    Column("at", "提供日時", "Provided at"),
    Column("provider", "提供元", "Provider"),
    Column("provider_address", "提供元の所在", "Provider's address"),
    Column("recipient", "提供先", "Recipient"),
    Column("recipient_organisation", "提供先の事業者", "Recipient's organisation"),
    Column("person", "本人", "Whose data"),
    Column("items", "提供した情報の項目", "Items of data"),
    Column("count", "件数", "Records"),
    Column("acquired", "提供元による取得の経緯", "How the provider had acquired them"),
    Column("purpose", "利用目的", "Purpose"),
    Column("legal_basis", "根拠", "Legal basis"),
    Column("consented", "本人の同意", "Consent of the person"),
    Column("arrangement", "同意の番号", "Arrangement"),
    Column("consent_version", "同意の版", "Consent"),
    Column("supervisor", "監督する者", "Supervised by"),
    Column("index", "台帳の番号", "Entry of the ledger"),
)

_YES = {"ja": ("なし", "あり"), "en": ("no", "yes")}
_BETWEEN = {"ja": "、", "en": "; "}


def values(record: Record, catalogue: Catalogue, language: str) -> dict[str, str]:
    """A record's cells by column, in words of the language."""

    def said(ja: str, en: str) -> str:
        return ja if language == "ja" else en

    between = _BETWEEN[language]
    categories, purpose = catalogue.categories, catalogue.purposes.get(record.purpose)
    items = [
        said(categories[code].label_ja, categories[code].label_en)
        if code in categories
        else code
        for code in record.categories
    ]
    basis = _BASES.get(record.legal_basis)
    label = record.purpose if purpose is None else said(purpose.label_ja, purpose.label_en)
    purposes = dict.fromkeys(text for text in (label, record.purpose_text) if text)
    return {
        "at": record.at.astimezone(JST).isoformat(timespec="seconds"),
        "provider": record.provider.name,
        "provider_address": record.provider.address,
        "recipient": record.recipient.name,
        "recipient_organisation": record.recipient.organisation,
        "person": record.person,
        "items": between.join(items),
        "count": str(record.count),
        "acquired": between.join(record.acquired),
        "purpose": between.join(purposes),
        "legal_basis": record.legal_basis
        if basis is None
        else f"{said(basis.label_ja, basis.label_en)} ({basis.value})",
        "consented": _YES[language][record.consented],
        "arrangement": record.arrangement,
        "consent_version": record.consent_version,
        "supervisor": record.supervisor,
        "index": "" if record.index is None else str(record.index),
    }


def heading(language: str) -> bytes:
    """The byte order mark and the line that names the columns."""
    return BOM + _line(said(column, language) for column in COLUMNS)


def line(record: Record, catalogue: Catalogue, language: str) -> bytes:
    """A record's line, which ends with CR LF."""
    cells = values(record, catalogue, language)
    return _line(cells[column.name] for column in COLUMNS)


def said(column: Column, language: str) -> str:
    """What readers of the language call the column."""
    return column.ja if language == "ja" else column.en


def _line(cells: Iterable[str]) -> bytes:
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(map(inert, cells))
    return written.getvalue().encode()


def inert(cell: str) -> str:
    """The cell with an apostrophe before it, if a spreadsheet could run it as a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
