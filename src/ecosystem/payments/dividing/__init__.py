"""Dividing: what a calculation pays to those who take the supplier's place together.

Each calculation says what of its total, of each line and of each tax is whose, by the shares of
the terms. A step is divided by the shares that held when it was first calculated, also where it
is calculated again: so a member that is substituted is paid for its time, and who joins for what
begins later. What each member has earned is the sum of its parts, less what it has forgone; it
is paid what it has earned and is not owed yet, in payments of its own.

Where a member is owed more than it has earned, payments of it that the bank was not told of are
reversed, first those that came back, then those that nobody has claimed, then those that nobody
has approved, and the rest is set off against what it earns next. Under joint liability the others
answer for it meanwhile: so much less is paid to them, by what they are due, until it has earned it.
Under several liability each answers for itself alone.
"""
