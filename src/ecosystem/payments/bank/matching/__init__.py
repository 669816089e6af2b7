"""Matching what a bank says with payments: each item of a report does one thing, or waits.

The references of the bank are held first; then payments are locked, all of a report and in the
order of their identifiers; then the facilities of those that go to a lender; then each item is
matched; the money of all moves last, at once.
"""
