"""The change feed: what the caller may see of the history, in one total order without gaps.

A face of the house: it reads what the rooms have recorded and writes nothing. Server-sent
events and webhooks will read the same order from here.
"""
