"""A consent as a FHIR R4 Consent resource, and back."""

from consent.views.fhir.read import read
from consent.views.fhir.tell import tell
from consent.views.fhir.words import LOSSES

__all__ = ["LOSSES", "read", "tell"]
