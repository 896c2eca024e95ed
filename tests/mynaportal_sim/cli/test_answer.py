"""What commands answer with: one form for programs, one for people."""

from datetime import datetime, timedelta, timezone

import pytest
from rich.text import Text

from consent.instants import rfc3339
from mynaportal_sim.cli.answer import plain, say


@pytest.mark.parametrize(
    ("json", "printed"), [(True, '{"name": "佐藤"}\n'), (False, "[bold]佐藤\n")]
)
def test_an_answer_has_two_forms(
    capsys: pytest.CaptureFixture[str], json: bool, printed: str
) -> None:
    for shown in ("[bold]佐藤", Text("[bold]佐藤")):
        say({"name": "佐藤"}, shown, json)
        assert capsys.readouterr().out == printed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("佐藤\u3000花子", "佐藤\u3000花子", id="a Japanese name"),
        pytest.param("\x1b[2J", "\ufffd[2J", id="escape sequence"),
        pytest.param("a\u202eb\n", "a\ufffdb\ufffd", id="turned round, and a new line"),
    ],
)
def test_text_of_others_steers_no_terminal(text: str, shown: str) -> None:
    assert plain(text).plain == shown


def test_an_instant_is_in_utc_to_the_second() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert rfc3339(datetime(2026, 11, 24, 4, 0, 0, 999, tokyo)) == "2026-11-23T19:00:00Z"
