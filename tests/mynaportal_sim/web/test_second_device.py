"""A card lies elsewhere: what browser and second device meet, cases Q1 to Q11 among them."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from os import urandom
from typing import Any
from uuid import UUID

import httpx
import pytest

from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_challenge
from card_reader.client.session import Session as CardSession
from card_reader.emulator.card import Card
from card_reader.statement import Challenge, session_hash
from consent.ledger.entry import read_body, read_leaf
from consent.ledger.store import newest
from mynaportal_sim import opaque
from mynaportal_sim.database import Database
from mynaportal_sim.login import sessions
from mynaportal_sim.login.second_device import service, store
from mynaportal_sim.login.second_device.model import (
    LIFETIME,
    ROTATIONS_MAX,
    TRANSITIONS,
    Event,
    State,
    Surroundings,
    after,
)
from mynaportal_sim.login.second_device.service import Begin, Claimed, Signed, Typed
from mynaportal_sim.login.second_device.surroundings import surroundings
from mynaportal_sim.login.service import Accepted, Refused
from mynaportal_sim.login.token import LoginToken
from mynaportal_sim.login.trust import Trust
from tests.mynaportal_sim.web.kit import HANAKO, ORIGIN, PIN, Browser, Portal

CODE = re.compile(r"--code ([\w-]{22})")


class Device:
    """A second device with Hanako's card."""

    def __init__(self, portal: Portal, code: str) -> None:
        self._portal = portal
        self.claimed = self.post("/auth/x/claim", {"code": code})
        self.secret = ""
        if self.claimed.is_success:
            self.secret = self.claimed.json()["secret"]

    @property
    def address(self) -> str:
        return f"/auth/x/{self.claimed.json()['id']}"

    @property
    def display(self) -> dict[str, str]:
        shown: dict[str, str] = self.claimed.json()["challenge"]["display"]
        return shown

    def token(self, **changed: str) -> LoginToken:
        path = self._portal.web.state.settings.cards / f"{HANAKO}.json"
        challenge = Challenge.from_json({**self.claimed.json()["challenge"], **changed})
        signed = sign_challenge(Jpki(CardSession(Card.load(path))), challenge, PIN)
        return LoginToken.of(challenge.login_id, challenge.origin, signed, "test")

    def sign(self, **changed: str) -> httpx.Response:
        return self.post(f"{self.address}/sign", self.token(**changed).to_json())

    def post(self, path: str, body: dict[str, str] | bytes) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self._portal.web)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                headers = {"Authorization": f"Bearer {getattr(self, 'secret', '')}"}
                if isinstance(body, bytes):
                    return await client.post(path, content=body, headers=headers)
                return await client.post(path, json=body, headers=headers)

        return self._portal.runner.run(sent())


def begun(browser: Browser, interaction: str = "") -> str:
    """Begin a login in the browser; the path of its page."""
    goal = {"interaction": interaction} if interaction else {}
    answer = browser.post("/auth/card/qr", {"csrf": browser.csrf(), **goal})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def code_on(browser: Browser, path: str) -> str:
    """The code that the page shows."""
    found = CODE.search(browser.get(path).text)
    assert found
    return found[1]


def state_of(browser: Browser, path: str) -> dict[str, Any]:
    told: dict[str, Any] = browser.get(path, accept="application/json").json()
    return told


def confirm(browser: Browser, path: str, digits: str) -> httpx.Response:
    return browser.post(f"{path}/confirm", {"csrf": browser.csrf(), "code": digits})


def logged_in(browser: Browser) -> bool:
    return browser.get("/consents").status_code == 200


def events(portal: Portal) -> list[tuple[str, object]]:
    """Type and reason of what the ledger was told, oldest first."""
    found = portal.web.state.database.run(newest, 20)
    said = [(read_leaf(one.leaf).type, read_body(one.body or b"")) for one in found]
    said.reverse()
    return [
        (kind, body["reason"].value if "reason" in body else None)
        for kind, body in said
        if not kind.startswith(("exchange.", "key."))
    ]


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_the_table_is_the_whole_life_of_a_login(
    prepared_login: tuple[Database, UUID], state: State, event: Event
) -> None:
    database, login = prepared_login
    database.run(_put, login, state)
    happened = database.run(store.happen, login, event)
    assert happened is ((state, event) in TRANSITIONS)
    found = database.run(store.find, login)
    assert found is not None
    assert found.state is (TRANSITIONS[state, event] if happened else state)
    assert after(event) in set(TRANSITIONS.values())


