"""What cities need: published, asked about, and open for offers until a deadline.

A need has lots; each lot says which outcomes are sought and by which criteria offers are
compared. It names the standard-form contract that it will lead to, the officers who will
open the offers together, and its dates.

States: `draft -> published -> closed -> opened -> evaluated -> awarded -> contracted`, or
`cancelled`, `unsuccessful`. Closing follows from the clock, never from a click.

Sources: OCDS 1.1 `tender` for names; UNCITRAL Model Law on Public Procurement (2011),
article 42, for the opening.
"""
