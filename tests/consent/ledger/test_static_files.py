"""The files of a log: where C2SP tlog-tiles says they stand, and what is in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.ledger.errors import MalformedError
from consent.ledger.static_files import (
    Part,
    bundle,
    finished,
    parts_of,
    read_bundle,
    unfinished,
)
from consent.ledger.tiles import WIDTH


@pytest.mark.parametrize(
    ("part", "path"),
    [
        pytest.param(Part(0, 0), "tile/0/000", id="first"),
        pytest.param(
            Part(1, 1234067), "tile/1/x001/x234/067", id="the specification's example"
        ),
        pytest.param(Part(0, 1000), "tile/0/x001/000", id="a thousand"),
        pytest.param(Part(2, 0, 1), "tile/2/000.p/1", id="partial"),
        pytest.param(Part(None, 273, 112), "tile/entries/273.p/112", id="partial bundle"),
    ],
)
def test_a_file_stands_where_the_specification_says(part: Part, path: str) -> None:
    assert part.path == path


def test_a_tree_of_70_000_has_the_tiles_that_the_specification_counts() -> None:
    tiles = [part for part in parts_of(70_000) if part.level is not None]
    full = [part.level for part in tiles if part.width == WIDTH]
    assert (full.count(0), full.count(1)) == (273, 1)
    assert [(part.level, part.width) for part in tiles if part.width < WIDTH] == [
        (0, 112),
        (1, 17),
        (2, 1),
    ]
    assert list(parts_of(0)) == []


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_growing_finishes_what_the_larger_tree_has_full(one: int, other: int) -> None:
    small, large = sorted((one, other))
    full = {part for part in parts_of(large) if part.width == WIDTH}
    before = {part for part in parts_of(small) if part.width == WIDTH}
    assert set(finished(small, large)) == full - before
    assert set(unfinished(large)) == set(parts_of(large)) - full


@given(st.lists(st.binary(max_size=300), max_size=WIDTH))
def test_a_bundle_is_read_as_it_was_written(leaves: list[bytes]) -> None:
    assert read_bundle(bundle(leaves)) == leaves


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=4), st.data())
def test_a_bundle_that_was_cut_is_told_or_holds_fewer(
    leaves: list[bytes], data: st.DataObject
) -> None:
    whole = bundle(leaves)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        read = read_bundle(cut)
    except MalformedError:
        return
    assert read == leaves[: len(read)]
    assert len(read) < len(leaves)
