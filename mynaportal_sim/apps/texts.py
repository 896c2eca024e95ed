"""Text that people will read before they decide: it must say something, and pose as nothing."""

from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.apps.vague import Vague, vague
from mynaportal_sim.legible import legible

NAME_MAX = 100
PURPOSE_TEXT_MAX = 500
PURPOSE_TEXT = "purpose text"


def named(field: str, text: str) -> None:
    """Raise RegistrationError for a name that people will read and could be misled by."""
    _shown(field, text, NAME_MAX)


def concrete(text: str) -> None:
    """Raise RegistrationError for a purpose that could be anything: nobody can agree to it."""
    _shown(PURPOSE_TEXT, text, PURPOSE_TEXT_MAX)
    match vague(text):
        case (Vague.LIST, words):
            raise RegistrationError(
                PURPOSE_TEXT,
                "has “%(words)s”: a list that goes on lets anything in; name each thing",
                words=words,
            )
        case (Vague.WHATEVER, words):
            raise RegistrationError(
                PURPOSE_TEXT,
                "has “%(words)s”: this fits whatever an app might do; say what the person gets "
                "from it",
                words=words,
            )


def _shown(field: str, text: str, limit: int) -> None:
    if not text.strip() or len(text) > limit:
        raise RegistrationError(field, "give 1 to %(limit)s characters", limit=limit)
    if not legible(text):
        raise RegistrationError(field, "has a control or direction character")
