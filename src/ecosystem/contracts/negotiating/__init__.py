"""Negotiating: what the standard form leaves open is agreed on while the contract is drafted.

One side proposes values for variables of the form, and for nothing else. The other side accepts
them, rejects them, or proposes others instead, which answers the first. Of one draft one proposal
is open at a time, and while it is nobody signs. What is accepted gives the draft a new wording:
terms grown from the form again, with a digest of their own, under which everybody signs anew.

States: `proposed -> accepted | answered | rejected | withdrawn`.
"""
