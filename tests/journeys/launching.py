"""An app of the profile smart launches by itself, over the wire."""

from mynaportal_sim.sample_app.relying_party import Tokens
from tests.journeys.contract import HeardPortal
from tests.journeys.kit import PERSONA

SCOPES = "launch/patient openid fhirUser offline_access patient/Patient.rs"
SYSTEM = "system/Observation.rs"
NARROWED = "patient/Observation.rs?category=laboratory"


def launch_standalone(portal: HeardPortal) -> None:
    more = ("--scope", f"{SCOPES} patient/Observation.rs {SYSTEM}")
    app = portal.register("smart", more=more)
    fhir = f"{portal.url}/fhir"
    browser, redirect = portal.follow(
        app.authorization_url(scope=f"{SCOPES} {NARROWED}", aud=fhir), persona=PERSONA
    )
    tokens = app.redeem(redirect)
    app.introspect(tokens.access_token)
    tokens = app.refresh(tokens)
    for path in (f"Patient/{tokens.answer['patient']}", "Observation?_count=2"):
        assert app.fetch(tokens, f"/fhir/{path}").is_success
    for path in ("DiagnosticReport", "DiagnosticReport/unknown"):
        assert app.fetch(tokens, f"/fhir/{path}").status_code == 403
    browser.open(app.authorization_url(scope=NARROWED, aud=fhir))
    own = app.post("token_endpoint", {"grant_type": "client_credentials", "scope": SYSTEM})
    app.introspect(str(own["access_token"]))
    as_system = Tokens(str(own["access_token"]), None, own)
    for path in ("Observation", "Observation/unknown", "Consent"):
        assert app.fetch(as_system, f"/fhir/{path}").status_code == 403
