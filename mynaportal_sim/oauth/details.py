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
OBJECTS_MAX = 10
CELL_MAX = 1_000_000

# Classes such as \d and \s differ by regular expression dialect; these patterns are published.
_BLANK = r"\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"

_Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
_Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_Token = Annotated[
    str, StringConstraints(pattern=rf"^[^{_BLANK}|]{{0,200}}\|[^{_BLANK}|]{{1,100}}$")
]
_Days = Annotated[int, Field(ge=1, le=ROLLING_MAX)]
# The docstrings of members are published with the schema (`details_schema`).
_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class Period(BaseModel):
    """From a first to a last day, both included; or so many days back from the access."""

    model_config = _STRICT

    first: _Day | None = Field(default=None, alias="from")
    """The first day; comes with `to`."""
    last: _Day | None = Field(default=None, alias="to")
    """The last day, itself included."""
    rolling_days: _Days | None = None
    """At each access, no further back than so many days."""


class Usage(BaseModel):
    """How often an app may fetch, and the seconds between the beginnings of two times."""

    model_config = _STRICT

    max_uses: int | None = Field(default=None, ge=1, le=1_000_000)
    """How many times; a time is all that one access token fetches."""
    min_interval: int = Field(default=0, ge=0, le=366 * 86_400)
    """Seconds between the beginnings of two times."""


class Retention(BaseModel):
    """How long an app keeps what it gets, and what it does with it once the consent ends."""

    model_config = _STRICT

    erase_after_days: _Days | None = None
    """Days after each receipt; without it, until the consent ends."""
    on_withdrawal: OnWithdrawal = Field(default=OnWithdrawal.DELETE, strict=False)
    """What becomes of the data when the consent ends."""
    deadline_days: int = Field(default=30, ge=1, le=365)
    """Within how many days after that."""


class PhrAccess(BaseModel):
    """One authorization details object."""

    model_config = _STRICT

    type: Literal["phr_access"]
    """The type of the object (RFC 9396 2)."""
    categories: list[_Code] = Field(min_length=1, max_length=20)
    """Kinds of data, such as checkup or medication; people choose among them."""
    period: Period | None = None
    """Only records of these days; without it, five calendar years back to the end of next."""
    codes: list[_Token] = Field(default=[], max_length=50)
    """Only records with one of these codes, as system|code."""
    labels: list[_Token] = Field(default=[], max_length=50)
    """Only records with one of these security labels, as system|code."""
    purpose: _Code | None = None
    """Why, as the app has declared it."""
    recipients: list[_Name] | None = Field(default=None, min_length=1, max_length=10)
    """The names of those who get the data; the organisation of the app always does."""
    term: Annotated[Term, Field(strict=False)] | None = None
    """For how long, and how often, without being asked again; link if it is not said."""
    usage: Usage | None = None
    """How often, where the term leaves that open."""
    actions: list[Annotated[Action, Field(strict=False)]] | None = Field(
        default=None, min_length=1, max_length=5
    )
    """What the app does with the data beside showing them."""
    retention: Retention | None = None
    """How long it keeps them."""
    research_terms: list[Annotated[ResearchTerm, Field(strict=False)]] | None = Field(
        default=None, min_length=1, max_length=len(ResearchTerm)
    )
    """On which terms research may use them."""
    minimum_cell: int | None = Field(default=None, ge=1, le=CELL_MAX)
    """Statistics only, of at least so many people in each cell."""


_LIST = TypeAdapter(Annotated[list[PhrAccess], Field(min_length=1, max_length=OBJECTS_MAX)])


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
