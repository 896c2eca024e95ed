"""A consent in force, from which tests make the ones they need by `dataclasses.replace`."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from consent.model import (
    DEFAULT_VALIDITY,
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Evidence,
    Notice,
    State,
    Terms,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def noon() -> datetime:
    """The instant at which these tests happen."""
    return NOON


@pytest.fixture(scope="session")
def granted() -> ConsentVersion:
    """Granted an hour ago for 90 days: check-ups and medication of 2022 to 2026."""
    rules = tuple(
        ConsentRule(category, date(2022, 1, 1), date(2026, 12, 31))
        for category in ("checkup", "medication")
    )
    an_hour_ago = NOON - timedelta(hours=1)
    return ConsentVersion(
        resident_id=UUID(int=1),
        id=UUID(int=100),
        arrangement_id=UUID(int=10),
        number=1,
        supersedes=None,
        app_id="walking-app",
        app_name="あるく",
        asked=rules,
        terms=Terms(
            rules=rules,
            purpose=DeclaredPurpose("health-advice", "健診結果に合わせた助言のため"),
            recipients=("あるく株式会社",),
            valid_from=an_hour_ago,
            valid_until=an_hour_ago + DEFAULT_VALIDITY,
            notice=Notice("1", "ja"),
            supervisor="個人情報保護管理者",
        ),
        evidence=Evidence("card", "jpki", bytes(32)),
        state=State.GRANTED,
        answered_at=an_hour_ago,
        state_since=an_hour_ago,
    )
