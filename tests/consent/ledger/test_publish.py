"""What a log publishes is the whole of it, and whoever reads it finds out what was changed."""

import fcntl
from collections.abc import Callable
from os import urandom
from pathlib import Path

import pytest
from sqlalchemy import Connection

from consent.ledger import published, store
from consent.ledger.checkpoint import Checkpoint, opened, sign
from consent.ledger.entry import Entry
from consent.ledger.errors import LedgerError
from consent.ledger.publish import publish
from consent.ledger.sequencer import sequence
from consent.ledger.static_files import parts_of
from consent.ledger.tiles import WIDTH
from consent.ledger.verify import Fault
from mynaportal_sim.database import Database
from tests.consent.ledger.kit import NOW, SIGNER, judged_from_files, reader

SIZE = 2 * WIDTH + 70


def grow(database: Database, count: int, batch: int = 100) -> None:
    def append(connection: Connection) -> None:
        for number in range(count):
            store.append(connection, Entry("token.issued", {"request": number}), NOW, urandom)

    database.run(append)
    while database.run(sequence, SIGNER, NOW, batch):
        pass


def test_the_files_are_the_whole_log_at_each_step(database: Database, tmp_path: Path) -> None:
    assert database.run(publish, tmp_path) is None
    total = 0
    for count in (1, 254, 1, 1, 300, 0):
        grow(database, count)
        total += count
        assert database.run(publish, tmp_path) == total
        report = judged_from_files(reader(tmp_path))
        assert report.whole
        assert report.size == total
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*[0-9]")} >= {
        part.path for part in parts_of(total)
    }


def test_a_full_tile_takes_the_place_of_its_parts(database: Database, tmp_path: Path) -> None:
    grow(database, 200, batch=50)
    database.run(publish, tmp_path)
    parts = tmp_path / "tile/entries/000.p"
    assert {path.name for path in parts.iterdir()} == {"50", "100", "150", "200"}
    early = reader(tmp_path)("checkpoint")
    assert early is not None
    grow(database, 60)
    database.run(publish, tmp_path)
    assert not parts.exists()
    size = opened(early, SIGNER.verifier).size
    assert len(list(published.entries(reader(tmp_path), size))) == 200


def test_a_published_log_never_goes_back(database: Database, tmp_path: Path) -> None:
    grow(database, 10)
    database.run(publish, tmp_path)
    longer = sign(Checkpoint("log.invalid", 99, bytes(32)), SIGNER)
    (tmp_path / "checkpoint").write_bytes(longer)
    assert database.run(publish, tmp_path) == 99
    assert (tmp_path / "checkpoint").read_bytes() == longer


def test_one_publishes_at_a_time(database: Database, tmp_path: Path) -> None:
    grow(database, 10)
    with (tmp_path / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert database.run(publish, tmp_path) is None
    assert database.run(publish, tmp_path) == 10


def _flip(path: str, at: int = 5) -> Callable[[Path], object]:
    def harm(directory: Path) -> None:
        content = bytearray((directory / path).read_bytes())
        content[at] ^= 1
        (directory / path).write_bytes(bytes(content))

    return harm


def _cut(path: str) -> Callable[[Path], object]:
    return lambda directory: (directory / path).write_bytes(
        (directory / path).read_bytes()[:-1]
    )


def _remove(path: str) -> Callable[[Path], object]:
    return lambda directory: (directory / path).unlink()


@pytest.fixture(scope="module")
def whole(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every file of a published log."""
    home = tmp_path_factory.mktemp("published")
    (home / "db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{home / 'db'}")
    grow(database, SIZE)
    directory = home / "ledger"
    database.run(publish, directory)
    database.close()
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        pytest.param(_flip("tile/entries/001", 60), Fault.LEAF_CHANGED, id="a leaf"),
        pytest.param(_flip("tile/0/001"), Fault.TREE_DIFFERS, id="a leaf hash"),
        pytest.param(_flip("tile/1/000.p/2"), Fault.TILE_CHANGED, id="an upper hash"),
        pytest.param(_cut("tile/0/000"), "tile/0/000 has 8191 bytes", id="a tile cut"),
        pytest.param(
            _cut("tile/entries/000"),
            "tile/entries/000: the entry bundle ends",
            id="a bundle cut",
        ),
        pytest.param(_remove("tile/0/001"), "publishes no tile/0/001", id="a tile gone"),
        pytest.param(
            _remove("tile/entries/002.p/70"),
            "publishes no tile/entries/002.p/70",
            id="a bundle gone",
        ),
        pytest.param(_remove("checkpoint"), "publishes no checkpoint", id="no checkpoint"),
        pytest.param(_flip("checkpoint", 20), "log.invalid did not sign", id="a checkpoint"),
        pytest.param(_cut("checkpoint"), "what follows the note's text", id="a checkpoint cut"),
    ],
)
def test_what_was_changed_in_a_file_is_named(
    whole: dict[str, bytes], tmp_path: Path, harm: Callable[[Path], object], says: Fault | str
) -> None:
    for path, content in whole.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert judged_from_files(reader(tmp_path)).whole
    harm(tmp_path)
    if isinstance(says, Fault):
        assert says in {found.fault for found in judged_from_files(reader(tmp_path)).findings}
    else:
        with pytest.raises(LedgerError, match=says):
            judged_from_files(reader(tmp_path))
