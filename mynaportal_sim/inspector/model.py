"""A request as its app's developer may read it: what came, and what was looked at in turn."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Any, NamedTuple, Self


@unique
class Result(StrEnum):
    """What became of a check."""

    HELD = "held"
    LET_PASS = "let_pass"  # noqa: S105  no password
    REFUSED = "refused"
    NOT_REACHED = "not_reached"


class Looked(NamedTuple):
    """One check of a request, and what became of it.

    `source` is the section that `asks` for it, `said` what was wrong.
    """

    name: str
    source: str
    asks: str
    result: Result
    said: str = ""


class Received(NamedTuple):
    """A request as it came, secrets masked; `shown` are its headers and parameters, by name."""

    method: str
    path: str
    headers: Mapping[str, str]
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Inspected:
    """One request that was refused, or in which something was let pass: then `error` is empty.

    `trace` is the id that its answer bore. `client_id` is whom it came from: `proven`, or only
    as it said.
    """

    trace: str
    at: datetime
    client_id: str
    proven: bool
    received: Received
    status: int
    error: str
    said: str
    looked: tuple[Looked, ...]

    @property
    def let_pass(self) -> list[str]:
        """The names of the checks that did not hold and were let pass."""
        return [one.name for one in self.looked if one.result is Result.LET_PASS]

    def plain(self) -> dict[str, object]:
        """This request as JSON has it."""
        return {
            "trace": self.trace,
            "at": self.at.isoformat(),
            "client_id": self.client_id,
            "proven": self.proven,
            "received": self.received._asdict(),
            "status": self.status,
            "error": self.error,
            "said": self.said,
            "checks": [one._asdict() for one in self.looked],
        }

    def dump(self) -> str:
        return json.dumps(self.plain(), ensure_ascii=False, separators=(",", ":"))

    # Any: what JSON makes of what `dump` wrote.
    @classmethod
    def load(cls, text: str) -> Self:
        """The request that `dump` wrote."""
        read: dict[str, Any] = json.loads(text)
        return cls(
            read["trace"],
            datetime.fromisoformat(read["at"]),
            read["client_id"],
            read["proven"],
            Received(**read["received"]),
            read["status"],
            read["error"],
            read["said"],
            tuple(Looked(**{**one, "result": Result(one["result"])}) for one in read["checks"]),
        )
