"""Told in another format and read again, a consent never gives more than before."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from consent.errors import CannotSayError, NotUnderstoodError
from consent.model import Action, ConsentVersion, State, Status
from consent.policy import AccessRequest
from consent.views import fhir
from tests.consent.views.kit import (
    DAY,
    FORMATS,
    HOUR,
    NAMING,
    NOW,
    PLAIN,
    REQUESTS,
    UNUSUAL,
    Format,
    again,
    erased_by,
    gift,
    moments,
    rules,
    uses,
    versions,
)

formats = pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.name)


def there_and_back(format_: Format, version: ConsentVersion) -> ConsentVersion:
    """The version that a reader of the document holds; what cannot be told is no case."""
    read = None
    with suppress(CannotSayError, NotUnderstoodError):
        read = format_.read(format_.tell(version))
    assume(read is not None)
    assert read is not None
    return again(version, read)


@formats
@given(version=versions(), request_=REQUESTS)
def test_it_gives_no_more(
    format_: Format, version: ConsentVersion, request_: AccessRequest
) -> None:
    after = there_and_back(format_, version)
    for at in moments(version, after):
        assert gift(after, request_, at).within(gift(version, request_, at)), at


@formats
@given(version=versions(), request_=REQUESTS)
def test_it_can_be_used_no_more_often(
    format_: Format, version: ConsentVersion, request_: AccessRequest
) -> None:
    after = there_and_back(format_, version)
    steps = [NOW + HOUR / 2 * step for step in range(12)]
    assert uses(after, request_, steps) <= uses(version, request_, steps)


@formats
@given(version=versions())
def test_what_it_gave_is_erased_no_later(format_: Format, version: ConsentVersion) -> None:
    after = there_and_back(format_, version)
    begins, ends = after.terms.valid_from, after.terms.valid_until
    for received in (begins, begins + (ends - begins) / 2, ends):
        assert erased_by(after, received) <= erased_by(version, received)


@pytest.mark.parametrize("field", UNUSUAL)
@settings(max_examples=20)
@given(data=st.data(), request_=REQUESTS)
def test_fhir_loses_nothing_that_decides(
    field: str, data: st.DataObject, request_: AccessRequest
) -> None:
    version = data.draw(versions(field))
    after = again(version, fhir.read(fhir.tell(version, NOW, NAMING)))
    for at in moments(version):
        assert gift(after, request_, at) == gift(version, request_, at)
    assert after.terms == version.terms
    if version.status(NOW) in {Status.GRANTED, Status.NOT_YET_VALID}:
        assert (after.state, after.uses, after.used_at) == (
            State.GRANTED, version.uses, version.used_at,
        )  # fmt: skip


@pytest.mark.parametrize("name", ["abdm", "cdr", "smart"])
@given(data=st.data(), request_=REQUESTS)
def test_a_consent_to_whole_categories_is_kept_whole_but_for_the_last_hour(
    name: str, data: st.DataObject, request_: AccessRequest
) -> None:
    drawn = data.draw(st.lists(rules(), min_size=1, max_size=3))
    plain = tuple(
        replace(rule, category="checkup", rolling_days=0, codes=(), labels=(), items=())
        for rule in drawn
        if rule.permits
    )
    assume(plain)
    version = replace(PLAIN, terms=replace(PLAIN.terms, rules=plain))
    if name == "smart":  # which says nothing of the others
        request_ = replace(
            request_, purpose=None, recipient=None, declared=None, action=Action.VIEW
        )
    after = there_and_back(Format(name), version)
    for at in (NOW, NOW + 60 * DAY, version.terms.valid_until - HOUR - timedelta(seconds=1)):
        assert gift(after, request_, at) == gift(version, request_, at)
