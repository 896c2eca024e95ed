"""Where records are kept. Only the gate and the generator may import this.

A record is found only under its resident, and read only through the filter of a permit. One
that was planted for an app is to it a record like any other, and to all others not there.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from consent.insertion import insert_once
from consent.instants import rfc3339
from consent.policy import Allowance, Filter, Share
from mynaportal_sim.domains.base import Json, Record, Resource
from mynaportal_sim.records.errors import UnknownAnchorError
from mynaportal_sim.records.model import (
    ANY_TYPE,
    TOKEN_ELEMENTS,
    Extract,
    Page,
    Query,
    Read,
    Reader,
    Stored,
    Token,
    TokenTest,
)
from mynaportal_sim.records.tables import canary_sightings, record_tokens, records

_STORED = (
    records.c.id,
    records.c.category,
    records.c.on_day,
    records.c.resource,
    records.c.refers_to,
    records.c.planted_for,
)
# FHIR's search parameter for meta.security, under which labels are kept beside codes.
_LABELS = "_security"
_Columns = tuple[UUID, str, date | None, str, str, str | None]
_PLANTED = (
    select(*_STORED)
    .where(records.c.resident_id == bindparam("whose"), records.c.planted_for.is_not(None))
    .order_by(records.c.on_day, records.c.id)
)
_DAYS = select(records.c.on_day).where(records.c.resident_id == bindparam("whose")).distinct()


def add(
    connection: Connection,
    resident_id: UUID,
    category: str,
    drawn: Iterable[Record],
    planted_for: str | None = None,
) -> None:
    """Store records that are not there yet; those that are stay as they are."""
    rows: list[dict[str, object]] = []
    tokens: list[dict[str, object]] = []
    for record in drawn:
        rows.append(
            {
                "resident_id": resident_id,
                "id": record.id,
                "category": category,
                "resource_type": record.resource_type,
                "on_day": record.on,
                "refers_to": ",".join(map(str, record.refers_to)),
                "resource": _text(record.resource),
                "planted_for": planted_for,
            }
        )
        tokens.extend(
            {"resident_id": resident_id, "record_id": record.id, **token}
            for token in _tokens_of(record)
        )
    for table, values in ((records, rows), (record_tokens, tokens)):
        if values:
            statement = insert_once(table, connection).on_conflict_do_nothing()
            connection.execute(statement, values)


def put(
    connection: Connection,
    resident_id: UUID,
    category: str,
    drawn: Iterable[Record],
    now: datetime,
) -> None:
    """Store records as they are now: one that says something else is its next version.

    Codes and references of a record are the same in each version.
    """
    for record in drawn:
        key = (records.c.resident_id == resident_id, records.c.id == record.id)
        stored = connection.scalar(select(records.c.resource).where(*key))
        if stored is None:
            first = replace(record, resource=_version(record.resource, 1, now))
            add(connection, resident_id, category, [first])
            continue
        number, said = _unversioned(json.loads(stored))
        if said != record.resource:
            connection.execute(
                records.update()
                .where(*key, records.c.resource == stored)
                .values(resource=_text(_version(record.resource, number + 1, now)))
            )


def _version(resource: Resource, number: int, now: datetime) -> Resource:
    meta = resource.get("meta")
    assert isinstance(meta, dict)  # noqa: S101  every resource has its marks
    versioned = {"versionId": str(number), "lastUpdated": rfc3339(now), **meta}
    return {**resource, "meta": versioned}


def _unversioned(resource: dict[str, Any]) -> tuple[int, Resource]:
    """The number of a version, 0 for none, and what it says."""
    meta = dict(resource["meta"])
    number = int(meta.pop("versionId", "0"))
    meta.pop("lastUpdated", None)
    return number, {**resource, "meta": meta}


def _text(resource: Resource) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))


def read(connection: Connection, reader: Reader, wish: Read, within: Filter) -> Page:
    """The record with this id, or an empty page if `within` hides it or there is none."""
    if wish.id is None:
        return Page((), 0)
    key = {**reader.sought, "id": wish.id, "resource_type": wish.resource_type}
    row = connection.execute(_by_id(within, wish.extracts), key).first()
    if row is None:
        return Page((), 0)
    found = (_stored(row),)
    return Page(found, 1, hidden=_hidden(connection, reader, found, within))


def search(connection: Connection, reader: Reader, query: Query, within: Filter) -> Page:
    """One page of the records that match `query` and that `within` shows.

    Raises UnknownAnchorError if no visible record is the one to go on after.
    """
    whose = reader.sought
    statements = _statements(replace(query, patients=frozenset(), after=None), within)
    page = statements.page
    if query.after is not None:
        anchor = _anchor(connection, reader, query.after, within)
        page = page.where(_comes_after(anchor, query.after))
    rows = connection.execute(page, whose).all()
    more = len(rows) > query.count
    total = len(rows)
    if more or query.after is not None:
        total = connection.scalars(statements.total, whose).one()
    found = tuple(_stored(row) for row in rows[: query.count])
    return Page(
        found,
        total,
        more=more and query.count > 0,
        hidden=_hidden(connection, reader, found, within),
    )


def planted(connection: Connection, resident_id: UUID) -> dict[str, list[Stored]]:
    """What was planted among a resident's records, by the app that can read it."""
    found: dict[str, list[Stored]] = {}
    for row in connection.execute(_PLANTED, {"whose": resident_id}):
        found.setdefault(row.planted_for, []).append(_stored(row))
    return found