def _put(connection: Any, login: UUID, state: State) -> None:
    connection.execute(store.logins.update().values(state=state.value))
    assert store.find(connection, login)


@pytest.fixture
def prepared_login(portal: Portal) -> tuple[Database, UUID]:
    database: Database = portal.web.state.database
    now = portal.web.state.clock.now()
    wanted = Begin("session", None, Surroundings("?", "?"))
    return database, database.run(service.begin, wanted, now, urandom).id


def test_q1_a_login_goes_over_and_comes_back(portal: Portal, browser: Browser) -> None:
    path = begun(browser)
    page = browser.get(path)
    device = Device(portal, code_on(browser, path))
    assert device.display["request_code_ja"] in page.text
    assert device.display["browser"] == "? / ?"
    assert state_of(browser, path)["state"] == "claimed"
    signed = device.sign()
    assert state_of(browser, path)["state"] == "signed"
    assert not logged_in(browser)  # Q6
    before = dict(browser.cookies)
    answer = confirm(browser, path, signed.json()["confirm_code"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert logged_in(browser)
    assert before != dict(browser.cookies)
    assert events(portal) == [("login.accepted", None)]


def test_a_login_leads_on_to_the_app_that_asked(portal: Portal) -> None:
    browser = portal.browser()
    way = portal.ask(browser, portal.register()).headers["location"]
    path = begun(browser, way.removeprefix("/interactions/"))
    signed = Device(portal, code_on(browser, path)).sign()
    answer = confirm(browser, path, signed.json()["confirm_code"])
    assert answer.headers["location"] == way


def test_q2_a_code_is_claimed_once(portal: Portal, browser: Browser) -> None:
    path = begun(browser)
    code = code_on(browser, path)
    Device(portal, code)
    refused(Device(portal, code).claimed, 409, "code_claimed")


def test_q3_a_code_runs_out_and_is_renewed_three_times(
    portal: Portal, browser: Browser
) -> None:
    path = begun(browser)
    old = code_on(browser, path)
    portal.web.state.clock.forward(timedelta(seconds=60))
    refused(Device(portal, old).claimed, 410, "code_expired")
    assert "新しいコード" in browser.get(path).text
    browser.post(f"{path}/code", {"csrf": browser.csrf()})
    assert Device(portal, code_on(browser, path)).claimed.is_success
    refused(Device(portal, old).claimed, 404, "code_not_found")
    path, shown = begun(browser), set()
    for _ in range(ROTATIONS_MAX + 2):
        shown.add(code_on(browser, path))
        browser.post(f"{path}/code", {"csrf": browser.csrf()})
    assert len(shown) == ROTATIONS_MAX + 1


def test_q3_what_has_run_out_is_neither_renewed_nor_signed(
    portal: Portal, browser: Browser
) -> None:
    path = begun(browser)
    device = Device(portal, code_on(browser, path))
    portal.web.state.clock.forward(LIFETIME)
    refused(device.sign(), 410, "login_expired")
    path = begun(browser)
    portal.web.state.clock.forward(LIFETIME)
    browser.post(f"{path}/code", {"csrf": browser.csrf()})
    assert "3分以内に完了しなかった" in browser.get(path).text


@pytest.mark.parametrize("secret", ["", "another"], ids=["none", "wrong"])
def test_q4_nobody_signs_without_the_devices_secret(
    portal: Portal, browser: Browser, secret: str
) -> None:
    device = Device(portal, code_on(browser, begun(browser)))
    device.secret = secret
    refused(device.sign(), 403, "device_mismatch")


def test_q4_nor_before_a_device_has_claimed_the_code(portal: Portal, browser: Browser) -> None:
    claimed, waits = Device(portal, code_on(browser, begun(browser))), begun(browser)
    address = f"/auth/x/{waits.rpartition('/')[2]}/sign"
    refused(claimed.post(address, claimed.token().to_json()), 403, "device_mismatch")


def test_q5_three_wrong_confirmations_end_the_login(portal: Portal, browser: Browser) -> None:
    path = begun(browser)
    right = Device(portal, code_on(browser, path)).sign().json()["confirm_code"]
    wrong = "000000" if right != "000000" else "111111"
    for left in (2, 1):
        page = confirm(browser, path, wrong)
        assert page.status_code == 422
        assert f"あと{left}回" in page.text
        assert 'aria-invalid="true"' in page.text
    confirm(browser, path, wrong)
    confirm(browser, path, right)
    assert not logged_in(browser)
    assert "確認番号が違います" in browser.get(path).text
    assert events(portal)[:3] == [("login.refused", "confirm_code_wrong")] * 3


def test_q6_a_signed_login_that_nobody_confirms_runs_out(
    portal: Portal, browser: Browser
) -> None:
    path = begun(browser)
    digits = Device(portal, code_on(browser, path)).sign().json()["confirm_code"]
    portal.web.state.clock.forward(LIFETIME)
    confirm(browser, path, digits)
    assert not logged_in(browser)
    assert "3分以内に完了しなかった" in browser.get(path).text


def test_q7_another_browser_neither_sees_nor_confirms_it(
    portal: Portal, browser: Browser
) -> None:
    path = begun(browser)
    digits = Device(portal, code_on(browser, path)).sign().json()["confirm_code"]
    other = portal.browser()
    other.csrf()
    assert other.get(path).status_code == 404
    assert confirm(other, path, digits).status_code == 404
    assert not logged_in(other)


@pytest.mark.parametrize("side", ["denied", "cancelled"])
def test_q8_either_side_ends_it_for_both(portal: Portal, browser: Browser, side: str) -> None:
    path = begun(browser)
    device = Device(portal, code_on(browser, path))
    if side == "denied":
        assert device.post(f"{device.address}/deny", b"").is_success
    else:
        browser.post(f"{path}/cancel", {"csrf": browser.csrf()})
    assert state_of(browser, path)["state"] == side
    refused(device.sign(), 403 if side == "denied" else 409, f"second_device_{side}")
    assert ("login.refused", f"second_device_{side}") in events(portal)


def test_q9_a_stranger_who_started_it_cannot_go_on_without_the_digits(
    portal: Portal, browser: Browser
) -> None:
    """The victim signs on a stranger's login; the warning and the words are all they get."""
    path = begun(browser)
    device = Device(portal, code_on(browser, path))
    assert device.display["network"] in {"localhost", "?", "127.0.0.*"}
    digits = device.sign().json()["confirm_code"]
    shown = browser.get(path).text + str(state_of(browser, path))
    assert digits not in shown
    opened = browser.get("/x").text
    assert "誰かから送られてきたコード" in opened


def test_q10_logins_are_not_begun_without_end(browser: Browser) -> None:
    answers = [
        browser.post("/auth/card/qr", {"csrf": browser.csrf()}).status_code for _ in range(6)
    ]
    assert answers == [303] * 5 + [429]


def test_q11_the_code_stands_behind_the_address(browser: Browser) -> None:
    path = begun(browser)
    image = browser.get(f"{path}/code.svg")
    assert image.headers["content-type"] == "image/svg+xml"
    assert b"style" not in image.content
    assert code_on(browser, path) not in path


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"origin": "https://evil.example"}, "origin_mismatch", id="L8 origin"),
        pytest.param({"channel": "agent"}, "signature_invalid", id="L11 channel"),
        pytest.param({"purpose": "consent:0"}, "signature_invalid", id="L10 purpose"),
        pytest.param(
            {"session_hash": session_hash("another")}, "signature_invalid", id="L5 session"
        ),
    ],
)
def test_a_signature_over_anything_else_ends_the_login(
    portal: Portal, browser: Browser, changed: dict[str, str], code: str
) -> None:
    path = begun(browser)
    device = Device(portal, code_on(browser, path))
    refused(device.sign(**changed), 403 if code == "origin_mismatch" else 401, code)
    assert device.sign().status_code == 409
    told = state_of(browser, path)
    assert (told["state"], told["reason"]) == ("refused", code)
    assert ("login.refused", code) in events(portal)


