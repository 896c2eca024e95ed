"""The command line's edge: an error becomes a sentence that says what to do."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class CommandError(Exception):
    """A command cannot do what it was asked; its text says why and what to do."""


@contextmanager
def told() -> Iterator[None]:
    """Tell an error that a person can act on in one sentence, and exit with 1."""
    try:
        yield
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except CommandError as error:
        _exit(str(error))
    except Exception as error:
        # Knowing every kind of error takes most of what a quick command takes.
        from mynaportal_sim.cli.sentences import sentence_for  # noqa: PLC0415

        sentence = sentence_for(error)
        if sentence is None:
            raise
        _exit(sentence)


def _exit(sentence: str) -> None:
    print(f"mynasim: {sentence}", file=sys.stderr)
    sys.exit(1)
