"""A mock Mynaportal: login by card, consent, tokens, data and a ledger that proves it."""

__version__ = "0.1.0"
