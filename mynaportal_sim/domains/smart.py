"""Which scopes of SMART App Launch 2 stand for the kinds of data that have a day."""

from types import MappingProxyType

from consent.views.smart import Words

WORDS: Words = MappingProxyType(
    {
        "checkup": {"patient/DiagnosticReport.rs": "date", "patient/Observation.rs": "date"},
        "medication": {"patient/MedicationDispense.rs": "whenhandedover"},
    }
)
