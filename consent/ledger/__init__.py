"""A log that nobody can rewrite unseen: who got what, and proof that the record is whole.

`store.append` writes an entry to the outbox within the caller's transaction,
`sequencer.sequence` gives it its place in an RFC 6962 tree, and `verify.verify` judges the
whole of it from bytes alone.
"""