def days(connection: Connection, resident_id: UUID) -> set[date]:
    """The days to which any of a resident's records belongs, for any app."""
    found = connection.scalars(_DAYS, {"whose": resident_id})
    return {day for day in found if day is not None}


def add_sighting(connection: Connection, reader: Reader, digest: str) -> bool:
    """Store that what was planted for an app was seen in a file; False when it was before."""
    statement = (
        insert_once(canary_sightings, connection)
        .values(resident_id=reader.resident_id, app_id=reader.app_id, digest=digest)
        .on_conflict_do_nothing()
        .returning(canary_sightings.c.digest)
    )
    return connection.execute(statement).first() is not None


@lru_cache(maxsize=512)
def _by_id(within: Filter, extracts: tuple[Extract, ...]) -> Select[_Columns]:
    return select(*_STORED).where(
        records.c.resident_id == bindparam("whose"),
        records.c.id == bindparam("id"),
        records.c.resource_type == bindparam("resource_type"),
        _visible(within),
        *_in_one_of(extracts),
    )


class _Statements(NamedTuple):
    """What a search runs, for any resident `whose` records it is about."""

    page: Select[_Columns]
    total: Select[int]


@lru_cache(maxsize=512)
def _statements(query: Query, within: Filter) -> _Statements:
    """Built once for each search that an app repeats: building costs more than running."""
    conditions = _conditions(query, within)
    newest_first = (records.c.on_day.desc().nulls_last(), records.c.id)
    page = select(*_STORED).where(*conditions).order_by(*newest_first).limit(query.count + 1)
    return _Statements(page, select(func.count()).select_from(records).where(*conditions))


def _conditions(query: Query, within: Filter) -> list[ColumnElement[bool]]:
    conditions = [
        records.c.resident_id == bindparam("whose"),
        _visible(within),
    ]
    if query.resource_type != ANY_TYPE:
        conditions.append(records.c.resource_type == query.resource_type)
    if query.ids is not None:
        conditions.append(records.c.id.in_(query.ids))
    return [*conditions, *_tests(query), *_in_one_of(query.extracts)]


def _tests(of: Query | Extract) -> Iterator[ColumnElement[bool]]:
    for test in of.tokens:
        yield _has_token(test)
    for spans in of.days:
        days = (records.c.on_day.between(span.first, span.last) for span in spans)
        yield or_(false(), *days)


def _in_one_of(extracts: Collection[Extract]) -> list[ColumnElement[bool]]:
    return [or_(*(and_(true(), *_tests(one)) for one in extracts))] if extracts else []


