"""A card that lies elsewhere signs the document that its side fetched, and no other."""

import json
from hashlib import sha256

import httpx
import pytest

from card_reader.document.format import Format
from card_reader.statement import Challenge
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.second_device import SecondDevice
from mynaportal_sim.cli.sign_document import Document
from tests.mynaportal_sim.documents.conftest import DOCUMENT
from tests.mynaportal_sim.documents.test_asking import Office, Said, office
from tests.mynaportal_sim.web.conftest import portal, prepared
from tests.mynaportal_sim.web.kit import JSON, ORIGIN, Browser, Form

__all__ = ["office", "portal", "prepared"]
PURPOSE = f"document:{sha256(DOCUMENT).hexdigest()}"
SAID = {"app": "歩く手帳", "title": "確認", "media_type": "text/plain", "format": "cms"}


def _told(
    content: bytes = DOCUMENT,
    text: str = json.dumps(SAID),
    purpose: str = PURPOSE,
    kind: str = "signing",
) -> SecondDevice:
    """The side of a card that some portal has told this."""
    challenge = Challenge(ORIGIN, "n", "l", "s", "qr", "2026-11-23T03:04:05Z", purpose)
    answer = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    http = httpx.Client(transport=answer)
    return SecondDevice(ORIGIN, challenge, {}, http, f"{ORIGIN}/auth/x/1", "", text, kind)


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (_told(content=b"!"), "another document"),
        (_told(purpose="document:"), "another document"),
        (_told(text="{}"), "does not say"),
        (_told(text=json.dumps(SAID | {"format": "xml"})), "does not say"),
        (_told(kind="user_authentication"), "for signatures alone"),
    ],
)
def test_a_portal_that_asks_for_something_else_gets_nothing(
    device: SecondDevice, words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        Document.of(device)


def test_what_is_no_document_is_left_to_others() -> None:
    assert Document.of(_told(purpose="consent:")) is None


def _begun(office: Office, path: str) -> tuple[str, Browser, Said]:
    """The page with the code, whoever took that up, and what they were told."""
    form: Form = {"csrf": office.browser.csrf(path)}
    place = office.browser.post(f"{path}/reader", form).headers["location"]
    assert "./mynasim sign --portal" in office.browser.get(place).text
    code = office.browser.get(place, **JSON).json()["code"]
    device = office.portal.browser()
    return place, device, device.send("POST", "/auth/x/claim", json={"code": code}).json()


def test_the_app_gets_what_a_card_elsewhere_signed_once_the_person_says_so(
    office: Office,
) -> None:
    asked = office.ask()
    path = f"/documents/{asked['id']}"
    place, device, claimed = _begun(office, path)
    token = office.token(claimed, Format.CMS, DOCUMENT)
    bearer = {"authorization": f"Bearer {claimed['secret']}"}
    handed = device.send("POST", f"/auth/x/{claimed['id']}/sign", bearer, content=token)
    assert handed.json() == {"state": "signed"}
    back = office.browser.get(place).headers["location"]
    assert back.startswith(path)
    assert "署名をアプリに渡す" in office.browser.get(back).text
    assert "署名をアプリに渡す" not in office.browser.get(path).text
    assert office.result(asked)["state"] == "asked"
    form: Form = {"csrf": office.browser.csrf(back), "reader": claimed["id"]}
    assert office.browser.post(f"{path}/signature", form).status_code == 303
    assert office.holds(DOCUMENT, office.result(asked))
    again = office.browser.post(f"{path}/signature", form, **JSON)
    assert again.json()["code"] == "login_ended"


def test_only_who_took_up_the_code_fetches_the_document(office: Office) -> None:
    asked = office.ask()
    path = f"/documents/{asked['id']}"
    place, device, claimed = _begun(office, path)
    assert json.loads(claimed["to_sign"]["text"])["title"] == "領収書の確認"
    where = f"/auth/x/{claimed['id']}/document"
    assert device.get(where, **JSON).status_code == 403
    bearer = f"Bearer {claimed['secret']}"
    assert device.get(where, authorization=bearer).content == DOCUMENT
    office.sign(asked)
    assert device.get(where, **JSON, authorization=bearer).json()["code"] == "no_such_document"
    denied = device.send(
        "POST", f"/auth/x/{claimed['id']}/deny", {"authorization": bearer}, json={}
    )
    assert denied.status_code == 200
    assert "文書は署名されていません" in office.browser.get(place).text
    assert office.browser.get(f"{path}?reader={claimed['id']}").status_code == 200
