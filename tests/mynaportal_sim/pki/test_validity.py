"""When cards and certificates end."""

from datetime import date, datetime

import pytest

from mynaportal_sim.pki.validity import card_expiry, expiry, renewable_from


@pytest.mark.parametrize(
    ("born", "issued", "ends"),
    [
        pytest.param("1985-04-12", "2026-11-23T03:00Z", "2031-04-12", id="birthday is past"),
        pytest.param("1985-12-12", "2026-11-23T03:00Z", "2030-12-12", id="birthday to come"),
        pytest.param("1985-11-23", "2026-11-23T03:00Z", "2031-11-23", id="on the birthday"),
        pytest.param("1985-11-24", "2026-11-23T15:00Z", "2031-11-24", id="birthday in Japan"),
        pytest.param("1985-11-24", "2026-11-23T14:59Z", "2030-11-24", id="its eve in Japan"),
        pytest.param("2004-02-29", "2026-11-23T03:00Z", "2031-02-28", id="29 February"),
        pytest.param("2004-02-29", "2027-03-01T03:00Z", "2032-02-29", id="leap year"),
    ],
)
def test_certificates_end_with_the_fifth_birthday_in_japan(
    born: str, issued: str, ends: str
) -> None:
    end = expiry(date.fromisoformat(born), datetime.fromisoformat(issued))
    assert end.isoformat() == f"{ends}T14:59:59+00:00"


@pytest.mark.parametrize(
    ("renewed", "ends"),
    [
        pytest.param("2031-01-11T14:59Z", "2035-04-12", id="the day before: like any other"),
        pytest.param("2031-01-11T15:00Z", "2036-04-12", id="three months before, in Japan"),
        pytest.param("2031-04-11T03:00Z", "2036-04-12", id="the eve of its end"),
        pytest.param("2031-04-12T03:00Z", "2036-04-12", id="its last day"),
        pytest.param("2031-04-13T03:00Z", "2036-04-12", id="too late"),
    ],
)
def test_a_certificate_renewed_in_its_last_three_months_loses_none_of_them(
    renewed: str, ends: str
) -> None:
    born, renews = date(1985, 4, 12), datetime.fromisoformat("2031-04-12T14:59:59Z")
    end = expiry(born, datetime.fromisoformat(renewed), renews=renews)
    assert end.isoformat() == f"{ends}T14:59:59+00:00"


@pytest.mark.parametrize(
    ("limit", "ends"),
    [
        pytest.param("2029-04-12T14:59:59Z", "2029-04-12T14:59:59Z", id="card ends before"),
        pytest.param("2033-04-12T14:59:59Z", "2031-04-12T14:59:59Z", id="card ends later"),
    ],
)
def test_a_certificate_does_not_outlive_its_card(limit: str, ends: str) -> None:
    issued = datetime.fromisoformat("2026-11-23T03:00Z")
    end = expiry(date(1985, 4, 12), issued, not_beyond=datetime.fromisoformat(limit))
    assert end == datetime.fromisoformat(ends)


@pytest.mark.parametrize(
    ("end", "first"),
    [
        pytest.param("2031-04-12T14:59:59Z", "2031-01-12", id="the same day"),
        pytest.param("2031-02-28T14:59:59Z", "2030-11-28", id="in the year before"),
        pytest.param("2031-05-31T14:59:59Z", "2031-02-28", id="a month without such a day"),
        pytest.param("2031-12-31T14:59:59Z", "2031-09-30", id="December"),
    ],
)
def test_renewal_begins_three_months_before_the_end(end: str, first: str) -> None:
    assert renewable_from(datetime.fromisoformat(end)) == date.fromisoformat(first)


@pytest.mark.parametrize(
    ("born", "issued", "ends"),
    [
        pytest.param("1985-04-12", "2026-11-23T03:00Z", "2036-04-12", id="adult"),
        pytest.param("1985-12-12", "2026-11-23T03:00Z", "2035-12-12", id="birthday to come"),
        pytest.param("2008-11-24", "2026-11-23T14:59Z", "2030-11-24", id="17, the last minute"),
        pytest.param("2008-11-24", "2026-11-23T15:00Z", "2036-11-24", id="18 in Japan"),
        pytest.param("2026-11-01", "2026-11-23T03:00Z", "2031-11-01", id="new-born"),
        pytest.param("2004-02-29", "2026-11-23T03:00Z", "2036-02-29", id="29 February"),
    ],
)
def test_a_card_ends_with_the_tenth_birthday_and_a_minor_s_with_the_fifth(
    born: str, issued: str, ends: str
) -> None:
    end = card_expiry(date.fromisoformat(born), datetime.fromisoformat(issued))
    assert end == date.fromisoformat(ends)
