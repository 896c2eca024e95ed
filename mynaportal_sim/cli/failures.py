"""The command line's edge: an error becomes a sentence that says what to do."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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


class CommandError(Exception):
    """A command cannot do what it was asked; its text says why and what to do."""


@contextmanager
def told() -> Iterator[None]:
    """Tell an error that a person can act on in one sentence, and exit with 1."""
    try:
        yield
    except (CardError, ConsentError, PortalError, SampleAppError, CommandError) as error:
        _exit(str(error))
    except ValidationError as error:
        _exit("; ".join(map(_of_setting, error.errors(include_url=False))))
    except ArgumentError:
        _exit("--db: this is no database URL; see `mynasim up --help`")
    except DBAPIError as error:
        _exit(
            f"the database did not answer as one of this portal's ({_first_line(error)}). "
            "Check --db, or run `mynasim up` once to prepare it."
        )
    except httpx.TransportError as error:
        _exit(unreached(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        _exit(_of_file(error))


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


def _exit(sentence: str) -> None:
    print(f"mynasim: {sentence}", file=sys.stderr)
    sys.exit(1)
