"""Returning: the bank gives back the money of a payment that was settled.

The account of the payee is closed, or the bank has booked by mistake: the money comes back, all or
a part, and the bank says so with a return or a reversal (RtrInf, RvslInd). What the settlement and
the instruction moved is moved back; where all of a settlement comes back, by exact
counter-transfers. The payment is `returned`, and another approval lets a treasurer instruct it
again, for what is owed. What settled it settles nothing again, and a return is taken in once,
however often the bank tells of it.
"""
