"""Payments: from verified facts to money, with an explanation that a stranger can recompute.

`engine` calculates and recomputes, `calculation` holds the facts and the result,
`shapes` says what one payment rule is worth.
"""
