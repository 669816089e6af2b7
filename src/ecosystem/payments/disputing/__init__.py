"""Disputes: a part of a payment is held, and the rest goes on.

The authority disputes a part of what is computed or claimed, or a payee does of its own payment.
The payment is taken back, and two stand in its place: one for the part that is not disputed, which
is claimed and paid as any other, and one for the part that is, which nobody can claim or reject
before the dispute is resolved. Either side proposes what of it is payable after all, and the other
side agrees. What is agreed to be payable becomes a payment; the payee forgoes the rest, and it is
not computed again.

A calculation is disputed as a whole by the authority, or by the lead of those who supply together:
then each member's payments are disputed with its part by the shares, which add to the amount. Each
of these disputes is resolved by itself, with the member whose payment it holds.

States: `open -> resolved`.
"""
