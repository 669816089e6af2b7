"""Closing: what a contract has come to in money, when it has ended and before.

With the end of a contract what is bound by it and not earned returns to its programme, but for
what is retained of what was earned. The account is read from the ledger and the calculations,
and says whether both agree.
"""
