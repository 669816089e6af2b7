"""Servicing: when a loan comes back, what comes in, and in which order it pays what is owed.

A drawdown that is disbursed has a schedule. The lender restates it with a reason, never so that
principal is due sooner; the old one is kept. Money comes in from the borrower, or from the
authority where what the contract pays is assigned; each time the waterfall pays fees, interest
and principal, and what is left is the borrower's. What was applied is never applied anew.
"""
