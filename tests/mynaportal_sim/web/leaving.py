"""Leaving records out as a browser does."""

from typing import Any
from uuid import uuid4

from tests.mynaportal_sim.web.acting import listed, read
from tests.mynaportal_sim.web.kit import Browser, Form

# Any: what a program reads is as deep as it is.
Found = dict[str, Any]


def page_of(browser: Browser, query: str = "") -> tuple[str, Found]:
    """Where the records of the person's only live consent are listed, and what is."""
    [live] = [one for one in listed(browser, "/consents", "consents") if one["active"]]
    path = f"/consents/{live['arrangement_id']}/records"
    return path, read(browser, path + query)


def form_of(found: Found, *records: str) -> Form:
    return {
        "csrf": found["csrf"],
        "version": found["version_id"],
        "key": str(uuid4()),
        "record": list(records),
    }


def leave_out(browser: Browser, count: int = 1, title: str = "") -> list[str]:
    """Leave the newest records out; their ids as the person's pages name them."""
    path, found = page_of(browser)
    ids = [
        one["id"] for one in found["records"] if not one["left_out"] and title in one["title"]
    ]
    answer = browser.post(path, form_of(found, *ids[:count]))
    assert answer.headers["location"] == "/consents?done=left_out", answer.text
    return ids[:count]
