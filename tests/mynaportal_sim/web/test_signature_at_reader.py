"""A card that lies elsewhere signs what a person hands over, and only this browser takes it."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from cryptography import x509

from card_reader.spec import Kind
from mynaportal_sim.login.second_device import store
from mynaportal_sim.login.second_device.model import LIFETIME
from mynaportal_sim.login.token import LoginToken
from tests.mynaportal_sim.pki.unmarked import unmarked
from tests.mynaportal_sim.signing.kit import JSON, consents, form_of, to_sign, token_of
from tests.mynaportal_sim.web.kit import HANAKO, KENICHI, ORIGIN, Browser, Form, Portal

AUTH = Kind.USER_AUTHENTICATION


class Desk(NamedTuple):
    """A person before the question, and what the page says they would sign."""

    portal: Portal
    browser: Browser
    path: str
    told: dict[str, Any]

    def begin(self, kind: Kind) -> str:
        """Choose a card in a reader; the address of the page that shows the code."""
        form = form_of(self.told, kind)
        answer = self.browser.post(f"{self.path}/signature/reader", form)
        assert answer.status_code == 303, answer.text
        place: str = answer.headers["location"]
        return place

    def claim(self, place: str) -> dict[str, Any]:
        """What whoever has the code on the screen is told."""
        code = self.browser.get(place, **JSON).json()["code"]
        claimed: dict[str, Any] = self.send("/auth/x/claim", {"code": code}).json()
        return claimed

    def send(self, path: str, body: object, secret: str = "") -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self.portal.web)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                headers = {"Authorization": f"Bearer {secret}"}
                content = body.to_json() if isinstance(body, LoginToken) else None
                json = None if content else body
                return await client.post(path, headers=headers, content=content, json=json)

        return self.portal.runner.run(sent())

    def hand_in(self, claimed: dict[str, Any], kind: Kind, persona: str = HANAKO) -> None:
        told = {"challenge": claimed["challenge"], "statement": claimed["to_sign"]}
        token = token_of(self.portal, told, kind, persona)
        answer = self.send(f"/auth/x/{claimed['id']}/sign", token, claimed["secret"])
        assert answer.json() == {"state": "signed"}

    def take(self, place: str, kind: Kind = Kind.SIGNING) -> httpx.Response:
        """Hand over what was signed, as a program does."""
        form = form_of(self.told, kind, reader=place.rpartition("/")[2])
        return self.browser.post(f"{self.path}/signature", form, **JSON)


@pytest.fixture
def desk(portal: Portal) -> Desk:
    browser, path = portal.asked()
    return Desk(portal, browser, path, to_sign(browser, path))


@pytest.mark.parametrize("kind", list(Kind))
def test_a_card_elsewhere_signs_and_the_person_hands_over_here(desk: Desk, kind: Kind) -> None:
    place = desk.begin(kind)
    assert "./mynasim sign --portal" in desk.browser.get(place).text
    claimed = desk.claim(place)
    assert claimed["to_sign"] == {"kind": kind.value, "text": desk.told["statement"]["text"]}
    desk.hand_in(claimed, kind)
    assert not consents(desk.browser)
    back = desk.browser.get(place)
    assert back.status_code == 303
    assert "上の内容にカードで署名しました" in desk.browser.get(back.headers["location"]).text
    done = desk.take(place, kind)
    assert "code" in parse_qs(urlsplit(done.headers["location"]).query)
    [consent] = consents(desk.browser)
    assert (consent["signed_with"], consent["categories"]) == (kind.value, ["健診結果"])
    receipt = f"/consents/{consent['arrangement_id']}/{consent['version_id']}/receipt.json"
    kept = desk.browser.get(receipt, **JSON).json()
    assert kept["agreement"] == desk.told["statement"]["text"]


def test_a_card_that_was_not_made_here_signs_nothing_and_is_not_kept(desk: Desk) -> None:
    claimed = desk.claim(desk.begin(AUTH))
    told = {"challenge": claimed["challenge"], "statement": claimed["to_sign"]}
    token = token_of(desk.portal, told, AUTH, HANAKO)
    authority = desk.portal.web.state.authority[AUTH]
    real = unmarked(x509.load_der_x509_certificate(token.certificate), authority)
    token = replace(token, certificate=real)
    answer = desk.send(f"/auth/x/{claimed['id']}/sign", token, claimed["secret"])
    assert (answer.status_code, answer.json()["code"]) == (401, "cert_untrusted")
    files = desk.portal.web.state.settings.data.glob("*sqlite*")
    assert not any(b64encode(real) in path.read_bytes() for path in files)


def _by_another_persons_card(desk: Desk, place: str) -> httpx.Response:
    desk.hand_in(desk.claim(place), Kind.SIGNING, KENICHI)
    return desk.take(place)


def _before_the_card_has(desk: Desk, place: str) -> httpx.Response:
    return desk.take(place)


def _by_the_other_certificate(desk: Desk, place: str) -> httpx.Response:
    desk.hand_in(desk.claim(place), Kind.SIGNING)
    return desk.take(place, Kind.USER_AUTHENTICATION)


def _in_another_language(desk: Desk, place: str) -> httpx.Response:
    desk.hand_in(desk.claim(place), Kind.SIGNING)
    desk.browser.language = "en"
    return desk.take(place)


def _after_it_was_refused_there(desk: Desk, place: str) -> httpx.Response:
    claimed = desk.claim(place)
    desk.send(f"/auth/x/{claimed['id']}/deny", {}, claimed["secret"])
    assert "カードリーダー側で取りやめられました" in desk.browser.get(place).text
    return desk.take(place)


def _after_it_was_cancelled_here(desk: Desk, place: str) -> httpx.Response:
    desk.hand_in(desk.claim(place), Kind.SIGNING)
    desk.browser.post(f"{place}/cancel", {"csrf": desk.browser.csrf("/consents")})
    kept = desk.portal.web.state.database.run(store.find, UUID(place.rpartition("/")[2]))
    assert kept.token is None  # which has the person's name and address in it
    return desk.take(place)


def _after_three_minutes(desk: Desk, place: str) -> httpx.Response:
    desk.hand_in(desk.claim(place), Kind.SIGNING)
    desk.portal.web.state.clock.forward(LIFETIME)
    return desk.take(place)


def _with_six_digits(desk: Desk, place: str) -> httpx.Response:
    desk.hand_in(desk.claim(place), Kind.SIGNING)
    form: Form = {"csrf": desk.browser.csrf("/consents"), "code": "000000"}
    return desk.browser.post(f"{place}/confirm", form, **JSON)


def test_what_is_not_shown_is_not_begun(desk: Desk) -> None:
    form: Form = {**form_of(desk.told, Kind.SIGNING), "statement": "0" * 64}
    path = f"{desk.path}/signature/reader"
    assert desk.browser.post(path, form, **JSON).json()["code"] == "purpose_mismatch"
    assert "署名する内容が変わりました" in desk.browser.post(path, form).text


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (_by_another_persons_card, "cert_other_person"),
        (_before_the_card_has, "login_ended"),
        (_by_the_other_certificate, "cert_wrong_purpose"),
        (_in_another_language, "purpose_mismatch"),
        (_after_it_was_refused_there, "second_device_denied"),
        (_after_it_was_cancelled_here, "second_device_cancelled"),
        (_after_three_minutes, "login_expired"),
        (_with_six_digits, "code_claimed"),
    ],
)
def test_nothing_is_handed_over(
    desk: Desk, how: Callable[[Desk, str], httpx.Response], code: str
) -> None:
    answer = how(desk, desk.begin(Kind.SIGNING))
    assert answer.json()["code"] == code
    assert not consents(desk.browser)


def test_what_was_signed_is_for_this_browser_and_once(desk: Desk) -> None:
    place = desk.begin(Kind.SIGNING)
    desk.hand_in(desk.claim(place), Kind.SIGNING)
    other, path = desk.portal.asked()
    form = form_of(to_sign(other, path), Kind.SIGNING, reader=place.rpartition("/")[2])
    assert other.post(f"{path}/signature", form, **JSON).json()["code"] == "login_not_found"
    spoilt = desk.take(place, Kind.USER_AUTHENTICATION)
    assert spoilt.json()["code"] == "cert_wrong_purpose"
    assert desk.take(place).json()["code"] == "login_ended"
    assert not consents(desk.browser)
    assert not consents(other)
