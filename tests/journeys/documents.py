"""Documents and signatures beside them, as programs meet them."""

from tests.journeys.contract import HeardPortal


def have_signatures_judged(portal: HeardPortal) -> None:
    """Ask as anybody may, well and badly."""
    url, http = f"{portal.url}/documents/verify", portal.client()
    for body in ({"document": "eA==", "signature": "eA=="}, {"document": "?"}):
        http.post(url, json=body)
    http.post(url, json={"document": "A" * 2**21})
