"""A developer's way through the page on which an app is registered."""

import json
from collections.abc import Iterator

from tests.browser.kit import Tab


def register_an_app(tab: Tab) -> Iterator[str]:
    """Register an app with a key made in the browser, after what does not do."""
    sent: list[str] = []
    tab.page.on("request", lambda request: sent.append(request.post_data or ""))
    tab.page.goto(tab.portal.run("app", "invite").split()[0])
    tab.page.wait_for_function("document.getElementById('token').value")
    yield "registering an app"
    tab.page.fill("#jwks", '{"keys":[{"kty":"EC","d":"c2VjcmV0"}]}')
    assert not tab.page.locator("#jwks").evaluate("one => one.checkValidity()")
    with tab.page.expect_download() as made:
        tab.page.click("#make-key")
    private = json.loads(made.value.path().read_text())
    tab.page.fill("#name", "すこやか日記")
    tab.page.fill("#redirect_uris", "https://app.example/cb")
    tab.page.fill("#purpose_text", "健診結果の表示など")
    tab.press("main button:not([type])")
    yield "registering an app, a fault"
    tab.page.fill("#purpose_text", "健診結果の推移を表示するため")
    tab.press("main button:not([type])")
    assert private["kid"] in tab.page.inner_text("main")
    assert any(private["kid"] in one for one in sent)
    assert not any(private["d"] in one for one in sent)
    yield "an app that is registered"
