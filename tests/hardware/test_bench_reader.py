"""The rows of `mynasim bench` that go through a reader."""

import pytest

from tests.hardware.kit import COMMAND


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(["reader-sign", "reader-read"], id="card alone"),
        pytest.param(["reader-login", "reader-agent"], id="login", marks=pytest.mark.deep),
    ],
)
def test_a_card_on_a_reader_is_measured(rows: list[str]) -> None:
    records = COMMAND.answer("bench", "--quick", *rows)
    assert isinstance(records, list)
    assert [record["row"] for record in records] == rows
    assert all(record["value"] > 0 for record in records)
