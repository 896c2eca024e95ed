from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from cryptography import x509

from card_reader.spec import Kind
from mynaportal_sim.database import Database
from mynaportal_sim.pki import crl, service, store
from mynaportal_sim.pki.authority import Authorities, Authority
from mynaportal_sim.pki.model import LIFE, Change, RevocationReason, State, state_of
from mynaportal_sim.pki.store import Issued

LOST = RevocationReason.KEY_COMPROMISE


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def ca(authorities: Authorities) -> Authority:
    return authorities[Kind.USER_AUTHENTICATION]


def _issued(
    ca: Authority, serial: int, now: datetime, resident_id: UUID | None = None
) -> Issued:
    return Issued(
        ca.key_hash, serial, resident_id or uuid4(), ca.kind, now + timedelta(days=1700)
    )


def _listed(der: bytes) -> set[int]:
    return {line.serial_number for line in x509.load_der_x509_crl(der)}


def _number(der: bytes) -> int:
    parsed = x509.load_der_x509_crl(der)
    return parsed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def test_a_name_belongs_to_whoever_had_it_first(
    database: Database, ca: Authority, now: datetime
) -> None:
    first = _issued(ca, 0x7FFFFFFF, now)
    assert database.run(store.register, first)
    assert not database.run(store.register, _issued(ca, 0x7FFFFFFF, now))
    assert database.run(store.find, ca.key_hash, 0x7FFFFFFF) == first
    assert database.run(store.find, bytes(32), 0x7FFFFFFF) is None


def test_two_authorities_may_use_the_same_serial(
    database: Database, authorities: Authorities, now: datetime
) -> None:
    for each in authorities.values():
        assert database.run(store.register, _issued(each, 5, now))


def test_revocation_happens_once_and_is_published(
    database: Database, ca: Authority, now: datetime
) -> None:
    database.run(store.register, _issued(ca, 5, now))
    database.run(store.register, _issued(ca, 6, now))
    assert database.run(service.revoke, ca, 5, LOST, now)
    assert not database.run(service.revoke, ca, 5, LOST, now + timedelta(hours=1))
    assert not database.run(service.revoke, ca, 99, LOST, now)
    latest = database.run(store.latest_list, ca.key_hash)
    assert latest is not None
    assert (_number(latest.der), _listed(latest.der)) == (1, {5})


STATES: dict[State, tuple[Change, ...]] = {
    State.GOOD: (),
    State.HELD: (Change.HOLD,),
    State.REVOKED: (Change.REVOKE,),
}
"""How a certificate that was just issued comes into each state."""


@pytest.mark.parametrize("change", Change)
@pytest.mark.parametrize("state", State)
def test_a_certificate_changes_as_its_life_has_it_and_the_list_follows(
    state: State, change: Change, database: Database, ca: Authority, now: datetime
) -> None:
    do = {
        Change.HOLD: lambda at: database.run(service.hold, ca, 5, at),
        Change.RELEASE: lambda at: database.run(service.release, ca, 5, at),
        Change.REVOKE: lambda at: database.run(service.revoke, ca, 5, LOST, at),
    }
    database.run(store.register, _issued(ca, 5, now))
    database.run(service.publish, ca, now)
    for each in STATES[state]:
        assert do[each](now)
    later = now + timedelta(hours=1)
    assert do[change](later) is ((state, change) in LIFE)
    listed = database.run(store.revoked, ca.key_hash)
    became = LIFE.get((state, change), state)
    assert [state_of(line.reason) for line in listed] == [became] * (became is not State.GOOD)
    first = now if STATES[state] else later
    assert all(line.at == first.replace(microsecond=0) for line in listed)
    latest = database.run(store.latest_list, ca.key_hash)
    assert latest is not None
    assert _listed(latest.der) == {line.serial for line in listed}


def test_lists_are_numbered_one_after_the_other_for_each_authority(
    database: Database, authorities: Authorities, now: datetime
) -> None:
    for each in authorities.values():
        numbers = [_number(database.run(service.publish, each, now)) for _ in range(3)]
        assert numbers == [1, 2, 3]


def test_a_list_is_replaced_when_the_clock_has_passed_it(
    database: Database, ca: Authority, now: datetime
) -> None:
    first = database.run(service.keep_fresh, ca, now)
    assert database.run(service.keep_fresh, ca, now + timedelta(hours=23)) == first
    later = now + timedelta(days=400)
    second = database.run(service.keep_fresh, ca, later)
    assert _number(second) == 2
    assert crl.is_fresh(second, later)


def test_parallel_revocations_all_stand_in_the_last_list(
    database: Database, ca: Authority, now: datetime
) -> None:
    serials = set(range(0x01000000, 0x01000010))
    for serial in serials:
        database.run(store.register, _issued(ca, serial, now))
    with ThreadPoolExecutor(8) as threads:
        done = list(
            threads.map(
                lambda serial: database.run(service.revoke, ca, serial, LOST, now), serials
            )
        )
    assert all(done)
    latest = database.run(store.latest_list, ca.key_hash)
    assert latest is not None
    assert (_number(latest.der), _listed(latest.der)) == (len(serials), serials)


def test_parallel_readers_of_an_old_list_get_one_new_one(
    database: Database, ca: Authority, now: datetime
) -> None:
    with ThreadPoolExecutor(8) as threads:
        lists = set(threads.map(lambda _: database.run(service.keep_fresh, ca, now), range(8)))
    assert [_number(der) for der in lists] == [1]


def test_parallel_revocations_of_one_certificate_count_once(
    database: Database, ca: Authority, now: datetime
) -> None:
    database.run(store.register, _issued(ca, 5, now))
    with ThreadPoolExecutor(8) as threads:
        done = list(
            threads.map(lambda _: database.run(service.revoke, ca, 5, LOST, now), range(8))
        )
    assert done.count(True) == 1
