"""Books: what holds between facilities and the ledger, checked from outside."""
