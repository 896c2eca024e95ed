"""What waits for a signature is kept as it came, and each step happens once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from card_reader.document.format import Format
from mynaportal_sim.database import Database
from mynaportal_sim.documents import store
from mynaportal_sim.documents.model import LIFETIME, DocumentRequest, Event, MediaType, State
from tests.mynaportal_sim.documents.conftest import DOCUMENT
from tests.mynaportal_sim.pki.conftest import NOW

REQUEST = DocumentRequest(
    id=UUID(int=1),
    app_id="app",
    sub="s",
    state=State.ASKED,
    title="確認",
    media_type=MediaType.TEXT,
    form=Format.CMS,
    document=DOCUMENT,
    sha256="0" * 64,
    size=len(DOCUMENT),
    asked_at=NOW,
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def kept(database: Database) -> DocumentRequest:
    request = replace(REQUEST, id=uuid4(), sub=str(uuid4()))
    database.run(store.add, request)
    return request


def test_a_request_is_kept_as_it_came(database: Database, kept: DocumentRequest) -> None:
    assert database.run(store.find, kept.id) == kept
    assert database.run(store.known, kept.id)
    assert not database.run(store.known, uuid4())
    assert database.run(store.waiting, kept.app_id, kept.sub, NOW) == 1
    assert database.run(store.waiting, kept.app_id, kept.sub, NOW + LIFETIME) == 0


def test_each_step_happens_once(database: Database, kept: DocumentRequest) -> None:
    made: dict[str, object] = {
        "document": None,
        "signature": b"signature",
        "signed_at": int(NOW.timestamp()),
    }
    steps = (Event.FETCH, Event.SIGN, Event.SIGN, Event.REFUSE, Event.FETCH, Event.FETCH)
    values: dict[Event, dict[str, object]] = {
        Event.SIGN: made,
        Event.REFUSE: {},
        Event.FETCH: {"signature": None},
    }
    done = [database.run(store.happen, kept.id, step, values[step]) for step in steps]
    assert done == [False, True, False, False, True, False]
    assert database.run(store.find, kept.id) == replace(
        kept, state=State.FETCHED, document=None, signed_at=NOW
    )


def test_what_has_run_out_is_dropped(database: Database, kept: DocumentRequest) -> None:
    second = timedelta(seconds=1)
    database.run(store.forget_expired, kept.expires_at - second)
    assert database.run(store.known, kept.id)
    database.run(store.forget_expired, kept.expires_at)
    assert not database.run(store.known, kept.id)
