"""Instants as they are written down: to the second, in UTC."""

from datetime import UTC, datetime


def rfc3339(at: datetime) -> str:
    """An aware instant as programs read it (RFC 3339, section 5.6)."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def seconds(at: datetime) -> int:
    """An aware instant as Unix seconds."""
    return int(at.timestamp())


def instant(at: int) -> datetime:
    """Unix seconds as an aware instant."""
    return datetime.fromtimestamp(at, UTC)
