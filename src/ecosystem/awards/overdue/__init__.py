"""Time to decide that has passed: whoever can see to it is told, and the award stays suspended.

The clock does it and nobody clicks. Nothing is decided by silence: it would either throw away an
award that nobody found wrong, or have a challenge that nobody read come to nothing.
"""
