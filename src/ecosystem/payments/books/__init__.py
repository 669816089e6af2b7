"""Whether payments and ledger tell the same story; a reader of both, which writes neither."""
