"""Disputes: a part of a payment is held, and the rest goes on.

The authority disputes a part of what is computed or claimed. The payment is taken back, and two
stand in its place: one for the part that is not disputed, which is claimed and paid as any
other, and one for the part that is, which nobody can claim or reject before the dispute is
resolved. Either side proposes what of it is payable after all, and the other side agrees. What
is agreed to be payable becomes a payment; the payee forgoes the rest, and it is not computed
again.

States: `open -> resolved`.
"""
