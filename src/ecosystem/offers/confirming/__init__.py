"""Offers and needs that were amended: who has offered is told, and confirms or loses the place.

An offer was made for one version of what is asked for. When that changes, its bidder confirms it
as it is, replaces it, or withdraws it; what is neither by the deadline is not opened.
Sources: UNCITRAL Model Law on Public Procurement (2011), article 15(3).
"""
