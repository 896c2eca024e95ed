"""Documents and signatures beside them, as programs meet them."""

from uuid import uuid4

from card_reader.spec import Kind
from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.cli.second_device import SecondDevice
from mynaportal_sim.cli.sign_document import Document
from mynaportal_sim.jose import b64url
from mynaportal_sim.sample_app.relying_party import RelyingParty
from tests.journeys.contract import HeardPortal
from tests.journeys.kit import SCOPES, details

PIN, PASSWORD, PERSONA = "1234", "ABC123", "sato-hanako"
DOCUMENT = b"I have read this.\n"


def sign_documents(portal: HeardPortal) -> None:
    """Have a person sign one and refuse one, with everything that can be refused on the way."""
    app, browser = portal.register("fapi2"), portal.browser()
    interaction = browser.open(app.authorization_url(details("checkup"), scope=SCOPES))
    browser.log_in(portal.card(PERSONA), PIN, interaction)
    tokens = app.redeem(browser.answer(interaction, "checkup"))
    sub = str(app.introspect(tokens.access_token)["sub"])
    signed, refused = ask_to_sign(app, sub), ask_to_sign(app, sub, media_type="application/pdf")
    ask_to_sign(app, "nobody")
    for changed in ({"format": "xml"}, {"document": "A" * 2**21}):
        ask_to_sign(app, sub, **changed)
    for one in (signed, refused):
        browser.see(f"/documents/{one}")
        browser.get(f"/documents/{one}/content")
    csrf = str(browser.see("/login")["csrf"])
    _sign_elsewhere(portal, browser, ask_to_sign(app, sub), csrf)
    for form in (
        *({"csrf": csrf, "pin": pin} for pin in ("1", "WRONG1", PASSWORD, PASSWORD)),
        {"csrf": csrf, "token": "{}"},
        {"csrf": "0" * 64, "pin": PASSWORD},
    ):
        browser.post(f"/documents/{signed}/signature", form)
    for wrong in ("0" * 64, csrf):
        browser.post(f"/documents/{refused}/refuse", {"csrf": wrong})
    for one in (signed, signed, refused, str(uuid4())):
        form = {**app.authentication(), "id": one}
        app.http.post(f"{portal.url}/apps/self/documents/result", data=form)
        browser.post(f"/documents/{one}/refuse", {"csrf": csrf})
    app.http.post(f"{portal.url}/apps/self/documents", data={"client_id": "nobody"})
    app.http.post(f"{portal.url}/apps/self/documents/result", data={"client_id": "nobody"})


def _sign_elsewhere(portal: HeardPortal, browser: SecondBrowser, asked: str, csrf: str) -> None:
    """By a card that lies in a reader, whose side fetches the document."""
    path = f"/documents/{asked}"
    portal.run("clock", "forward", "61s")  # so that no address has begun too many
    for wrong in ("0" * 64, csrf):
        begun = browser.post(f"{path}/reader", {"csrf": wrong})
    place = begun.headers["location"]
    code = str(browser.see(place)["code"])
    device = SecondDevice.claim(portal.client(), portal.url, code)
    document = Document.of(device)
    assert document is not None
    card = portal.card(PERSONA)
    card.verify(Kind.SIGNING, PASSWORD)
    device.hand_in(document.signed(card, device))
    reader = place.rpartition("/")[2]
    portal.client().get(f"{portal.url}/auth/x/{reader}/document")
    for _ in range(2):
        browser.post(f"{path}/signature", {"csrf": csrf, "reader": reader})


def have_signatures_judged(portal: HeardPortal) -> None:
    """Ask as anybody may, well and badly."""
    url, http = f"{portal.url}/documents/verify", portal.client()
    for body in ({"document": "eA==", "signature": "eA=="}, {"document": "?"}):
        http.post(url, json=body)
    http.post(url, json={"document": "A" * 2**21})


def ask_to_sign(app: RelyingParty, sub: str, **changed: str) -> str:
    """What an app asks of a person; the id of it, empty where that is refused."""
    media_type = changed.get("media_type", "text/plain")
    document = b"%PDF-1.7\n" if media_type == "application/pdf" else DOCUMENT
    wish = {
        **app.authentication(),
        "sub": sub,
        "title": "確認",
        "media_type": media_type,
        "format": "cms",
        "document": b64url(document),
    }
    answer = app.http.post(f"{app.issuer}/apps/self/documents", data=wish | changed)
    return str(answer.json().get("id", ""))
