"""Falling: an award is final, and no contract comes of it.

The winner declines, or has not signed in its time: the award falls, and everybody reads why. What
was committed returns to the budget, the offer is passed over, and the others of the contest are
admitted again, so that the next in the ranking may be proposed, approved and challenged as the
first was. Where the authority wants none of them, it ends the lot, for a reason that is public.

Who declines and what is in time is decided where contracts are signed; here is what follows.

Sources: UNCITRAL Model Law (2011), article 22; Regulation on the Implementation of the
Government Procurement Law of China, article 49; OCDS 1.1, `cancelled` of awards and contracts.
"""
