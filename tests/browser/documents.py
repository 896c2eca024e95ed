"""What a person sees whom an app asks to sign a document."""

from collections.abc import Iterator

from tests.browser.kit import PASSWORD, Tab
from tests.journeys.documents import ask_to_sign
from tests.journeys.kit import details


def pages_of_documents(tab: Tab, persona: str) -> Iterator[str]:
    """From a text that is asked for to a PDF that is refused, as who is logged in; by name."""
    app = tab.portal.register()
    _, redirect = tab.portal.walk(app, details("checkup"), persona=persona)
    sub = str(app.introspect(app.redeem(redirect).access_token)["sub"])
    tab.go(f"/documents/{ask_to_sign(app, sub)}")
    yield "document: a text"
    tab.press("form[action$='/reader'] button")
    yield "document: at a reader"
    tab.press("form[action$='/cancel'] button")
    yield "document: at a reader, cancelled"
    tab.press("main .actions a.button")
    for password, name in (("12", "document: refused"), (PASSWORD, "document: signed")):
        tab.page.fill("#pin", password)
        tab.press("form[action$='/signature'] button")
        yield name
    tab.go(f"/documents/{ask_to_sign(app, sub, media_type='application/pdf')}")
    yield "document: a PDF"
    tab.press("form[action$='/refuse'] button")
    yield "document: not signed"
