"""Where money is: a double-entry ledger for each authority, moved by transfers alone.

An account holds money of one programme, in one currency, for one owner: a programme, an
award, a contract, an organisation. A transfer takes an amount from the account that it
debits to the account that it credits, so the books balance by construction. What an
account holds is `credits - debits`.

Kinds: `appropriation` is the source of all money of a budget, and stands below zero. What a
council appropriates becomes `available`; an award makes it `committed`, a contract
`encumbered`. Verified outcomes make it `payable`; a payment order puts it `in_transit`, the
bank's notice makes it `disbursed`; `withheld` is kept for the tax office. What is retained,
deducted or recovered of an advance moves nothing: it stays `encumbered`, and the calculations
and the closing account of the contract say what it is.

A facility is a book of its own, under its identifier: what its lender puts up comes from
`funding` and is `undrawn`, drawn it is `outstanding` for its drawdown, and comes back as
`repaid`; `earned` are interest and fees, `surplus` is held for the borrower.

Held by the database against everyone but its owner: balances change by inserting a
transfer and in no other way; transfers are never rewritten; no account is overdrawn;
no transfer leaves its programme or its currency; a reversal is exact and happens once.
`export` writes all of it as a journal of beancount or hledger, whose checkers add it up anew.

Sources: two-leg transfers and exact reversal as in TigerBeetle's data model; ISO 4217 for
how fine an amount may be.
"""
