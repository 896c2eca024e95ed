"""Authorization details of type phr_access: what of a person's data is asked for (RFC 9396).

    {"type": "phr_access", "categories": ["checkup"], "purpose": "self-care",
     "period": {"from": "2022-01-01", "to": "2026-12-31"}, "recipients": ["…"], "term": "link"}

Type and categories must be there; unknown members are refused. `codes` and `labels` are written
system|code and narrow what is asked to records that have one of them; a period may roll with
the day of the access. What is not about single data (purpose, recipients, term, usage, actions,
retention, research_terms, minimum_cell) is the same in all objects of one request, since a
person gives one answer to it.
"""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from consent.catalogue import ResearchTerm
from consent.model import Action, OnWithdrawal, Term
from consent.model.rules import ROLLING_MAX
from mynaportal_sim.jose import JoseError, strict_json
from mynaportal_sim.oauth.errors import InvalidAuthorizationDetailsError

LENGTH_MAX = 8192
CELL_MAX = 1_000_000

_Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_Token = Annotated[str, StringConstraints(pattern=r"^[^\s|]{0,200}\|[^\s|]{1,100}$")]
_Days = Annotated[int, Field(ge=1, le=ROLLING_MAX)]
_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)


class Period(BaseModel):
    """From a first to a last day, both included; or so many days back from the access."""

    model_config = _STRICT

    first: _Day | None = Field(default=None, alias="from")
    last: _Day | None = Field(default=None, alias="to")
    rolling_days: _Days | None = None


class Usage(BaseModel):
    """How often an app may fetch, and the seconds between the beginnings of two times."""

    model_config = _STRICT

    max_uses: int | None = Field(default=None, ge=1, le=1_000_000)
    min_interval: int = Field(default=0, ge=0, le=366 * 86_400)


class Retention(BaseModel):
    """How long an app keeps what it gets, and what it does with it once the consent ends."""

    model_config = _STRICT

    erase_after_days: _Days | None = None
    on_withdrawal: OnWithdrawal = Field(default=OnWithdrawal.DELETE, strict=False)
    deadline_days: int = Field(default=30, ge=1, le=365)


class PhrAccess(BaseModel):
    """One authorization details object."""

    model_config = _STRICT

    type: Literal["phr_access"]
    categories: list[_Code] = Field(min_length=1, max_length=20)
    period: Period | None = None
    codes: list[_Token] = Field(default=[], max_length=50)
    labels: list[_Token] = Field(default=[], max_length=50)
    purpose: _Code | None = None
    recipients: list[_Name] | None = Field(default=None, min_length=1, max_length=10)
    term: Annotated[Term, Field(strict=False)] | None = None
    usage: Usage | None = None
    actions: list[Annotated[Action, Field(strict=False)]] | None = Field(
        default=None, min_length=1, max_length=5
    )
    retention: Retention | None = None
    research_terms: list[Annotated[ResearchTerm, Field(strict=False)]] | None = Field(
        default=None, min_length=1, max_length=len(ResearchTerm)
    )
    minimum_cell: int | None = Field(default=None, ge=1, le=CELL_MAX)


_LIST = TypeAdapter(Annotated[list[PhrAccess], Field(min_length=1, max_length=10)])


def parse(text: str) -> list[PhrAccess]:
    """The objects in an `authorization_details` parameter.

    Raises:
        InvalidAuthorizationDetailsError: it breaks the schema.
    """
    if len(text) > LENGTH_MAX:
        raise InvalidAuthorizationDetailsError(f"at most {LENGTH_MAX} characters")
    try:
        return _LIST.validate_python(strict_json(text.encode()))
    except JoseError as error:
        raise InvalidAuthorizationDetailsError(str(error)) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/".join(str(part) for part in first["loc"])
        raise InvalidAuthorizationDetailsError(f"at /{place}: {first['msg']}") from None
