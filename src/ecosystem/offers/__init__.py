"""Offers: sealed by the bidder, kept unread, opened by several officers together."""
