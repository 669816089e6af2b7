"""Late: what a payment that is settled after its due date earns.

With a claim begins the time of the profile, and with it the due date. A payment that is settled
later earns simple interest at the profile's rate, from the day after the due date to the day
of settlement; a rate that changes meanwhile makes a line of its own. The calculation is made with
the settlement, by the engine that makes all others, so that a stranger recomputes it. It is
beyond the contract's value: a treasurer makes it payable from what the programme has left.

What is held by a dispute earns nothing: it is not claimed, so that it is not due; what is not
disputed keeps its due date. Interest earns no interest.
"""
