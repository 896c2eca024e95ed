"""The FHIR R4 face of people's records."""
