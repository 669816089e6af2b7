"""Payments: from verified facts to money, with an explanation that a stranger can recompute.

A milestone is accepted or an observation verified, and what is due under the contract is
calculated at once. Facts are taken in steps: a milestone begins a step, and so does a period
that nothing was verified for; whatever is verified for a period later joins the step of that
period. A step that changes, because a fact joined it or was corrected, is calculated again, with
every later step that it touches, and the new calculation supersedes the old one. Nothing is
overwritten. What is earned is the sum of the calculations that nothing supersedes; a payment is
made for what is earned and neither paid nor on its way, so that a correction pays the
difference only. Where a correction leaves less than was computed, payments that the bank was
not told of are reversed, also those that are claimed or approved, and what of them is earned is
computed anew; what was paid too much is set off against what is earned next.

States: `computed -> claimed -> approved -> instructed -> settled`, or `rejected`, `reversed`. What
the bank gives back after its settlement is `returned`, and can be instructed again; what of it is
not earned is `reversed`, within seconds.
Three people act: who claims does not approve, who approves does not instruct. The payee confirms
the receipt of what is settled. What was rejected is earned still, and comes again with the next
fact, or without what was wrong once the fact is corrected.

Pure parts: `engine` calculates and recomputes, `calculation` holds the facts and the result,
`stepping` says which facts make a step, `shapes` what one payment rule is worth, `pipeline` in
which order, `rights` which rights to end a contract have arisen. `simulating` runs the same
engine over what is only supposed, `disputing` holds the disputed part of a payment alone,
`deducting` hears the payee before a deduction is final, `late` pays what being late costs.
"""
