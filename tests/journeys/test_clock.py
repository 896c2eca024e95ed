"""The clock moves forward, and certificates, tokens and consents all follow it."""

from datetime import timedelta
from time import monotonic

import pytest

from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.clock import Clock, ClockError
from mynaportal_sim.sample_app.errors import RelyingPartyError
from tests.journeys.conftest import mostly_on
from tests.journeys.kit import Portal, details

pytestmark = mostly_on("sqlite")


def test_tokens_then_consents_then_certificates_run_out(own_portal: Portal) -> None:
    app = own_portal.register()
    _, redirect = own_portal.walk(app, details("checkup"))
    tokens = app.redeem(redirect)
    assert app.fetch(tokens, "/fhir/Observation").status_code == 200

    own_portal.run("clock", "forward", "6m")
    refused = app.fetch(tokens, "/fhir/Observation")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    renewed = app.refresh(tokens)
    assert app.fetch(renewed, "/fhir/Observation").status_code == 200

    own_portal.run("clock", "forward", "91d")
    with pytest.raises(RelyingPartyError, match="invalid_grant"):
        app.refresh(renewed)

    own_portal.run("clock", "forward", "2200d")
    with pytest.raises(CommandError, match="cert_expired"):
        own_portal.browser().log_in(own_portal.card(), "1234")


def test_records_follow_the_clock(own_portal: Portal) -> None:
    app = own_portal.register()
    _, redirect = own_portal.walk(app, details("medication"), persona="watanabe-chiyo")
    tokens = app.redeem(redirect)
    before = app.fetch(tokens, "/fhir/MedicationDispense").json()["total"]
    own_portal.run("clock", "forward", "60d")
    tokens = app.refresh(tokens)
    deadline = monotonic() + 20
    while app.fetch(tokens, "/fhir/MedicationDispense").json()["total"] <= before:
        assert monotonic() < deadline


def test_the_clock_never_goes_back(own_portal: Portal) -> None:
    own_portal.run("clock", "forward", "1d")
    assert "span" in own_portal.run("clock", "forward", "--", "-1d", status=2)
    clock = Clock(own_portal.data / "clock.json")
    with pytest.raises(ClockError, match="only goes forward"):
        clock.forward(timedelta(days=-1))
    assert clock.offset == timedelta(days=1)
