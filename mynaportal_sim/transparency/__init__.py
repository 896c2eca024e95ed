"""What makes the ledger evidence for others: promises, public files, witnesses.

`consent.ledger` holds the log; this room lets it grow while the portal runs, shows it to the
world as static files, and has witnesses cosign it.
"""
