"""The pages of the municipal counter."""

from collections.abc import Iterator

from tests.browser.kit import Tab

PERSON = "nguyen-van-an"


def pages_of_the_counter(tab: Tab) -> Iterator[str]:
    """Look at a person, try an event that changes nothing, and go back to the login."""
    for name, path in (
        ("counter", "/counter"),
        ("counter, a person", f"/counter/{PERSON}"),
        ("counter, done", f"/counter/{PERSON}?done=move"),
    ):
        tab.go(path)
        yield name
    tab.page.locator("summary").first.click()
    yield "counter, an event"
    tab.press("details[open] form button")
    yield "counter, refused"
    tab.go("/login")