def _visible(within: Filter) -> ColumnElement[bool]:
    """`Filter.admits`, in SQL, of what is there for the reading app."""
    there = or_(records.c.planted_for.is_(None), records.c.planted_for == bindparam("reader"))
    return and_(there, or_(false(), *map(_given_by, within.shares)))


def _given_by(share: Share) -> ColumnElement[bool]:
    given = or_(false(), *map(_matches, share.allowances))
    if not share.kept_back:
        return given
    return and_(given, not_(or_(*map(_matches, share.kept_back))))


def _matches(allowance: Allowance) -> ColumnElement[bool]:
    conditions = [
        records.c.category == allowance.category,
        or_(
            records.c.on_day.is_(None),
            records.c.on_day.between(allowance.period_from, allowance.period_to),
        ),
    ]
    for parameter, written in (("code", allowance.codes), (_LABELS, allowance.labels)):
        if written:
            any_of = tuple(Token(*one.rsplit("|", 1)) for one in written)
            conditions.append(_has_token(TokenTest(parameter, any_of)))
    if allowance.items:
        conditions.append(records.c.id.in_(allowance.items))
    return and_(*conditions)


def _has_token(test: TokenTest) -> ColumnElement[bool]:
    return exists().where(
        record_tokens.c.resident_id == bindparam("whose"),
        record_tokens.c.record_id == records.c.id,
        record_tokens.c.parameter == test.parameter,
        or_(false(), *(_is_token(token) for token in test.any_of)),
    )


def _is_token(token: Token) -> ColumnElement[bool]:
    wanted = []
    if token.system is not None:
        wanted.append(record_tokens.c.system == token.system)
    if token.code is not None:
        wanted.append(record_tokens.c.code == token.code)
    return and_(*wanted)


def _anchor(
    connection: Connection, reader: Reader, record_id: UUID, within: Filter
) -> date | None:
    row = connection.execute(
        select(records.c.on_day).where(
            records.c.resident_id == bindparam("whose"),
            records.c.id == record_id,
            _visible(within),
        ),
        reader.sought,
    ).first()
    if row is None:
        raise UnknownAnchorError
    day: date | None = row.on_day
    return day


def _comes_after(day: date | None, record_id: UUID) -> ColumnElement[bool]:
    if day is None:
        return and_(records.c.on_day.is_(None), records.c.id > record_id)
    return or_(
        records.c.on_day < day,
        and_(records.c.on_day == day, records.c.id > record_id),
        records.c.on_day.is_(None),
    )


def _hidden(
    connection: Connection, reader: Reader, found: Collection[Stored], within: Filter
) -> frozenset[UUID]:
    """Which of the records that these refer to `within` does not show."""
    wanted = frozenset(target for record in found for target in record.refers_to)
    if not wanted:
        return wanted
    shown = connection.scalars(
        select(records.c.id).where(
            records.c.resident_id == bindparam("whose"),
            records.c.id.in_(wanted),
            _visible(within),
        ),
        reader.sought,
    )
    return wanted.difference(shown)


# Any: a row's columns have no static types in Core.
def _stored(row: Any) -> Stored:
    targets = tuple(map(UUID, row.refers_to.split(","))) if row.refers_to else ()
    return Stored(
        row.id, row.category, row.on_day, row.resource, targets, row.planted_for is not None
    )


def _tokens_of(record: Record) -> Iterator[dict[str, str]]:
    elements = {
        name: record.resource.get(element, [])
        for name, element in TOKEN_ELEMENTS[record.resource_type].items()
    }
    elements[_LABELS] = [{"coding": _security(record)}]
    for parameter, element in elements.items():
        for system, code in _codings(element):
            yield {"parameter": parameter, "system": system, "code": code}


def _security(record: Record) -> Json:
    meta = record.resource.get("meta")
    return meta.get("security", []) if isinstance(meta, dict) else []


def _codings(element: Json) -> Iterator[tuple[str, str]]:
    """System and code of each coding in a CodeableConcept, or in a list of them."""
    match element:
        case list():
            for part in element:
                yield from _codings(part)
        case {"coding": codings}:
            yield from _codings(codings)
        case {"system": str(system), "code": str(code)}:
            yield system, code
