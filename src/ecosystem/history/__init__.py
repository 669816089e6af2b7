"""The spine: every change of every thing, in order, with who, when and why.

Each action records one event in its own transaction: the facts that it decided on, the
decision, who acted and when. Everything that leaves the house is read from here: the
change feed, the history of one thing, its state as of any time. One sequencer gives each
event its gapless position.

Words: an event belongs to a stream, the thing that changed; `version` counts within the
stream, `position` across all of them. `valid_at` is when a change took effect,
`recorded_at` when it became known.

Later readers of the same table, in places of their own: the Merkle tree over `log_entry`
(`merkle`), and its proofs.
"""
