"""Logins with a card that does what cards do: C1 to C5, C7 to C12, C14 and C15."""

import asyncio
import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader.agent.cards import Lacking
from card_reader.agent.pin import No
from card_reader.apdu import Command, Ins
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.references import JPKI_PASSWORD, JPKI_PIN
from card_reader.emulator.store import tries
from card_reader.errors import (
    CardError,
    CardRemovedError,
    CardResetError,
    NoReaderSupportError,
    NoServiceError,
    ReaderBusyError,
    ServiceDeniedError,
    UnresponsiveCardError,
    WrongPinError,
)
from card_reader.spec import EF, JPKI_AID, Kind
from card_reader.statement import Challenge
from card_reader.status import SW
from card_reader.transport import Powered
from tests.card_reader.agent.kit import CHALLENGE, PIN, House, Person

WRONG = "9999"
Meddle = Callable[[bytes, Powered], bytes | None]


def answering(ins: Ins, answer: bytes, *, data: bool = True) -> Meddle:
    """Answer commands of this instruction in the card's place."""

    def meddle(command: bytes, _card: Powered) -> bytes | None:
        parsed = Command.parse(command)
        return answer if parsed.ins == ins and bool(parsed.data) is data else None

    return meddle


def raising(ins: Ins, error: CardError) -> Meddle:
    """Fail once, when a command of this instruction is sent."""
    left = [error]

    def meddle(command: bytes, _card: Powered) -> bytes | None:
        if command[1] == ins and left:
            raise left.pop()
        return None

    return meddle


def in_parts() -> Meddle:
    """Answer as T=0 cards do: 6Cxx for a wrong Le, and 61xx for GET RESPONSE to follow."""
    held: list[bytes] = []

    def meddle(command: bytes, card: Powered) -> bytes | None:
        parsed = Command.parse(command)
        if parsed.ins == Ins.GET_RESPONSE:
            return held.pop() + b"\x90\x00"
        if parsed.ins == Ins.COMPUTE_SIGNATURE:
            held.append(card.transmit(command)[:-2])
            return b"\x61\x00"
        if parsed.ins == Ins.READ_BINARY and parsed.le == 256:
            whole = card.transmit(command)
            return bytes((0x6C, len(whole) - 2 - 1)) if len(whole) < 258 else None
        return None

    return meddle


@dataclass(frozen=True)
class Case:
    """What a person types in each login, and how the last one ends."""

    id: str
    pins: tuple[str, ...]
    end: dict[str, object]
    tries_left: int
    person: dict[str, Any] = field(default_factory=dict)
    meddle: Meddle = lambda _command, _card: None
    reached: tuple[str, ...] | None = None
    logins: int | None = None


def failed(error: str, retries_left: int | None = None) -> dict[str, object]:
    told: dict[str, object] = {"state": "failed", "error": error}
    return told if retries_left is None else {**told, "retries_left": retries_left}


