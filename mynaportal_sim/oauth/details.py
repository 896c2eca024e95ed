"""Authorization details of type phr_access: what of a person's data is asked for (RFC 9396).

    {"type": "phr_access", "categories": ["checkup"], "purpose": "self-care",
     "period": {"from": "2022-01-01", "to": "2026-12-31"}, "recipients": ["…"], "term": "link"}

Type and categories must be there; unknown members are refused. All objects of one request share
one purpose, one list of recipients and one term, since a person gives one answer to it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from consent.model import ConsentRule, DeclaredPurpose, Recipient, Term
from mynaportal_sim.apps.model import App
from mynaportal_sim.jose import JoseError, strict_json
from mynaportal_sim.oauth.errors import InvalidAuthorizationDetailsError

LENGTH_MAX = 8192
EARLIEST = date(1900, 1, 1)
YEARS_BACK = 5
YEARS_AHEAD = 1

_Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)


class Period(BaseModel):
    """From a first to a last day, both included."""

    model_config = _STRICT

    first: _Day = Field(alias="from")
    last: _Day = Field(alias="to")


class PhrAccess(BaseModel):
    """One authorization details object."""

    model_config = _STRICT

    type: Literal["phr_access"]
    categories: list[_Code] = Field(min_length=1, max_length=20)
    period: Period | None = None
    purpose: _Code | None = None
    recipients: list[_Name] | None = Field(default=None, min_length=1, max_length=10)
    term: Literal["once", "visit", "link", "year"] | None = None


_LIST = TypeAdapter(Annotated[list[PhrAccess], Field(min_length=1, max_length=10)])


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a person: which data, for whom, what for and on which term."""

    rules: tuple[ConsentRule, ...]
    recipients: tuple[Recipient, ...]
    purpose: DeclaredPurpose
    term: Term = Term.LINK


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


def wish(
    asked: list[PhrAccess],
    app: App,
    allowed: Collection[str],
    by_scope: Collection[str],
    today: date,
) -> Wish:
    """What `asked`, and the categories that scopes ask for beside it, come to.

    `allowed` are the categories this app may ask for. Categories of scopes that no object names
    are asked for over the default period, five calendar years back to the end of the next.

    Raises:
        InvalidAuthorizationDetailsError: the app may not ask for this.
    """
    if any(detail.purpose not in (None, app.purpose.code) for detail in asked):
        raise InvalidAuthorizationDetailsError(
            f"purpose: this app has declared {app.purpose.code} and no other"
        )
    recipients = {_recipients(detail, app) for detail in asked} or {
        (Recipient(app.organisation),)
    }
    if len(recipients) > 1:
        raise InvalidAuthorizationDetailsError("recipients: the same in each object, please")
    terms = {Term(detail.term or Term.LINK) for detail in asked} or {Term.LINK}
    if len(terms) > 1:
        raise InvalidAuthorizationDetailsError("term: the same in each object, please")
    named = [
        (category, _period(detail, today)) for detail in asked for category in detail.categories
    ]
    unknown = {category for category, _ in named}.difference(allowed)
    if unknown:
        raise InvalidAuthorizationDetailsError(
            f"categories: this app is not registered for {', '.join(sorted(unknown))}"
        )
    rest = set(by_scope).difference(category for category, _ in named)
    named += [(category, _default_period(today)) for category in rest]
    rules = {ConsentRule(category, first, last) for category, (first, last) in named}
    return Wish(tuple(sorted(rules)), recipients.pop(), app.purpose, terms.pop())


def _recipients(detail: PhrAccess, app: App) -> tuple[Recipient, ...]:
    others = detail.recipients or []
    if not all(name.isprintable() and name.strip() for name in others):
        raise InvalidAuthorizationDetailsError(
            "recipients: a name has a control or direction character"
        )
    return tuple(map(Recipient, dict.fromkeys((app.organisation, *others))))


def _period(detail: PhrAccess, today: date) -> tuple[date, date]:
    if detail.period is None:
        return _default_period(today)
    try:
        first = date.fromisoformat(detail.period.first)
        last = date.fromisoformat(detail.period.last)
    except ValueError:
        raise InvalidAuthorizationDetailsError("period: there is no such day") from None
    if not EARLIEST <= first <= last <= _default_period(today)[1]:
        raise InvalidAuthorizationDetailsError(
            f"period: must begin before it ends, within {EARLIEST} to the end of next year"
        )
    return first, last


def _default_period(today: date) -> tuple[date, date]:
    return date(today.year - YEARS_BACK, 1, 1), date(today.year + YEARS_AHEAD, 12, 31)
