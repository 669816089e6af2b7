"""Undoing: money that an authority had paid to a lender goes back through the bank.

What it had been applied to is undone from its end: first what was left for the borrower, then the
last lines of the waterfall. So what stays is what the same money less the return would have paid.
Nothing else that came in is applied anew: what is owed follows from what stands, and interest grows
as if what went back had never come. A facility that is closed is not opened by it: of what came in
under it, only the surplus goes back.
"""
