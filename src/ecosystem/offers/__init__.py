"""Offers: sealed by the bidder, kept unread, opened by several officers together.

An offer is led by one organisation, alone or as the lead of a consortium whose members each
consent. A draft holds no content; a submission is sealed at once to the need's openers, and
only the envelope is kept. Until opening nobody reads an offer, and nobody but its members
knows that there is one: row-level security on every table here says so, not good will.

States: `draft -> submitted -> opened | excluded -> awarded | not_awarded`, or `withdrawn`.

Within: `shamir`, `envelope` and `sealing` are the sealing itself, form and computation.
Sources: UNCITRAL Model Law on Public Procurement (2011), articles 40 to 42.
"""
