"""What the observations of a metric come to for each period, exactly, and how that was found.

An aggregate counts verified windows alone, and says which windows are excused, disputed, late or
missing. Where fewer are verified than the contract asks for there is no value: it is `incomplete`,
or `not_demonstrated` where nothing was verified at all.
"""
