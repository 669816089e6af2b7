"""Approval limits: how much one person of an authority may approve at once.

A limit is for one person or for every approver, in one currency. A person's own goes before
that for all; the newest counts, and none at all sets no limit. Limits are never rewritten, and
nobody sets an own one: what somebody has set for all raises nothing for herself, also where she
approves only later. The database refuses an approval above the limit by itself.
"""
