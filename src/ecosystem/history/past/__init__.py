"""What was: a thing as it was known at one time and in force at another, and what changed.

Every event of a contract, a milestone, a metric or an observation says in `after` how the thing
was once it had happened, and in `valid_at` when that took effect. Two times can be asked for:
`as_of`, by when something must have been recorded to be known, and `valid_at`, by when it must
have taken effect to be in force. Each member of the answer has the value of the last change to
it that was known and in force.

What corrects takes effect when what it corrects did, or earlier: so a correction is no more than
an event whose `valid_at` lies before it was known.
"""
