"""Journals: the whole ledger as beancount and hledger read it, to be checked by other hands."""
