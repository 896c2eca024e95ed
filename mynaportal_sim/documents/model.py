"""What is asked of a person who is to sign a document."""

DOCUMENT_MAX = 2**20
"""Longest document, in bytes."""
