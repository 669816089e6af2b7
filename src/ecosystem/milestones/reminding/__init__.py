"""Reminders: those concerned are told of a milestone before its date, and when it is late.

On which days, the rules of the place say (`reminders` of its profile). Each day is one row, made
with the plan of the milestone and again where its date moves; when the day comes, the background
work settles the row once: `given`, or `needless` where there is nothing to remind of. What is
given is one event, `reminder.given`, which the parties find in the feed as any other.
"""
