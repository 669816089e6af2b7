"""The change feed: what the caller may see of the history, in one total order without gaps.

A face of the house: it reads what the rooms have recorded. `webhooks` sends the same events, in
the same order, to addresses that organisations register.
"""
