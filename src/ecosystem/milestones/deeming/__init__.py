"""Silence that accepts: what nobody judged in the time that the rules of the place set.

The clock does it and nobody clicks. Which instant that is, the submission says (`deemed_at`);
from then on every rule refuses to judge, and a while later the background work writes the
acceptance down, in force since that instant. The while is longer than any request takes: a
rejection that came a millisecond before counts, however late it is written.
"""
