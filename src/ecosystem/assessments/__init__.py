"""What became of a year's money: a programme or a contract assessed, reviewed, graded, published.

The authority opens an assessment of a year that is over and names a body that reviews it. Its
own assessment takes the evidence: settled payments, accepted milestones, verified observations
against their targets, and nothing else. The table of indicators, weights and grades is data of
the profile of the authority's place. The score is computed exactly, with a trace from which a
stranger computes it again.

What was not measured is `not_demonstrated`, and never counts as nothing: the score is then two,
with it at its worst (`points_min`) and at its best (`points_max`), and a grade is given only
where both have the same.

States: `opened -> self_assessed -> reviewed -> published`. The reviewing body has no part in any
contract of the programme; it may set an indicator aside whose evidence does not convince, and it
recommends to `continue`, `scale`, `fix` or `stop`. The authority replies once. Next year's
appropriation cites what was published.

`ratios` says what goes into construction and what into operation.

Sources: weights and grades as the profile cites them; "results not demonstrated" of the Program
Assessment Rating Tool of the United States (2002).
"""
