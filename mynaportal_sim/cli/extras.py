"""Commands whose packages are no part of the core install."""

from collections.abc import Iterator
from contextlib import contextmanager

from mynaportal_sim.cli.failures import CommandError

_RESEARCH = frozenset({"duckdb", "numpy", "pyarrow"})


@contextmanager
def research() -> Iterator[None]:
    """A block that imports what the extra `research` brings.

    Raises:
        CommandError: it is not installed; says how to install it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _RESEARCH:
            raise
        raise CommandError(
            f"{error.name} is missing; run this through ./mynasim, which installs it, or"
            " `python -m pip install 'mynaportal-sim[research]'`"
        ) from error
