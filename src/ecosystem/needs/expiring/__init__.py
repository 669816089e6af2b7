"""Expiry of attachments: files of needs are kept for the time of the law, and erased after it.

The years of `records` of the need's profile are counted from the end of the procedure: the last
that happened to the need, its awards and its contracts. While the need goes on, or a contract of
it does, nothing expires. `ecosystem documents expire` does it, with the documents of contracts.
"""
