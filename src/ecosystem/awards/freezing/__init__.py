"""The freezing of scores, where prices have envelopes of their own.

When the evaluators agree on every offer, an officer freezes what they gave: from then on no
score changes, and only from then on prices can be opened. What is published at once is a salted
digest of each offer's scores; the evaluation publishes the scores and the salt, so that anyone
sees that quality was scored before a price was known.
"""
