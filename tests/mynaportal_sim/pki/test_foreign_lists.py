"""Cases R1, R4 and R6 by another hand: what is made of the lists that certomancer signs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import x509

from mynaportal_sim.pki import crl
from mynaportal_sim.pki.refusal import Code
from tests.mynaportal_sim.pki.foreign import DAY, Foreign, indefinite, line, odd
from tests.mynaportal_sim.pki.foreign_plan import OTHER, RESPONDER

NO_TIME, SECOND = timedelta(0), timedelta(seconds=1)
Listing = Callable[[Foreign], bytes]


def _list(**changes: Any) -> Listing:
    return lambda foreign: foreign.crl(**changes)


def _bytes(change: Callable[[bytes], bytes]) -> Listing:
    return lambda foreign: change(foreign.crl())


def _algorithm(digest: str) -> Listing:
    return lambda foreign: foreign.crl(algorithm=foreign.algorithm(digest))


_POINT = x509.GeneralName(name="uniform_resource_identifier", value="http://localhost/list")
_DELTA = {"extn_id": "delta_crl_indicator", "critical": True, "extn_value": 1}
USABLE: dict[str, Listing] = {
    "complete": _list(),
    "of this very second": _list(since=NO_TIME, until=SECOND),
    "with an extension that nobody knows": _list(extensions=(odd(),)),
    "with a line that has one": lambda foreign: foreign.crl(
        [line(7, foreign.now, odd()), *foreign.revoked()]
    ),
}
USELESS: dict[str, tuple[Listing, str]] = {
    "R4 stale": (_list(since=-2 * DAY, until=-DAY), "not of today"),
    "R4 nextUpdate now": (_list(since=-DAY, until=NO_TIME), "not of today"),
    "R4 of the future": (_list(since=SECOND), "not of today"),
    "R6 another's key": (_list(key=OTHER), "no list"),
    "R6 another's name": (_list(name=RESPONDER), "no list"),
    "R6 SHA-1": (_algorithm("sha1"), "no list"),
    "R6 SHA-512": (_algorithm("sha512"), "no list"),
    "of one distribution point": (
        _list(point={"distribution_point": {"full_name": [_POINT]}}),
        "no list",
    ),
    "of what is new": (_list(extensions=(_DELTA,)), "no list"),
    "critical extension that nobody knows": (
        _list(extensions=(odd(critical=True),)),
        "no list",
    ),
    "extension twice": (_list(extensions=(odd(), odd())), "no list"),
    "line with something critical": (
        lambda foreign: foreign.crl(
            [*foreign.revoked(), line(7, foreign.now, odd(critical=True))]
        ),
        "no list",
    ),
    "truncated": (_bytes(lambda der: der[:-1]), "no list"),
    "trailing byte": (_bytes(lambda der: der + b"\0"), "no list"),
    "indefinite length": (_bytes(indefinite), "no list"),
    "a certificate": (lambda foreign: bytes(foreign.certificate("good").dump()), "no list"),
}


@pytest.mark.parametrize("make", USABLE.values(), ids=USABLE)
def test_another_hands_list_says_what_is_revoked(make: Listing, foreign: Foreign) -> None:
    """R1."""
    der = make(foreign)
    for label, revoked in (("good", False), ("lost", True), ("held", True)):
        verdict = crl.revocation(foreign.valid(label), der, foreign.now)
        assert (verdict is not None) is revoked, label
        assert verdict is None or verdict.code is Code.CERT_REVOKED


@pytest.mark.parametrize(("make", "because"), USELESS.values(), ids=USELESS)
def test_another_hands_list_that_is_none_settles_nothing(
    make: Listing, because: str, foreign: Foreign
) -> None:
    der = make(foreign)
    for label in ("good", "lost"):
        verdict = crl.revocation(foreign.valid(label), der, foreign.now)
        assert verdict is not None
        assert verdict.code is Code.REVOCATION_UNAVAILABLE
        assert because in verdict.detail
