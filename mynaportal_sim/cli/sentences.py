"""What each error that a person can act on is called in a sentence."""

import os

import httpx
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import ArgumentError, DBAPIError

from card_reader.errors import CardError
from consent.errors import ConsentError
from mynaportal_sim.cli.portal_client import unreached
from mynaportal_sim.errors import PortalError
from mynaportal_sim.sample_app.errors import SampleAppError
from mynaportal_sim.setting_names import option, variable

_SELF_EXPLAINING = (CardError, ConsentError, PortalError, SampleAppError)


def sentence_for(error: Exception) -> str | None:
    """What `error` says to a person, and what to do; None if it is a fault of ours."""
    sentence: str | None = None
    if isinstance(error, _SELF_EXPLAINING):
        sentence = str(error)
    elif isinstance(error, ValidationError):
        sentence = "; ".join(map(_of_setting, error.errors(include_url=False)))
    elif isinstance(error, ArgumentError):
        sentence = "--db: this is no database URL; see `mynasim up --help`"
    elif isinstance(error, DBAPIError):
        sentence = (
            f"the database did not answer as one of this portal's ({_first_line(error)}). "
            "Check --db, or run `mynasim up` once to prepare it."
        )
    elif isinstance(error, httpx.TransportError):
        sentence = unreached(error)
    elif isinstance(error, OSError):
        sentence = _of_file(error)
    return sentence


def _of_setting(item: ErrorDetails) -> str:
    reason = item["msg"].removeprefix("Value error, ")
    if not item["loc"]:
        return reason
    name = str(item["loc"][0])
    from_environment = os.environ.get(variable(name)) == item["input"]
    return f"{variable(name) if from_environment else option(name)}: {reason}"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _of_file(error: OSError) -> str:
    if error.filename is None:
        return f"the system refused ({error})"
    return f"{error.filename} cannot be used ({error.strerror}); name another place"
