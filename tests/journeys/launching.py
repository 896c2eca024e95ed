"""An app of the profile smart launches by itself, over the wire."""

from tests.journeys.contract import HeardPortal
from tests.journeys.kit import PERSONA

SCOPES = "launch/patient openid fhirUser offline_access patient/Patient.rs"
NARROWED = "patient/Observation.rs?category=laboratory"


def launch_standalone(portal: HeardPortal) -> None:
    more = ("--scope", f"{SCOPES} patient/Observation.rs")
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