def test_a_signature_that_is_sent_twice_leaves_the_login_good(
    portal: Portal, browser: Browser
) -> None:
    path = begun(browser)
    device = Device(portal, code_on(browser, path))
    state = portal.web.state
    seen = state.database.run(service.of_device, UUID(device.address[-36:]), device.secret)
    token, now = device.token(), state.clock.now()
    presented = service.presented_by(seen, token)
    sign = (service.sign, seen, presented, _trust(portal), now, urandom)
    first, second = state.database.run(*sign), state.database.run(*sign)  # both saw it claimed
    assert isinstance(first, Signed)
    assert isinstance(second, Refused)
    confirm(browser, path, first.confirm_code)
    assert logged_in(browser)


def test_a_token_that_no_encoding_has_is_another_sites(browser: Browser) -> None:
    browser.csrf()
    body = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n+2AA-\r\n--x--\r\n'

    async def sent() -> int:
        transport = httpx.ASGITransport(browser.web)
        kind = {"content-type": "multipart/form-data; boundary=x; charset=utf-7"}
        async with httpx.AsyncClient(
            transport=transport, base_url=ORIGIN, cookies=browser.cookies
        ) as client:
            return (await client.post("/auth/card/qr", content=body, headers=kind)).status_code

    assert browser.runner.run(sent()) == 403


