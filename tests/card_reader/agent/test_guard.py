"""What a request must be: A1 to A13, A16, A20 and A21, and that no check can go unnoticed."""

import asyncio
import json
from pathlib import Path

import pytest

from card_reader.agent.guard import CHECKS, Checks
from card_reader.agent.wire import CHALLENGE, read
from tests.card_reader.agent.guard_cases import CASES, Case
from tests.card_reader.agent.kit import CHALLENGE as GOOD
from tests.card_reader.agent.kit import Answer, House

EVERY = [check.__name__ for stage in CHECKS for check in stage]


def asked(path: Path, case: Case, checks: Checks = CHECKS) -> tuple[Answer, House]:
    async def one() -> tuple[Answer, House]:
        house = House(path, checks=checks)
        return await case.ask(house), house

    return asyncio.run(one())


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_request_is_judged_before_anything_looks_at_it(card_path: Path, case: Case) -> None:
    answer, house = asked(card_path, case)
    assert case.holds(answer), answer
    if answer.status >= 400:
        assert not house.card.sent
        assert not house.person.asked


@pytest.mark.parametrize("name", EVERY)
def test_without_a_check_a_case_fails(card_path: Path, name: str) -> None:
    fewer = Checks(
        who=tuple(check for check in CHECKS.who if check.__name__ != name),
        what=tuple(check for check in CHECKS.what if check.__name__ != name),
        body=tuple(check for check in CHECKS.body if check.__name__ != name),
    )
    assert any(_fails(card_path, case, fewer) for case in CASES)


def _fails(path: Path, case: Case, checks: Checks) -> bool:
    try:
        return not case.holds(asked(path, case, checks)[0])
    except (KeyError, TypeError):  # what a handler makes of what should not reach it
        return True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("v", True, id="true for 1"),
        pytest.param("v", 1.0, id="1.0 for 1"),
        pytest.param("channel", "qr", id="another channel"),
        pytest.param("purpose", "transfer", id="another purpose"),
        pytest.param("nonce", "n" * 42, id="short nonce"),
        pytest.param("origin", ["https://portal.example"], id="list for a text"),
        pytest.param(
            "display", {"service": "\u202egro.live", "request_code": "K7Q-M2X"}, id="bidi"
        ),
        pytest.param("display", {"service": "x"}, id="no request code"),
    ],
)
def test_a_challenge_of_another_shape_is_none(name: str, value: object) -> None:
    assert read(json.dumps(GOOD).encode(), CHALLENGE) == GOOD
    assert read(json.dumps({**GOOD, name: value}).encode(), CHALLENGE) is None