DONE: dict[str, object] = {"state": "done"}
CASES = (
    Case("C1 a wrong PIN", (WRONG,), failed("pin_incorrect", 2), 2),
    Case("C2 two wrong ones", (WRONG, WRONG), failed("pin_incorrect", 1), 1),
    Case(
        "C2 three wrong ones",
        (WRONG, WRONG, WRONG),
        failed("pin_locked", 0),
        0,
        {"confirms": True},
    ),
    Case(
        "C2 the right one is too late",
        (WRONG, WRONG, WRONG, PIN),
        failed("pin_locked", 0),
        0,
        {"confirms": True},
        reached=(WRONG, WRONG, WRONG),
    ),
    Case(
        "C3 last try, not confirmed",
        (WRONG, WRONG, PIN),
        failed("pin_last_try", 1),
        1,
        reached=(WRONG, WRONG),
    ),
    Case("C3 last try, confirmed", (WRONG, WRONG, PIN), DONE, 3, {"confirms": True}),
    Case("C4 three digits", ("123",), failed("pin_malformed"), 3, reached=()),
    Case("C4 a letter", ("12a4",), failed("pin_malformed"), 3, reached=()),
    Case(
        "C4 digits of another script",
        ("\uff11\uff12\uff13\uff14",),
        failed("pin_malformed"),
        3,
        reached=(),
    ),
    Case("C5 the right one gives tries back", (WRONG, PIN), DONE, 3),
    Case("C7 cancelled at the PIN", (), {"state": "cancelled"}, 3, logins=1, reached=()),
    Case(
        "C7 cancelled before",
        (),
        {"state": "cancelled"},
        3,
        {"agrees": No.CANCELLED},
        logins=1,
    ),
    Case(
        "C8 nobody types",
        (),
        failed("pin_timeout"),
        3,
        {"pin_answer": No.TIMED_OUT},
        logins=1,
        reached=(),
    ),
    Case(
        "C8 nobody agrees",
        (),
        failed("consent_timeout"),
        3,
        {"agrees": No.TIMED_OUT},
        logins=1,
    ),
    Case(
        "nobody can be asked",
        (),
        failed("prompt_unavailable"),
        3,
        {"agrees": No.NOBODY},
        logins=1,
    ),
    Case(
        "C10 a signature without VERIFY",
        (PIN,),
        failed("card_refused"),
        3,
        meddle=answering(Ins.VERIFY, b"\x90\x00"),
    ),
    Case(
        "C11 removed before signing",
        (PIN,),
        failed("card_removed"),
        3,
        meddle=raising(Ins.COMPUTE_SIGNATURE, CardRemovedError()),
    ),
    Case(
        "C11 and again",
        (PIN, PIN),
        DONE,
        3,
        meddle=raising(Ins.COMPUTE_SIGNATURE, CardRemovedError()),
    ),
    Case(
        "reset by another program",
        (PIN,),
        failed("card_reset"),
        3,
        meddle=raising(Ins.VERIFY, CardResetError()),
    ),
    Case(
        "C12 another application",
        (),
        failed("card_unsupported"),
        3,
        meddle=lambda command, _: b"\x6a\x82" if JPKI_AID in command else None,
        logins=1,
    ),
    Case("C14 61xx and 6Cxx", (PIN,), DONE, 3, meddle=in_parts()),
)


async def logins(house: House, count: int) -> Any:
    last = None
    for _ in range(count):
        last = await house.login()
    return last


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_login_ends_as_the_card_and_the_person_have_it(card_path: Path, case: Case) -> None:
    person = Person(list(case.pins), **case.person)

    async def run() -> tuple[House, Any]:
        house = House(card_path, person, meddle=case.meddle)
        return house, await logins(house, case.logins or len(case.pins))

    house, end = asyncio.run(run())
    assert ("token" in end) is (end["state"] == "done")
    assert {k: v for k, v in end.items() if k not in {"token", "hint"}} == case.end
    assert tries(card_path, JPKI_PIN) == case.tries_left
    assert house.card.resets == (case.logins or len(case.pins))
    assert "pin 0" not in person.asked, "nobody types a PIN that is locked"
    if case.reached is not None:
        assert house.card.pins() == [pin.encode() for pin in case.reached]


def test_the_token_is_what_the_holders_key_has_signed(
    card_path: Path, keys: list[RSAPrivateKey]
) -> None:
    async def run() -> tuple[House, Any, Any]:
        house = House(card_path)
        op = await house.begin()
        end = (await house.followed(op))[-1]
        return house, end, await house.poll(op)

    house, end, again = asyncio.run(run())
    token = end["token"]
    certificate = b64decode(token["certificate"])
    tbs = Challenge.from_json(CHALLENGE).by(certificate).tbs()
    public = keys[0].public_key()
    public.verify(b64decode(token["signature"]), tbs, PKCS1v15(), SHA256())
    given = {name: token[name] for name in ("v", "alg", "login_id", "origin", "agent")}
    assert given == {
        "v": 1,
        "alg": "RS256",
        "login_id": CHALLENGE["login_id"],
        "origin": CHALLENGE["origin"],
        "agent": {"version": "test"},
    }
    assert again == {"state": "done"}, "a token is given once"
    assert house.person.shown[0].as_json() == {
        "origin": CHALLENGE["origin"],
        "service": "mynaportal-sim",
        "purpose": "login",
        "request_code": "K7Q-M2X",
        "card": "マイナンバーカード (JPKIAPICCTOKEN2)",
        "reader": "reader",
        "simulation": True,
    }


def test_a_try_that_another_program_spends_meanwhile_makes_no_last_one_go_unconfirmed(
    card_path: Path,
) -> None:
    def spend() -> None:
        with pytest.raises(WrongPinError):
            Jpki(Session(Card.load(card_path))).verify(Kind.USER_AUTHENTICATION, WRONG)

    async def run() -> Any:
        house = House(card_path, Person([WRONG, WRONG]))
        assert (await house.login())["retries_left"] == 2
        house.person.before_pin = spend
        return await house.login()

    end = asyncio.run(run())
    assert (end["state"], end["error"]) == ("failed", "pin_last_try")
    assert tries(card_path, JPKI_PIN) == 1


