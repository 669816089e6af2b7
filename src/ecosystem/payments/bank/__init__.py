"""What goes to the bank and what comes back, as files of ISO 20022.

Payments that are instructed leave together as a credit transfer initiation (pain.001.001.09).
The bank answers with a status report (pain.002), and tells what it has booked in a notification
(camt.054) or a statement (camt.053). A file is taken whole or refused whole; the same file again
changes nothing. What it says of a payment of ours settles or returns the payment, or gives its
money back; whatever matches none waits in a queue, with its reason, until a treasurer has
resolved it.

Pure parts: `initiation` writes the file that leaves, `report` reads those that come.
"""
