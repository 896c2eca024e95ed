"""Which fields of entries have a column of their own, and what the two Parquet files look like.

`entries.parquet` has the values, `openings.parquet` what proves them; row n of both is entry n
of the log. A field that is not named here, or whose value is of another kind, goes into the
column `other` as RFC 8785 JSON, so that nothing is lost.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum, unique

import pyarrow as pa

from consent.ledger.entry import AT, HOLDER, SALT_LENGTH, Value

INDEX = "index"
TYPE = "type"
MINUTE = "minute"
OTHER = "other"
LEAF = "leaf"

MOMENT = pa.timestamp("ms")
"""UTC, without a zone: DuckDB reads and groups it five times as fast as one with a zone."""
SALT = pa.binary(SALT_LENGTH)

_SECOND = "%Y-%m-%dT%H:%M:%SZ"


@unique
class Kind(Enum):
    """What a field holds, as Arrow has it."""

    TEXT = pa.string()
    TEXTS = pa.list_(pa.string())
    NUMBER = pa.int64()
    INSTANT = MOMENT


_T, _TS, _N, _I = Kind.TEXT, Kind.TEXTS, Kind.NUMBER, Kind.INSTANT

FIELDS: Mapping[str, Kind] = {
    AT: _I, HOLDER: _T,
    "app_id": _T, "app_name": _T, "organisation": _T, "profile": _T,
    "purpose": _T, "purpose_text": _T, "purpose_version": _N,
    "purpose_text_sha256": _T,
    "legal_basis": _T, "supervisor": _T,
    "arrangement": _T, "consent_version": _T, "number": _N, "service": _T,
    "asked": _TS, "categories": _TS, "recipients": _TS,
    "valid_from": _I, "valid_until": _I, "max_uses": _N,
    "request": _T, "count": _N, "planted": _N, "reason": _T, "token": _T,
    "channel": _T, "certificate": _T, "reference": _T,
    "by": _T, "granter_role": _T, "mandate": _T,
    "acting_role": _T, "acting_mandate": _T, "acts": _TS, "evidence": _T,
    "authority": _T, "ethics_approval": _T, "reviewer": _T,
    "keys": _TS, "scopes": _TS, "redirect_uris": _TS, "entries": _TS,
}  # fmt: skip

ENTRIES = pa.schema(
    [
        pa.field(INDEX, pa.int64(), nullable=False),
        pa.field(TYPE, pa.string(), nullable=False),
        pa.field(MINUTE, MOMENT, nullable=False),
        *(pa.field(name, kind.value) for name, kind in FIELDS.items()),
        pa.field(OTHER, pa.string()),
    ]
)

OPENINGS = pa.schema(
    [
        pa.field(INDEX, pa.int64(), nullable=False),
        *(pa.field(name, SALT) for name in FIELDS),
        pa.field(OTHER, pa.string()),
        pa.field(LEAF, pa.binary()),
    ]
)


def held(kind: Kind, value: Value) -> object:
    """The value as a column of this kind holds it, None if it cannot."""
    match kind, value:
        case Kind.TEXT, str():
            return value
        case Kind.TEXTS, list():
            return value
        case Kind.NUMBER, int() if not isinstance(value, bool):
            return value
        case Kind.INSTANT, str():
            return _instant(value)
    return None


def shown(kind: Kind, value: object) -> Value:
    """The value that was logged, from what a column of this kind holds; undoes `held`."""
    match kind, value:
        case Kind.INSTANT, datetime():
            return _written(value)
        case _, str() | int() | list():
            return value
    raise TypeError(f"no column of {kind.name} holds {type(value).__name__}")


def _instant(text: str) -> datetime | None:
    try:
        read = datetime.strptime(text, _SECOND).replace(tzinfo=UTC)
    except ValueError:
        return None
    # Only what is written in the one canonical way can be written back as it was.
    return read.replace(tzinfo=None) if _written(read) == text else None


def _written(at: datetime) -> str:
    return f"{at.isoformat()[:19]}Z"
