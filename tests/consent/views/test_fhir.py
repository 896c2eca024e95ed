"""What is told as FHIR is a Consent by FHIR's own rules of shape."""

from fhir.resources.R4B.consent import Consent
from hypothesis import given

from consent.model import ConsentVersion
from consent.views import fhir
from tests.consent.views.kit import NAMING, NOW, versions


@given(versions())
def test_it_is_a_consent(version: ConsentVersion) -> None:
    for for_app in (False, True):
        document = fhir.tell(version, NOW, NAMING, for_app=for_app)
        again = Consent.model_validate(document)
        assert len(again.model_dump()) == len(document)