def test_a_token_for_another_login_is_none_for_this(portal: Portal, browser: Browser) -> None:
    mine, other = begun(browser), portal.browser()
    first = Device(portal, code_on(browser, mine))
    second = Device(portal, code_on(other, begun(other)))
    crossed = first.post(f"{first.address}/sign", second.token().to_json())
    assert crossed.status_code == 409


def test_the_code_of_a_session_that_has_ended_logs_nobody_in(
    portal: Portal, browser: Browser
) -> None:
    path = begun(browser)
    device = Device(portal, code_on(browser, path))
    portal.web.state.database.run(
        sessions.end,
        next(value for name, value in browser.cookies.items() if "session" in name),
        portal.web.state.clock.now(),
    )
    refused(device.sign(), 403, "session_mismatch")


@pytest.mark.parametrize(
    ("user_agent", "address", "expected"),
    [
        pytest.param(
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140 Safari/537 Edg/140",
            "203.0.113.77",
            ("Edge / Windows", "203.0.113.*"),
            id="Edge",
        ),
        pytest.param(
            "Mozilla/5.0 (iPhone; CPU like Mac OS X) Version/18 Safari/604",
            "2001:db8:1:2::3",
            ("Safari / iPhone", "2001:0db8:0001:*"),
            id="iPhone",
        ),
        pytest.param("curl/8", "::1", ("? / ?", "localhost"), id="unknown"),
        pytest.param("", "testclient", ("? / ?", "?"), id="nothing"),
    ],
)
def test_surroundings_are_told_coarsely(
    user_agent: str, address: str, expected: tuple[str, str]
) -> None:
    assert surroundings(user_agent, address) == Surroundings(*expected)


def _trust(portal: Portal) -> Trust:
    state = portal.web.state
    return Trust.of(state.settings, state.authority, state.pseudonyms)


def test_of_20_parallel_claims_and_confirmations_one_succeeds(
    portal: Portal, database_url: str
) -> None:
    """The register's certificates are the portal's; the races run on either database."""
    trust, now = _trust(portal), portal.web.state.clock.now()
    database = Database(database_url)
    session = database.run(sessions.begin, now, urandom)
    wanted = Begin(session.id, None, Surroundings("?", "?"))
    login = database.run(service.begin, wanted, now, urandom)
    code = service.code_of(login, session.id)

    def claim(_: int) -> object:
        return database.run(service.claim, code, trust, now, urandom)

    with ThreadPoolExecutor(20) as threads:
        claims = [one for one in threads.map(claim, range(20)) if isinstance(one, Claimed)]
    assert len(claims) == 1
    resident = portal.web.state.database.run(_any_resident)
    proven: dict[str, object] = {
        "confirm": opaque.digest(f"{login.id}:123456"),
        "resident_id": resident,
        "certificate": "p",
    }
    database.run(store.happen, login.id, Event.SIGN, proven)
    signed = database.run(store.find, login.id)
    assert signed is not None
    typed = Typed(session.id, "123456")

    def confirmed(_: int) -> object:
        return database.run(service.confirm, signed, typed, trust, now, urandom)

    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(confirmed, range(20)))
    database.close()
    assert sum(isinstance(one, Accepted) for one in outcomes) == 1


def _any_resident(connection: Any) -> UUID:
    from mynaportal_sim.residents import store as residents  # noqa: PLC0415

    return residents.everyone(connection)[0].id
