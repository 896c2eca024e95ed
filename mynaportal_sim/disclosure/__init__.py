"""Views of the ledger for those whose data, apps or offices its entries are about; no web."""
