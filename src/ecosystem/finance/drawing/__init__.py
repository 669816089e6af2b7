"""Drawdowns: the borrower asks, facts prove the conditions, the lender approves and pays out.

Whoever signs for the lender approves, and another of its people disburses. Conditions are checked
when a drawdown is requested, and again when it is approved and disbursed, from what is verified
at that moment. What all drawdowns ask for never comes to more than the facility, also where two
ask at once.
"""
