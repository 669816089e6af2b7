"""Finance: a bank lends on what a contract will pay, and sees what it was allowed to see.

A facility is what a lender agrees to lend to a supplier of a contract: it grows from the
financing that was awarded with the contract, or is offered by a lender and agreed by the
supplier; of those who supply together each borrows on what is paid to itself. It is drawn in
parts, each with conditions: a milestone accepted, a metric verified, a document presented.
`drawing` keeps drawdowns, `assigning` the assignment of what the contract will pay, `servicing`
what comes back, `disclosing` what the supplier lets a lender see.

States of a facility: `offered -> agreed -> closed`, or `refused`. A drawdown: `requested ->
approved -> disbursed`, or `refused`, `withdrawn`. An assignment: `notified -> acknowledged ->
released`, or `refused`. A disclosure: `given -> revoked`.

The money of a loan is in the ledger: `funding` is where it comes from, `undrawn` what can still
be drawn, `outstanding` what was drawn and is not repaid, `repaid` and `earned` what came back,
`surplus` what a lender holds for the borrower.

Pure parts: `schedules` says when a loan comes back and what interest grows, `waterfall` in which
order money that comes in pays what is owed.

Sources: Civil Code of China, articles 545 to 549 (assignment of claims, notice), 561 (order of
payment), 667 to 680 (loans), 761 to 769 (factoring).
"""
