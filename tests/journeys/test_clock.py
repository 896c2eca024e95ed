"""The clock moves forward, and certificates, tokens and consents all follow it."""

import pytest

from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.relying_party import RelyingPartyError
from tests.journeys.kit import Portal, details


def test_tokens_then_consents_then_certificates_run_out(own_portal: Portal) -> None:
    app = own_portal.register()
    _, redirect = own_portal.walk(app, details("checkup"))
    tokens = app.redeem(redirect)
    assert app.fetch(tokens, "/fhir/Observation").status_code == 200

    own_portal.run("clock", "forward", "6m")
    assert app.fetch(tokens, "/fhir/Observation").status_code == 401
    renewed = app.refresh(tokens)
    assert app.fetch(renewed, "/fhir/Observation").status_code == 200

    own_portal.run("clock", "forward", "91d")
    with pytest.raises(RelyingPartyError, match="invalid_grant"):
        app.refresh(renewed)

    own_portal.run("clock", "forward", "2200d")
    with pytest.raises(CommandError, match=r"cert_expired|login was refused"):
        own_portal.browser().log_in(own_portal.card(), "1234")


def test_the_clock_never_goes_back(own_portal: Portal) -> None:
    assert "span" in own_portal.run("clock", "forward", "--", "-1d", status=2)
