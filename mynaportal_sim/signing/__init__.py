"""Consents that a person signs with their card, and the receipts that prove it for years."""
