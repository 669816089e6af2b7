"""Releasing: what is held back until a day is paid when that day has come, by nobody's hand.

The days of the terms are planned when a contract comes into force, and again with each change.
A day that has begun, in UTC, is a step of its own. Whatever calculates under the contract
calculates it; the background work, and `ecosystem payments calculate`, where nothing else does.
"""
