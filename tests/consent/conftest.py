"""A consent in force, from which tests make the ones they need by `dataclasses.replace`."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from consent.model import (
    DEFAULT_VALIDITY,
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Evidence,
    Notice,
    Recipient,
    State,
    Supervision,
    Terms,
)
from consent.service import Proposal
from mynaportal_sim.database import Database
from tests.consent.kit import HOLDER

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
            recipients=(Recipient("あるく株式会社"),),
            valid_from=an_hour_ago,
            valid_until=an_hour_ago + DEFAULT_VALIDITY,
            notice=Notice("1", "ja"),
            supervision=Supervision("個人情報保護管理者"),
        ),
        evidence=Evidence("card", "jpki", bytes(32)),
        state=State.GRANTED,
        answered_at=an_hour_ago,
        state_since=an_hour_ago,
    )


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def proposal(granted: ConsentVersion) -> Proposal:
    """The app asks for check-ups and medication."""
    return Proposal(
        id=uuid4(),
        resident_id=uuid4(),
        app_id=granted.app_id,
        app_name=granted.app_name,
        service="phr",
        terms=granted.terms,
        evidence=granted.evidence,
        holder=HOLDER,
    )
