"""What an authority may spend: budget programmes, and how much of each is left.

A programme is one authority's money for one sector, operation and phase in one fiscal year
and one currency. A council appropriates to it; every amount is then in one place:

- `available`: appropriated, and promised to nobody;
- `committed`: promised by an award that has not become a contract yet;
- `obligated`: everything that has left `committed` and not come back: owed, or still to be
  earned, under contracts, and all that was paid under them;
- `spent`: that part of `obligated` which the bank has settled for what was earned. An
  advance is spent when it is earned, not when it is paid.

So `appropriated = available + committed + obligated`, and `spent <= obligated`. The amounts
are read from the ledger and stored nowhere else; no account is ever overdrawn.

Source: OCDS 1.1 `planning.budget` for what a programme is to a need.
"""
