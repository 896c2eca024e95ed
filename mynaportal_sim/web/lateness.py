"""How soon nothing was handed over any more once a consent was taken back, in words."""

from mynaportal_sim.disclosure.latency import Latency
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page

_FOLLOWED = marked(
    "The app last got something %(seconds)s seconds after the consent was taken back."
)
_TRIED = marked(
    "Nothing was handed over from then on. The app tried again after %(seconds)s seconds "
    "and was refused."
)
_QUIET = marked("Nothing was handed over from then on, and the app has not tried.")


def line(latency: Latency, page: Page) -> str:
    """What came after the end of a consent, in the reader's language."""
    if latency.last:
        return page.text(_FOLLOWED, seconds=latency.last)
    if latency.refused is not None:
        return page.text(_TRIED, seconds=latency.refused)
    return page.text(_QUIET)
