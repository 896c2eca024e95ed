"""Pairing, and one operation at a time: A15, A17 to A19; what may happen, state by state."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from card_reader.agent.cards import InFile
from card_reader.agent.operation import FINAL, LIFE, Event, Failure, Operation, State
from card_reader.agent.pairing import CODE_LIFETIME, TOKEN_LIFETIME
from card_reader.agent.pin import No
from card_reader.agent.refusal import Code, Refusal
from card_reader.apdu import Command, Ins
from card_reader.spec import EF
from tests.card_reader.agent.kit import LOGIN, ORIGIN, OTHER_ORIGIN, House, Person, headers

FREE = {EF.TOKEN_INFO, EF.AUTHENTICATION_CA}
BEFORE_VERIFY = FREE | {EF.AUTHENTICATION_PIN}


def code_of(house: House) -> str:
    code = house.agent.codes.new(house.ticking(), lambda n: bytes(n - 1) + b"\x07")
    assert not isinstance(code, Refusal)
    return code


async def pair(house: House, code: str, origin: str = ORIGIN) -> tuple[int, str | None]:
    answer = await house.post("/v1/pair", {"code": code}, origin=origin, authorization=None)
    return answer.status, answer.error


def test_a_page_pairs_by_the_code_and_its_token_is_for_its_origin(
    card_path: Path,
) -> None:
    async def run() -> None:
        house = House(card_path)
        house.agent.tokens.forget()
        code = code_of(house)
        assert code == "00000007"
        hello = await house.ask("GET", "/v1/hello", headers())
        assert hello.json == {
            "agent": "mynasim",
            "api": [1],
            "version": "test",
            "paired": False,
        }
        paired = await house.post("/v1/pair", {"code": code}, authorization=None)
        assert paired.json["expires_at"] == "2026-11-28T18:00:00Z"
        assert house.person.asked == [f"pair {ORIGIN}"]
        house.token = paired.json["token"]
        for origin, status in ((ORIGIN, 200), (OTHER_ORIGIN, 401)):
            answer = await house.ask("GET", "/v1/readers", house.bearing(origin=origin))
            assert answer.status == status
            hello = await house.ask("GET", "/v1/hello", headers(origin=origin))
            assert hello.json["paired"] is (status == 200)
        house.ticking.ahead = TOKEN_LIFETIME + 1
        late = await house.ask("GET", "/v1/readers", house.bearing())
        assert (late.status, late.error) == (401, "token_invalid")

    asyncio.run(run())


def test_a15_a_code_serves_once_for_two_minutes_and_five_wrong_ones_close_pairing(
    card_path: Path,
) -> None:
    async def run() -> None:
        house = House(card_path)
        code = code_of(house)
        assert await pair(house, code) == (200, None)
        assert await pair(house, code) == (401, "code_wrong"), "used before"
        code = code_of(house)
        house.ticking.ahead = CODE_LIFETIME
        assert await pair(house, code) == (401, "code_wrong"), "too late"
        for _ in range(3):
            assert await pair(house, "99999999") == (401, "code_wrong")
        assert await pair(house, code) == (429, "pairing_closed"), "the sixth, though right"
        new = house.agent.codes.new(house.ticking(), house.agent.randomness)
        assert isinstance(new, Refusal), "nor is there another code"

    asyncio.run(run())


def test_without_the_owners_yes_nobody_pairs(card_path: Path) -> None:
    async def run() -> None:
        house = House(card_path, Person(allows=False))
        code = code_of(house)
        assert await pair(house, code) == (403, "pairing_denied")
        assert await pair(house, code) == (401, "code_wrong"), "the code is used up"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("person", "chosen"),
    [
        pytest.param(Person(agrees=No.CANCELLED), FREE, id="A17 not agreed"),
        pytest.param(Person(pins=[]), BEFORE_VERIFY, id="A17 no PIN"),
        pytest.param(Person(["9999"]), BEFORE_VERIFY, id="A17 wrong PIN"),
    ],
)
def test_no_certificate_of_the_person_is_read_before_they_agree(
    card_path: Path, person: Person, chosen: set[EF]
) -> None:
    async def run() -> House:
        house = House(card_path, person)
        await house.login()
        return house

    card = asyncio.run(run()).card
    assert card.chosen() == chosen
    reads = [one for one in map(Command.parse, card.sent) if one.ins == Ins.READ_BINARY]
    assert all(one.short_ef is None for one in reads)


def test_a17_the_list_of_readers_names_no_card(card_path: Path) -> None:
    async def run() -> Any:
        house = House(card_path)
        return (await house.ask("GET", "/v1/readers", house.bearing())).json

    [reader] = asyncio.run(run())
    assert reader.keys() == {"id", "name", "pinpad", "card", "locked"}


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_text("{")])
def test_a_card_file_that_is_gone_or_damaged_is_told_as_what_it_is(
    card_path: Path, spoil: Callable[[Path], object]
) -> None:
    async def run() -> Any:
        house = House(card_path)
        house.agent.cards = InFile(card_path)
        spoil(card_path)
        return await house.ask("GET", "/v1/readers", house.bearing())

    told = asyncio.run(run())
    assert (told.status, told.error) == (503, "card_unavailable")


def test_a18_there_is_one_operation_at_a_time_and_it_is_its_pages(
    card_path: Path,
) -> None:
    async def run() -> None:
        house = House(card_path, Person(hold=Flag()))
        op = await house.begin()
        second = await house.post("/v1/operations", LOGIN)
        assert (second.status, second.error) == (409, "busy")
        other = house.agent.tokens.issue(OTHER_ORIGIN, house.ticking(), house.agent.randomness)
        stranger = house.bearing(origin=OTHER_ORIGIN, authorization=f"Bearer {other}")
        for method in ("GET", "DELETE"):
            answer = await house.ask(method, f"/v1/operations/{op}", stranger)
            assert (answer.status, answer.error) == (404, "operation_not_found")
        assert house.person.hold is not None
        house.person.hold.set()
        assert (await house.followed(op))[-1]["state"] == "done"
        assert (await house.login())["state"] == "cancelled"  # and there is room for another

    asyncio.run(run())


def test_a_page_cancels_and_the_card_is_let_go(card_path: Path) -> None:
    async def run() -> None:
        house = House(card_path, Person(hold=Flag()))
        op = await house.begin()
        while (await house.poll(op))["state"] != "waiting_consent":
            pass
        answer = await house.ask("DELETE", f"/v1/operations/{op}", house.bearing())
        assert answer.json == {"state": "cancelled"}
        await house.agent.desk.close()
        assert house.card.resets == 1
        assert not house.card.pins()
        assert (await house.poll(op)) == {"state": "cancelled"}

    asyncio.run(run())


def test_a19_an_operation_whose_page_has_gone_is_cancelled(card_path: Path) -> None:
    async def run() -> None:
        house = House(card_path, Person(hold=Flag()))
        op = await house.begin()
        while (await house.poll(op))["state"] != "waiting_consent":
            pass
        house.ticking.ahead = 20
        house.agent.desk.look()
        assert (await house.poll(op, 0))["state"] == "waiting_consent", "asked in time"
        house.ticking.ahead = 45
        house.agent.desk.look()
        assert house.agent.desk.is_busy, "thirty seconds begin with each question"
        watching = asyncio.create_task(house.agent.desk.watch())
        house.ticking.ahead = 60
        await asyncio.sleep(1.1)
        watching.cancel()
        assert not house.agent.desk.is_busy
        await house.agent.desk.close()
        assert house.card.resets == 1
        assert await house.poll(op) == {"state": "cancelled", "error": "page_gone"}

    asyncio.run(run())


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", State)
def test_nothing_happens_that_is_not_in_the_table(state: State, event: Event) -> None:
    operation = Operation("id", ORIGIN, 0.0, state)
    assert operation.happen(event) is ((state, event) in LIFE)
    assert operation.state is LIFE.get((state, event), state)
    assert operation.is_open is (operation.state not in FINAL)


def test_an_open_operation_can_always_fail_and_be_cancelled() -> None:
    assert {State.DONE, State.FAILED, State.CANCELLED} == FINAL
    for state in set(State) - FINAL:
        assert LIFE[state, Event.FAIL] is State.FAILED
        assert LIFE[state, Event.CANCEL] is State.CANCELLED
    assert [key for key, to in LIFE.items() if to is State.DONE] == [
        (State.SIGNING, Event.SIGNED)
    ]


def test_the_page_about_the_agent_says_what_to_do_about_every_error() -> None:
    page = (Path(__file__).parents[3] / "docs" / "agent.md").read_text()
    for code in (*Code, *Failure):
        assert f"`{code}`" in page
    for state in State:
        assert f"`{state}`" in page


def test_every_case_of_the_agent_and_of_its_card_is_tried_by_name() -> None:
    tests = Path(__file__).parents[2]
    tables = [*Path(__file__).parent.glob("*.py"), tests / "hardware" / "test_agent.py"]
    text = "\n".join(path.read_text() for path in tables)
    names = re.findall(r"[(]\s*\"([AC]\d+)\b|id=\"([AC]\d+)\b|def test_([ac]\d+)_", text)
    named = {one.upper() for found in names for one in found if one}
    wanted = {f"A{n}" for n in range(1, 22)} | {f"C{n}" for n in range(1, 16)}
    assert wanted <= named