def test_c9_after_a_login_nobody_signs_by_its_pin(card_path: Path) -> None:
    async def run() -> House:
        house = House(card_path)
        assert (await house.login())["state"] == "done"
        return house

    card = asyncio.run(run()).card.card
    for command in (Command.select(JPKI_AID), Command.select_ef(EF.AUTHENTICATION_KEY)):
        assert card.transmit(bytes(command)) == b"\x90\x00"
    refused = SW.SECURITY_STATUS_NOT_SATISFIED.to_bytes(2, "big")
    assert card.transmit(bytes(Command.sign(b"x" * 51))) == refused


def test_c15_a_login_leaves_the_signing_password_alone(card_path: Path) -> None:
    async def run() -> House:
        house = House(card_path, Person([WRONG, PIN]))
        await logins(house, 2)
        return house

    house = asyncio.run(run())
    signing = {EF.SIGNING_PASSWORD, EF.SIGNING_KEY, EF.SIGNING_CERTIFICATE}
    assert not house.card.chosen() & signing
    assert tries(card_path, JPKI_PASSWORD) == 5


@pytest.mark.parametrize(
    ("lacks", "state", "error"),
    [
        pytest.param(Lacking.READER, "waiting_reader", "no_reader", id="C12 no reader"),
        pytest.param(Lacking.CARD, "waiting_card", "no_card", id="C12 no card"),
    ],
)
def test_what_lacks_is_waited_for(
    card_path: Path, lacks: Lacking, state: str, error: str
) -> None:
    async def run(*, comes: bool) -> tuple[Any, Any]:
        house = House(card_path)
        house.table.lacks = lacks
        op = await house.begin()
        waiting = await house.poll(op)
        while waiting["state"] != state:
            waiting = await house.poll(op)
        while not house.table.looks:
            await asyncio.sleep(0.01)
        if comes:
            house.table.lacks = None
        else:
            house.ticking.ahead = 29
            await house.poll(op, 0)
            house.ticking.ahead = 58
            await house.poll(op, 0)
            house.ticking.ahead = 61
        return waiting, (await house.followed(op))[-1]

    waiting, end = asyncio.run(run(comes=True))
    assert (waiting, end["state"]) == ({"state": state}, "done")
    assert asyncio.run(run(comes=False))[1] == failed(error)


@pytest.mark.parametrize(
    ("where", "fault", "error"),
    [
        pytest.param(
            "at_opening", UnresponsiveCardError("r"), "card_unsupported", id="C12 ATR"
        ),
        pytest.param("at_opening", ReaderBusyError("r"), "card_busy", id="busy"),
        pytest.param("fault", NoServiceError(), "pcsc_unavailable", id="C13 service stopped"),
        pytest.param("fault", ServiceDeniedError(), "pcsc_unavailable", id="C13 denied"),
        pytest.param("fault", NoReaderSupportError(), "pcsc_unavailable", id="C13 no pyscard"),
    ],
)
def test_what_cannot_be_waited_for_is_told_with_what_to_do(
    card_path: Path, where: str, fault: CardError, error: str
) -> None:
    async def run() -> tuple[Any, int, House]:
        house = House(card_path)
        setattr(house.table, where, fault)
        readers = await house.ask("GET", "/v1/readers", house.bearing())
        return await house.login(), readers.status, house

    end, status, house = asyncio.run(run())
    assert end == {**failed(error), "hint": fault.remedy}
    assert status == (503 if where == "fault" else 200)
    assert not house.card.sent


def test_several_cards_are_told(card_path: Path) -> None:
    async def run() -> Any:
        house = House(card_path)
        house.table.lacks = Lacking.CHOICE
        return await house.login()

    assert asyncio.run(run()) == failed("several_cards")


def test_c6_no_answer_holds_the_pin(card_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    async def run() -> str:
        house = House(card_path, Person(["7413", "74130", PIN]))
        told = [await house.followed(await house.begin()) for _ in range(3)]
        return json.dumps(told)

    said = asyncio.run(run()) + caplog.text
    for form in ("7413", b"7413".hex(), "74, 13"):
        assert form not in said
