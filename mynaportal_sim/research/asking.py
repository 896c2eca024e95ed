"""Asks a question of an export: DuckDB over its Parquet file, in this process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from mynaportal_sim.research.errors import NoExportError, NoSuchQuestionError
from mynaportal_sim.research.manifest import ENTRIES_FILE, FileRecord, Manifest
from mynaportal_sim.research.questions import QUESTIONS
from mynaportal_sim.research.questions.question import Question

THREADS = 2

_OFFLINE: Mapping[str, Any] = {
    "threads": THREADS,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

Cell = str | int | bool | datetime | list[str] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and the rows that answer it, in the order of its columns."""

    question: Question
    rows: Sequence[tuple[Cell, ...]]


def named(name: str) -> Question:
    """The question of this name.

    Raises:
        NoSuchQuestionError: there is none; its text lists those that there are.
    """
    for question in QUESTIONS:
        if question.name == name:
            return question
    known = ", ".join(question.name for question in QUESTIONS)
    raise NoSuchQuestionError(f"there is no question {name!r}; ask one of {known}")


def ask(directory: Path, question: Question) -> Answer:
    """The answer of the export in `directory`, whose file is held against its manifest first.

    Raises:
        NoExportError: there is none with Parquet, or its file is not the recorded one.
    """
    recorded = Manifest.read(directory).files.get(ENTRIES_FILE)
    path = directory / ENTRIES_FILE
    if recorded is None:
        raise NoExportError(f"{directory} has no {ENTRIES_FILE}; export with --format parquet")
    if not path.is_file() or FileRecord.of(path) != recorded:
        raise NoExportError(
            f"{path} is not the file that the manifest records;"
            f" `mynasim research verify {directory}` tells more"
        )
    try:
        with duckdb.connect(config=dict(_OFFLINE)) as connection:
            connection.read_parquet(str(path)).create_view("entries")
            return Answer(question, connection.execute(question.sql).fetchall())
    except duckdb.Error as error:
        raise NoExportError(
            f"{path} is not what an export has under this name ({str(error).splitlines()[0]})"
        ) from error
