"""Private files are private, whole, and where they should be."""

from pathlib import Path

import pytest

from mynaportal_sim.files import write_private


def test_a_file_is_put_in_place_of_another_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "key"
    for content in (b"a long first content", b"second"):
        write_private(path, content)
        assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_what_others_could_read_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.touch(0o644)
    write_private(path, b"secret")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    target, path = tmp_path / "target", tmp_path / "key"
    target.write_bytes(b"kept")
    path.symlink_to(target)
    write_private(path, b"secret")
    assert target.read_bytes() == b"kept"
    assert not path.is_symlink()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        write_private(tmp_path / "file" / "key", b"")
