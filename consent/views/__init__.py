"""Consents as other systems write them: FHIR R4, India's ABDM, Australia's CDR.

Each format is told from a version and read into terms. Telling leaves out only what gives less
by being left out, and reading refuses what it does not understand: neither ever gives more.
"""
